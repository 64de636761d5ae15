"""What `up` and `status` say of a sandbox that is not as usual."""

from __future__ import annotations

from typing import Any

from sandbox.cli.ready import endpoint_lines
from sandbox.cli.swap_lines import contract_lines, left_out_lines

GONE = {
    "url": "http://localhost:9999",
    "reachable": False,
    "detail": "nothing can be reached there: Connection refused",
}


def status(*running: str, **members: Any) -> dict[str, Any]:
    return {"components": [{"name": name} for name in ("kafka", *running)], **members}


def test_a_replaced_service_is_told_from_ours() -> None:
    ends = {"kafka": "localhost:9092", "capsule": "http://localhost:9999", "plato": None}
    assert endpoint_lines(status(endpoints=ends, replaced={"capsule": {**GONE, "reachable": None}})) == [
        "  Kafka            localhost:9092",
        "  CAPSULE          http://localhost:9999  (yours)",
        "  PLATO            – (left out)",
    ]
    assert endpoint_lines(status(endpoints=ends, replaced={"capsule": GONE}))[1] == (
        "  CAPSULE          http://localhost:9999  (yours: nothing can be reached there: Connection refused)"
    )


def test_what_is_left_out_is_told_where_somebody_misses_it() -> None:
    assert left_out_lines(status("odyssey", left_out=["plato", "audit"])) == [
        "  without plato: ODYSSEY gets no plans: alerts become dead letters, DOWNSTREAM_FAILURE",
        "  without audit: nothing is audited",
    ]
    assert left_out_lines(status("schema-registry", left_out=["capsule", "odyssey", "plato", "audit"])) == []
    assert left_out_lines(status("odyssey")) == []


def test_findings_are_counted_and_listed() -> None:
    assert contract_lines("/c", []) == ["contracts of /c: our services find all that they read and write"]
    found = [{"fails": True, "text": "a: CAPSULE b"}, {"fails": False, "text": "c: PLATO d"}]
    assert contract_lines("/c", found) == [
        "contracts of /c: 2 differences to what our services read and write, 1 of which ends in dead letters or "
        "nothing published (✗)",
        "  ✗ a: CAPSULE b",
        "  · c: PLATO d",
    ]
    assert contract_lines("/c", found[1:])[0] == "contracts of /c: 1 difference to what our services read and write"
