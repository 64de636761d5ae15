from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from sandbox.contracts.dead_letter import FailureCategory, RecordFailure
from sandbox.errors import UsageError
from sandbox.faults.applied import AppliedFault
from sandbox.faults.reading import read_fault

Apply = Callable[..., AppliedFault]


@pytest.mark.parametrize("category", FailureCategory)
async def test_handling_fails_with_the_category_that_is_given(category: str, apply: Apply, due: Any) -> None:
    with pytest.raises(RecordFailure, match="the disk is full") as caught:
        await apply("consumer-failure", category=category, error="the disk is full").act(due())
    assert caught.value.category is FailureCategory(category)


def test_an_unknown_category_is_refused_with_those_that_there_are() -> None:
    with pytest.raises(UsageError, match="DOWNSTREAM_FAILURE") as caught:
        read_fault("consumer-failure", {"category": "BAD_LUCK"})
    assert caught.value.where == "category"


@pytest.mark.parametrize(
    ("aim", "is_struck"),
    [
        ({}, True),
        ({"topic": "perception.*"}, True),
        ({"topic": "perception.event"}, False),
        ({"partition": 3}, True),
        ({"partition": 0}, False),
        ({"group": "capsule"}, True),
        ({"group": "audit"}, False),
        ({"key": "rim:entity:finance:*"}, True),
        ({"key": "EURUSD"}, False),
        ({"payload": "severity=ALERT"}, True),
        ({"payload": "severity=INFO"}, False),
    ],
)
def test_records_are_chosen_by_where_they_stand_and_what_they_say(
    aim: dict[str, Any], is_struck: bool, apply: Apply, due: Any
) -> None:
    point = due(value={"severity": "ALERT"})
    assert apply("consumer-failure", category="UNKNOWN", **aim).strikes(point) is is_struck


def test_a_record_without_a_key_has_none_of_any_pattern(apply: Apply, due: Any) -> None:
    assert not apply("consumer-failure", category="UNKNOWN", key="*").strikes(due(key=None))
