"""Conditions of policies and steps."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.errors import UsageError
from sandbox.services.plato.conditions import Condition

FACTS = {"stress": 0.85, "status": "ALERT", "sanctioned": False, "limits": {"max": 5}, "a.b": 1, "nothing": None}


@pytest.mark.parametrize(
    "text",
    [
        "stress >= 0.8",
        "stress >= 0.85 and stress <= 0.85",
        "status == 'ALERT'",
        'status != "OK"',
        "sanctioned == false",
        "nothing == null",
        "absent == null",
        "absent != 3",
        "limits.max > 4.5",
        "a.b == 1",
        "stress",
        "stress < 0 or status == 'ALERT' and stress > 0.1",
        "stress > -1",
    ],
)
def test_a_condition_holds(text):
    assert Condition.parse(text).holds(FACTS)


@pytest.mark.parametrize(
    "text",
    ["stress > 0.85", "status > 3", "absent > 0", "sanctioned", "sanctioned < 1", "limits > 1", "status.x == 'ALERT'"],
)
def test_a_condition_does_not_hold(text):
    assert not Condition.parse(text).holds(FACTS)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "expected a name"),
        ("stress >", "expected a value"),
        ("stress > > 1", "expected a value"),
        ("> 1", "expected a name"),
        ("stress > 1 1", "expected 'and', 'or' or the end"),
        ("stress == open", "true, false or null"),
        ("and == 1", "expected a name"),
        ("stress = 1", "cannot read the condition from"),
        ("x" * 501, "at most 500"),
    ],
)
def test_an_unreadable_condition_says_what_was_expected(text, expected):
    with pytest.raises(UsageError, match=expected):
        Condition.parse(text)


@given(st.text(max_size=60))
def test_any_text_is_read_or_refused(text):
    with contextlib.suppress(UsageError):
        Condition.parse(text).holds(FACTS)
