"""The predicate vocabulary, word by word, and what every word has to keep."""

from typing import Any

import pytest

from sandbox.scenarios.assertions import ASSERTIONS
from sandbox.scenarios.assertions.assertion import MISSING, show
from sandbox.scenarios.assertions.schema import AvroSchema
from sandbox.scenarios.model.bad_value import BadValue

OPERANDS: dict[str, Any] = {
    "equals": 3, "matches": "a+", "contains": "a", "exists": True, "in": [1, 2], "gte": 1, "lte": 1, "gt": 1, "lt": 1,
    "between": [1, 2], "schema": {"type": "string"}, "not": {"contains": "x"},
}  # fmt: skip
ODD_VALUES = [MISSING, None, True, 0, -1.5, "", "text", [], [1], {}, {"a": [None]}, float("nan"), b"bytes"]


def test_every_word_has_an_example_here() -> None:
    assert set(OPERANDS) == set(ASSERTIONS)


@pytest.mark.parametrize("word", ASSERTIONS)
def test_a_word_judges_any_value_without_raising_and_says_what_it_wants(word: str) -> None:
    assertion = ASSERTIONS[word](OPERANDS[word])
    assert {assertion.holds(value) for value in ODD_VALUES} <= {True, False}
    assert assertion.describe() and assertion.word == word and type(assertion).__doc__
    assert assertion.out_of_reach(0) in (True, False)


@pytest.mark.parametrize(
    ("word", "operand", "true_of", "false_of"),
    [
        ("equals", 1, [1, 1.0], [True, "1", None, MISSING]),
        ("equals", True, [True], [1, "true"]),
        ("equals", None, [None], [MISSING, 0, ""]),
        ("equals", {"a": [1, {"b": 2}]}, [{"a": [1.0, {"b": 2}]}], [{"a": [1]}, {"a": [1, {"b": 2, "c": 3}]}]),
        ("equals", [], [[]], [MISSING, {}, None]),
        ("not", "a", ["b", None, MISSING], ["a"]),
        ("not", {"contains": "a", "matches": "b$"}, ["x", "ax", "b"], ["ab"]),
        ("not", {"not": 1}, [1], [2]),
        ("schema", {"type": "object", "required": ["a"]}, [{"a": 1}], [{}, "a", None, MISSING]),
        ("schema", {"$ref": "#/$defs/none"}, [], [{}, 1]),
        ("schema", AvroSchema("t", "long"), [1], ["a", None, MISSING]),
        ("matches", "^cap_", ["cap_1"], ["xcap_1", 5, None, MISSING]),
        ("contains", "ea", ["great"], ["x", 5, None, MISSING]),
        ("contains", 2, [[1, 2.0]], [[12], "12", {"2": 1}]),
        ("contains", ["a", "b"], [["b", "a", "c"], "abc"], [["a"], "ac"]),
        ("contains", {"type": "X"}, [{"type": "X", "n": 1}, [{"type": "X"}]], [{"type": "Y"}, [{"kind": "X"}]]),
        ("contains", {"a": {"b": 1}}, [{"a": {"b": 1, "c": 2}}], [{"a": {"c": 2}}, {"a": 1}]),
        ("exists", True, [0, None, "", {}], [MISSING, []]),
        ("exists", False, [MISSING, []], [0, None]),
        ("in", ["OPEN", 1], ["OPEN", 1.0], ["CLOSED", True, MISSING]),
        ("gte", 3, [3, 4.5], [2.9, "3", True, None, MISSING]),
        ("gt", 3, [3.1], [3]),
        ("lte", 3, [3, -1], [3.1]),
        ("lt", 3, [2], [3]),
        ("gte", "2024-12-03T10:00:00Z", ["2024-12-03T10:00:01Z"], ["2024-12-03T09:59:59Z", 5]),
        ("between", [1, 3], [1, 2, 3], [0, 4, "2", True]),
    ],
)
def test_a_word_is_true_of_the_right_values(word: str, operand: Any, true_of: list[Any], false_of: list[Any]) -> None:
    assertion = ASSERTIONS[word](operand)
    assert [value for value in true_of if not assertion.holds(value)] == []
    assert [value for value in false_of if assertion.holds(value)] == []


@pytest.mark.parametrize(
    ("word", "operand"),
    [
        ("matches", "("), ("matches", 5), ("exists", "yes"), ("exists", 1), ("in", "abc"), ("gte", None), ("lt", True),
        ("between", [1]), ("between", [1, "2"]), ("between", 5), ("gt", [1]),
    ],
)  # fmt: skip
def test_an_operand_that_a_word_cannot_use_is_refused(word: str, operand: Any) -> None:
    with pytest.raises(BadValue, match=f"`{word}`"):
        ASSERTIONS[word](operand)


@pytest.mark.parametrize(
    ("word", "operand", "first_out_of_reach"),
    [
        ("equals", 2, 3), ("lte", 2, 3), ("lt", 2, 2), ("between", [1, 2], 3), ("in", [1, 2], 3),
        ("gte", 2, None), ("gt", 2, None),
    ],
)  # fmt: skip
def test_a_growing_count_is_given_up_when_it_has_grown_too_far(
    word: str, operand: Any, first_out_of_reach: int | None
) -> None:
    assertion = ASSERTIONS[word](operand)
    assert next((count for count in range(10) if assertion.out_of_reach(count)), None) == first_out_of_reach


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("text", "text"), ("", '""'), (" x", '" x"'), (None, "null"), (True, "true"), ({"a": 1}, '{"a": 1}'),
        (MISSING, "nothing"),
    ],
)  # fmt: skip
def test_values_are_shown_as_json_and_texts_bare(value: Any, shown: str) -> None:
    assert show(value) == shown


def test_long_values_are_cut() -> None:
    assert len(show("x" * 1_000)) == 300 and show("x" * 1_000).endswith("…")
