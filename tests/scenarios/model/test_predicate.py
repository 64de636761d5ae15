from typing import Any

import pytest
from pydantic import BaseModel, ConfigDict, ValidationError

from sandbox.scenarios.model.bad_value import BadValue
from sandbox.scenarios.model.predicate import CountField, Predicate


def test_a_bare_value_means_equals() -> None:
    for value in ("OPEN", 5, None, True, [1, 2]):
        assert Predicate.parse(value).bind({}).holds(value)
    assert not Predicate.parse("OPEN").bind({}).holds("CLOSED")


def test_several_words_must_all_hold() -> None:
    check = Predicate.parse({"gte": 1, "lt": 3}).bind({})
    assert [check.holds(value) for value in (0, 1, 2, 3)] == [False, True, True, False]
    assert check.describe() == "≥ 1 and < 3"


def test_operands_may_be_templates() -> None:
    predicate = Predicate.parse({"equals": {"id": "{{ alert.id }}"}})
    assert predicate.bind({"alert": {"id": "e1"}}).holds({"id": "e1"})


def test_an_operand_that_turns_out_unusable_is_an_error_then() -> None:
    with pytest.raises(BadValue, match="`gte` compares with a number"):
        Predicate.parse({"gte": "{{ [1] }}"}).bind({})


@pytest.mark.parametrize(
    ("value", "message", "hint"),
    [
        ({"equal": 1}, "unknown predicate 'equal', expected one of equals, matches", "did you mean 'equals'?"),
        ({"status": "OK"}, "unknown predicate 'status'", "to compare with an object write {equals: {…}}"),
        ({}, "expected a predicate, found {}", "to compare with an empty object write {equals: {}}"),
        ({"matches": "("}, "`matches` takes a regular expression", None),
    ],
)
def test_what_is_no_predicate_says_what_would_be_one(value: Any, message: str, hint: str | None) -> None:
    with pytest.raises(BadValue) as caught:
        Predicate.parse(value)
    assert message in caught.value.message and caught.value.hint == hint


class _Counted(BaseModel):
    model_config = ConfigDict(arbitrary_types_allowed=True)
    count: CountField


@pytest.mark.parametrize("value", [0, 5, {"gte": 1}, {"between": [1, 3]}, {"in": [1, 2]}, "{{ n }}"])
def test_counts_are_compared_with_whole_numbers(value: Any) -> None:
    assert isinstance(_Counted.model_validate({"count": value}).count, Predicate)


@pytest.mark.parametrize("value", [-1, 1.5, "many", True, {"matches": "1"}, {"exists": True}, {"gte": -1}, [1]])
def test_other_counts_are_refused(value: Any) -> None:
    with pytest.raises(ValidationError, match=r"whole number|cannot be compared|compares with"):
        _Counted.model_validate({"count": value})
