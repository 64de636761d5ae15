from __future__ import annotations

import pytest

from sandbox.clock import ManualClock
from sandbox.events.facts import RequestServed
from sandbox.observe.journal import Journal
from sandbox.observe.request_meter import RequestMeter


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def journal() -> Journal:
    return Journal()


@pytest.fixture
def meter(journal: Journal, clock: ManualClock) -> RequestMeter:
    return RequestMeter(journal, clock)


def served(journal: Journal, status: int, took_ms: float, route: str = "/api/v1/capsules/{id}") -> None:
    journal.record(
        RequestServed(
            at_ms=0, source="capsule", method="GET", route=route, path=route, status=status, took_ms=took_ms
        )
    )  # fmt: skip


def test_errors_and_refusals_are_counted_apart(journal: Journal, meter: RequestMeter) -> None:
    for status in (200, 201, 404, 429, 500, 503, 503):
        served(journal, status, 1.0)
    found = meter.to_json()["capsule"]
    assert (found["total"], found["refused"], found["errors"]) == (7, 2, 3)


def test_health_checks_are_nobodys_traffic(journal: Journal, meter: RequestMeter) -> None:
    served(journal, 200, 1.0, "/actuator/health")
    assert meter.to_json() == {}


def test_the_95th_percentile_is_right_to_within_five_percent(journal: Journal, meter: RequestMeter) -> None:
    for took_ms in range(1, 101):
        served(journal, 200, float(took_ms))
    assert meter.to_json()["capsule"]["p95_ms"] == pytest.approx(95, rel=0.05)


async def test_times_older_than_a_minute_are_forgotten_and_counts_are_not(
    journal: Journal, meter: RequestMeter, clock: ManualClock
) -> None:
    served(journal, 200, 900.0)
    await clock.advance(70)
    assert meter.to_json()["capsule"] == {"total": 1, "errors": 0, "refused": 0, "p95_ms": None}
    served(journal, 200, 2.0)
    assert meter.to_json()["capsule"]["p95_ms"] == pytest.approx(2, rel=0.05)
