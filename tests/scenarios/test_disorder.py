"""Records that come twice, or late."""

import random

import pytest

from sandbox.contracts.tracing import TraceContext
from sandbox.scenarios.disorder import Disorder, chooser
from sandbox.scenarios.model.pace import Portion
from sandbox.scenarios.ports import Outgoing

TRACE = TraceContext("req-1", "trace-1", "0" * 31 + "1", "0" * 15 + "1")


def sent(disorder, keys):
    out = []
    for number, key in enumerate(keys, 1):
        record = Outgoing(topic="t", key=key, value=b"%d" % number, trace=TRACE)
        out += [int(each.value) for each in disorder.take(number, record)]
    return out + [int(each.value) for each in disorder.rest()]


def none(number):
    return False


def test_every_nth_is_sent_twice_in_a_row():
    disorder = Disorder(chooser(Portion(every=3), random.Random(1)), none)
    assert sent(disorder, "aaaaaa") == [1, 2, 3, 3, 4, 5, 6, 6] and disorder.describe() == ", 2 of them twice"


def test_a_record_out_of_order_comes_after_the_next_of_its_key():
    disorder = Disorder(none, lambda number: number == 1)
    assert sent(disorder, "abba") == [2, 3, 4, 1] and disorder.describe() == ", 1 out of order"


def test_without_a_next_one_it_comes_at_the_end():
    disorder = Disorder(none, lambda number: number == 2)
    assert sent(disorder, "aba") == [1, 3, 2] and disorder.overtaken == 0


def test_a_fraction_is_drawn_from_the_seed():
    def drawn(seed):
        choose = chooser(Portion(probability=0.1), random.Random(seed))
        return [number for number in range(1_000) if choose(number)]

    assert drawn(1) == drawn(1) != drawn(2)
    assert len(drawn(1)) == pytest.approx(100, abs=40)
