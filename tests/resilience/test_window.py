"""Windows against the plainest model: a list of all calls."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from sandbox.clock import ManualClock, SystemClock
from sandbox.resilience.count_window import CountWindow
from sandbox.resilience.time_window import TimeWindow

outcomes = st.tuples(st.booleans(), st.booleans())


def counts(calls: list[tuple[bool, bool]]) -> tuple[int, int, int, int]:
    failed, slow = sum(each[0] for each in calls), sum(each[1] for each in calls)
    return len(calls), failed, slow, sum(each == (True, True) for each in calls)


def counted(window: CountWindow | TimeWindow) -> tuple[int, int, int, int]:
    return window.calls, window.failed, window.slow, window.slow_failed


@given(size=st.integers(1, 9), calls=st.lists(outcomes, max_size=60))
def test_a_count_window_holds_the_last_calls(size: int, calls: list[tuple[bool, bool]]) -> None:
    window = CountWindow(size)
    for number, (failed, slow) in enumerate(calls):
        window.record(failed, slow)
        assert counted(window) == counts(calls[: number + 1][-size:])


@given(
    size_s=st.integers(1, 5),
    start_ms=st.integers(0, 2000),
    steps=st.lists(st.tuples(st.integers(0, 3500), outcomes), max_size=60),
)
def test_a_time_window_holds_the_calls_of_the_last_seconds(
    size_s: int, start_ms: int, steps: list[tuple[int, tuple[bool, bool]]]
) -> None:
    clock = ManualClock(start_ms)
    window = TimeWindow(size_s, clock)
    calls: list[tuple[int, tuple[bool, bool]]] = []
    for pause_ms, (failed, slow) in steps:
        clock.tick(pause_ms / 1000)
        second = clock.now_ms() // 1000
        window.refresh()
        assert counted(window) == counts([each for then, each in calls if then > second - size_s])
        window.record(failed, slow)
        calls.append((second, (failed, slow)))
        assert counted(window) == counts([each for then, each in calls if then > second - size_s])


def test_a_time_window_runs_with_the_clocks_speed() -> None:
    clock = SystemClock(speed=1000.0)
    window = TimeWindow(60, clock)
    window.record(True, False)
    clock.set_speed(1e9)
    while clock.monotonic_ns() < 200_000_000_000:
        pass
    window.refresh()
    assert window.calls == 0
