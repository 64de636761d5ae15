"""When each record is due."""

import random
from itertools import islice, pairwise

import pytest

from sandbox.scenarios.model.pace import Burst, Leg, Ramp
from sandbox.scenarios.pacing import bursts, jittered, ramp, staged, steady


def seconds(moments, count=None):
    return [each / 1e9 for each in islice(moments, count)]


def test_a_rate_is_counted_from_the_start_so_that_no_error_adds_up():
    assert seconds(steady(3), 4) == pytest.approx([0, 1 / 3, 2 / 3, 1])
    assert list(islice(steady(3), 3_000_000, 3_000_001)) == [1_000_000 * 10**9]


def test_a_ramp_of_a_count_ends_at_its_last_rate():
    due = seconds(ramp(Ramp(10, 30), count=40))
    assert len(due) == 40 and due[0] == 0 and due[-1] == pytest.approx(2.0, abs=0.05)
    assert due[1] - due[0] == pytest.approx(1 / 10, rel=0.05)
    assert due[-1] - due[-2] == pytest.approx(1 / 30, rel=0.05)


def test_a_ramp_of_a_time_has_as_many_as_its_rates_add_up_to():
    assert len(seconds(ramp(Ramp(0, 100), lasts_s=10))) == 500
    assert len(seconds(ramp(Ramp(100, 0), lasts_s=10))) == 500


def test_a_burst_goes_out_at_once_again_and_again():
    assert seconds(bursts(Burst(2, 1.5)), 5) == [0, 0, 1.5, 1.5, 3.0]


def test_stages_follow_one_another_without_losing_a_record_between_them():
    due = seconds(staged((Leg(0, 100, 1), Leg(100, 100, 2), Leg(100, 0, 1))))
    assert len(due) == 50 + 200 + 50 and due == sorted(due)
    assert sum(1 <= each < 3 for each in due) == pytest.approx(200, abs=1)
    assert due[-1] <= 4


def test_a_stage_of_nought_is_a_pause():
    assert seconds(staged((Leg(2, 2, 1), Leg(0, 0, 10), Leg(2, 2, 1)))) == pytest.approx([0, 0.5, 11, 11.5])


def test_jitter_moves_each_towards_the_next_and_keeps_order_and_count():
    plain = list(islice(steady(10), 100))
    moved = list(jittered(iter(plain), 0.5, random.Random(1)))
    assert len(moved) == 100 and moved == sorted(moved) and moved != plain
    assert all(now <= each <= now + (then - now) / 2 for each, (now, then) in zip(moved, pairwise(plain), strict=False))
    assert moved == list(jittered(iter(plain), 0.5, random.Random(1))), "the same seed gives the same moments"


def test_jitter_of_one_or_none_is_no_error():
    assert list(jittered(iter([5]), 0.5, random.Random(1))) == [5]
    assert list(jittered(iter([]), 0.5, random.Random(1))) == []
