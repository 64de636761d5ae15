"""The lines of a failed test's report."""

from __future__ import annotations

from sandbox.events.facts import BreakerTransitioned, Fact, FaultApplied, RecordProduced, RequestServed
from sandbox.pytest_plugin.story import LINES, story_lines


def produced(at_ms: int, tenant: str | None, offset: int = 0) -> Fact:
    return RecordProduced(
        at_ms=at_ms,
        source="capsule",
        topic="capsule.snapshots",
        partition=1,
        offset=offset,
        size_bytes=9,
        tenant=tenant,
    )


def served(at_ms: int, tenant: str | None) -> Fact:
    return RequestServed(
        at_ms=at_ms, source="capsule", method="GET", route="/api/v1/capsules", path="/api/v1/capsules?size=1",
        status=503, took_ms=1.25, tenant=tenant,
    )  # fmt: skip


def lines(*facts: Fact, tenant: str | None = "t-1") -> list[str]:
    return story_lines([fact.to_json() for fact in facts], tenant)


def test_each_deed_has_its_time_who_and_what() -> None:
    opened = BreakerTransitioned(
        at_ms=1_040, source="odyssey", breaker="odyssey/capsule", from_state="CLOSED", to_state="OPEN"
    )
    fault = FaultApplied(at_ms=1_000, source="engine", fault_id="f1", fault="http-status 503", target="capsule")
    assert lines(produced(1_010, "t-1"), fault, served(1_020, "t-1"), opened) == [
        "!      0 ms  engine     fault on: http-status 503 on capsule",
        "      10 ms  capsule    wrote capsule.snapshots-1@0",
        "!     20 ms  capsule    served GET /api/v1/capsules → 503  (1.2 ms)",
        "!     40 ms  odyssey    breaker odyssey/capsule: CLOSED → OPEN",
    ]


def test_what_other_tenants_did_is_left_out_and_without_a_tenant_it_is_not() -> None:
    assert lines(produced(1, "t-2"), served(2, None)) == ["nothing happened"]
    assert len(lines(produced(1, "t-2"), served(2, None), tenant=None)) == 2


def test_of_too_many_the_last_are_shown() -> None:
    found = lines(*(produced(number, "t-1", number) for number in range(LINES + 5)))
    assert found[0] == "… 5 earlier lines" and found[-1].endswith(f"@{LINES + 4}") and len(found) == LINES + 1
