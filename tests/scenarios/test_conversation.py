"""Messages in order, with gaps: every way of reading the list is followed."""

import itertools

import pytest

from sandbox.scenarios.conversation import GAP, Conversation
from sandbox.scenarios.model.predicate import Predicate
from sandbox.scenarios.model.selection import Expectation, Observed, Selector


def conversation(places: str) -> Conversation:
    """`A.B` wants an a, anything, then a b."""
    items = [GAP if each == "." else Expectation.bind({Selector("$.t"): Predicate.parse(each)}, {}) for each in places]
    return Conversation.begin(tuple(items))


def read(places: str, messages: str) -> str:
    talk = conversation(places)
    for message in messages:
        if talk.complete or talk.hopeless:
            break
        talk.take(Observed(document={"t": message}))
    return "complete" if talk.complete else "hopeless" if talk.hopeless else "waiting"


@pytest.mark.parametrize(
    ("places", "messages", "end"),
    [
        ("", "", "complete"),
        ("A", "A", "complete"),
        ("A", "B", "hopeless"),
        ("AB", "A", "waiting"),
        ("AB", "AXB", "hopeless"),
        ("A.B", "AB", "complete"),
        ("A.B", "AXXB", "complete"),
        ("A.B", "AXX", "waiting"),
        (".B", "XXB", "complete"),
        ("A.", "A", "complete"),
        (".", "", "complete"),
        ("..A", "XA", "complete"),
        ("A.BC", "AXBXBC", "complete"),
        ("A.BC", "ABBC", "complete"),
        ("A.BC", "ABXX", "waiting"),
        (".A.B.", "XAXXB", "complete"),
    ],
)
def test_the_list_is_read_against_the_messages(places: str, messages: str, end: str) -> None:
    assert read(places, messages) == end


def test_it_agrees_with_a_regular_expression_on_every_short_stream() -> None:
    import re

    for places in ("A.B", ".AB", "A.BA.B", "AB.", ".A.A."):
        pattern = re.compile("".join(".*" if each == "." else each for each in places))
        for length in range(6):
            for messages in map("".join, itertools.product("AB", repeat=length)):
                prefix_fits = any(pattern.fullmatch(messages[:end]) for end in range(length + 1))
                assert (read(places, messages) == "complete") == prefix_fits, (places, messages)


def test_it_knows_what_it_waits_for() -> None:
    talk = conversation("A.BC")
    talk.take(Observed(document={"t": "A"}))
    talk.take(Observed(document={"t": "B"}))
    assert talk.furthest == 3
