"""`sandbox reset`: everything, or the stores of services."""

from __future__ import annotations

from typing import Any

REMOVED = {
    "services": ["capsule", "audit"], "records": 2, "topics": ["mine"], "groups": ["capsule"],
    "subjects": ["mine-value"], "faults": 1, "runs": ["run_1"], "letters": 0, "started": ["kafka"], "tookMs": 80,
    "left": [{"what": "plato", "why": "is replaced by http://localhost:9: reset it by its own means"}],
}  # fmt: skip


def test_without_a_service_everything_is_reset_and_told(control: Any, sandbox: Any) -> None:
    control.answers["POST /v1/reset/everything"] = REMOVED
    done = sandbox("reset")
    assert (done.code, done.out) == (
        0,
        "capsule, audit: as at the first start, in 80 ms\n"
        "removed: 2 records, 1 fault, topic mine, subject mine-value, scenario run run_1\n"
        "started: kafka\n",
    )
    assert done.err == "not reset: plato is replaced by http://localhost:9: reset it by its own means\n"
    assert sandbox("reset", "--json").json == REMOVED


def test_nothing_to_remove_is_said(control: Any, sandbox: Any) -> None:
    empty = {**REMOVED, "records": 0, "faults": 0, "topics": [], "subjects": [], "runs": [], "started": [], "left": []}
    control.answers["POST /v1/reset/everything"] = empty
    assert "removed: nothing, all was as at the start\n" in sandbox("reset").out


def test_stores_only_keeps_topics_and_offsets(control: Any, sandbox: Any) -> None:
    control.answers["POST /v1/reset"] = {"services": ["capsule", "audit"]}
    assert sandbox("reset", "--stores-only").out == "capsule, audit: as at the first start\n"
    assert control.asked[-1] == ("POST /v1/reset", {"services": []})
