"""A failed step is shown with the faults in force and with what went wrong last."""

from typing import Any

from sandbox.events.facts import DlqRecordWritten, DownstreamCalled, RetryScheduled
from sandbox.scenarios.ports import BreakerState, FaultState

BREAKER = "scenario: s\nsteps:\n  - breaker: odyssey/capsule\n    is: OPEN\n    within: 10s\n"
LEDGER = "scenario: s\nsteps:\n  - ledger: {group: capsule, in_flight: 0}\n"
T0 = 1_733_220_000_000
METRICS = {
    "bufferedCalls": 4, "failedCalls": 4, "failureRate": -1.0, "slidingWindowSize": 10, "minimumNumberOfCalls": 5,
    "timeline": [{"state": "CLOSED", "at": "2024-12-03T10:00:00Z"}],
}  # fmt: skip


def called(at_ms: int, target: str, request_id: str, status: int = 503) -> DownstreamCalled:
    url = "http://127.0.0.1:1/api/v1/history/x?from=1"
    return DownstreamCalled(
        at_ms=T0 + at_ms, source="odyssey", request_id=request_id, target=target, method="GET", url=url,
        took_ms=12.0, status=status,
    )  # fmt: skip


async def test_a_breaker_that_stays_closed_is_shown_with_its_numbers_its_calls_and_what_to_do(
    world: Any, play: Any
) -> None:
    world.breaker_states["odyssey/capsule"] = BreakerState("CLOSED", METRICS)
    world.standing["outage"] = FaultState("http-status --status 503", "capsule", 4, T0 - 1_000)
    for number in range(5):
        world.record(called(number * 1_000, "capsule", f"req-{number}"))
    world.record(called(4_500, "plato", "req-other"))
    result = await play(BREAKER)
    call = "ODYSSEY asked CAPSULE GET /api/v1/history/x → 503 (12.0 ms)"
    assert result.steps[0].failure.lines() == [
        "expected  OPEN",
        "actual    CLOSED for 10.0 s · 4 calls in the window of 10 (minimum 5), 4 failed · failure rate not yet known",
        "faults    outage: http-status --status 503 on capsule, made 11 s ago, hit 4 times",
        f"last      {call} · req-4 · 6.0 s ago",
        f"          {call} · req-3 · 7.0 s ago",
        f"          {call} · req-2 · 8.0 s ago",
        "hint      it needs 1 more call before it can open: publish more, or faster",
    ]


async def test_a_ledger_is_shown_with_the_retries_and_dead_letters_of_its_group(world: Any, play: Any) -> None:
    world.ledger_rows["capsule"] = dict.fromkeys(
        ("in_flight", "lost", "finished", "processed", "dead_lettered", "skipped", "duplicate", "replay_duplicate",
         "redelivered", "replayed", "retries", "dlq_written"), 1,
    )  # fmt: skip
    record = {"topic": "rim.fast-path", "partition": 0, "offset": 3, "category": "TIMEOUT", "error": "late"}
    about = {"at_ms": T0, "source": "capsule", **record}
    world.record(RetryScheduled(group="capsule", retry=1, wait_ms=1000.0, **about))
    world.record(DlqRecordWritten(group="odyssey-reflex", dlq_id="d", retries=3, **about))
    (last,) = [text for label, text in (await play(LEDGER)).steps[0].failure.evidence if label == "last"]
    assert last.startswith("CAPSULE") and "rim.fast-path-0@3" in last and last.endswith("0.0 s ago")
