from random import Random

import pytest

from sandbox.scenarios.latencies import Latencies


def test_percentiles_are_exact_within_one_percent():
    latencies, rng = Latencies(), Random(1)
    times = sorted(rng.lognormvariate(1, 1) for _ in range(10_000))
    for each in times:
        latencies.add(each)
    for percent in (50, 95, 99):
        assert latencies.percentile_ms(percent) == pytest.approx(times[len(times) * percent // 100 - 1], rel=0.01)
    assert latencies.max_ms == times[-1] and latencies.percentile_ms(100) <= times[-1]


def test_without_any_there_is_none():
    assert Latencies().percentile_ms(50) is None
