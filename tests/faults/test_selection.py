from __future__ import annotations

import pytest

from sandbox.faults.selection import field_is

VALUE = {"severity": "ALERT", "score": 0.5, "seen": True, "none": None, "desk": {"name": "FX"}, "ids": ["a", {"b": 1}]}


@pytest.mark.parametrize(
    ("predicate", "holds"),
    [
        (None, True),
        ("severity=ALERT", True),
        ("severity=alert", False),
        ("score=0.5", True),
        ("score=0.50", True),
        ("score=half", False),
        ("seen=true", True),
        ("seen=1", False),
        ("none=null", True),
        ("desk.name=FX", True),
        ("desk.town=FX", False),
        ("ids.0=a", True),
        ("ids.1.b=1", True),
        ("ids.2=a", False),
        ("ids.x=a", False),
        ("severity.x=A", False),
        ("severity=", False),
    ],
)
def test_a_field_is_compared_as_what_it_is(predicate: str | None, holds: bool) -> None:
    assert field_is(VALUE, predicate) is holds


def test_a_value_that_could_not_be_decoded_has_no_field() -> None:
    assert not field_is(None, "a=1") and field_is(None, None)
