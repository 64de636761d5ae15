from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from sandbox.scenarios.assertions.assertion import MISSING
from sandbox.scenarios.model.predicate import Predicate
from sandbox.scenarios.model.selection import (
    AnswerSelector,
    Expectation,
    MessageSelector,
    Observed,
    RecordSelector,
    Selector,
)

DOCUMENT = {"data": [{"id": 1, "tags": ["a"]}, {"id": 2}], "meta": {"degraded": True, "none": None}, "a.b": 5}


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("$.meta.degraded", True),
        ("$.meta.none", None),
        ("$.meta.absent", MISSING),
        ("$.data[0].id", 1),
        ("$.data[-1].id", 2),
        ("$.data[9].id", MISSING),
        ("$.data[*].id", [1, 2]),
        ("$.data[?@.id == 2].id", [2]),
        ("$.data[?@.id == 9].id", []),
        ("$..tags", [["a"]]),
        ("$['a.b']", 5),
        ("$", DOCUMENT),
    ],
)
def test_a_path_gives_one_value_or_a_list_where_it_can_match_several(path: str, value: Any) -> None:
    assert Selector(path).pick(Observed(document=DOCUMENT)) == value


@pytest.mark.parametrize("document", [MISSING, None, 5, "text", '{"a": 1}'])
def test_a_document_that_is_no_object_has_no_members(document: Any) -> None:
    assert Selector("$.a").pick(Observed(document=document)) is MISSING
    assert Selector("$").pick(Observed(document=document)) is document


def test_headers_are_matched_as_their_protocol_does() -> None:
    headers = {"X-Request-ID": "r"}
    selector = Selector("header.x-request-id")
    assert selector.pick(Observed(headers=headers, any_case=True)) == "r"
    assert selector.pick(Observed(headers=headers)) is MISSING
    assert Selector("header.X-Request-ID").pick(Observed(headers=headers)) == "r"


def test_parts_are_picked_by_name() -> None:
    assert Selector("status").pick(Observed(parts={"status": 200})) == 200
    assert Selector("closed").pick(Observed()) is MISSING


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        (AnswerSelector, "key"),
        (AnswerSelector, "data.id"),
        (AnswerSelector, "header."),
        (RecordSelector, "status"),
        (MessageSelector, "header.X"),
        (MessageSelector, "type"),
        (RecordSelector, "$.data["),
        (RecordSelector, "$.data[?@.id = 1]"),
        (RecordSelector, "$" + ".a" * 300),
        (RecordSelector, "$.a | $.b"),
    ],
)
def test_each_kind_of_thing_has_its_own_parts_and_paths_keep_to_the_rfc(kind: Any, text: str) -> None:
    with pytest.raises(ValidationError):
        TypeAdapter(kind).validate_python(text)


def test_a_mismatch_says_what_was_expected_and_what_was_there() -> None:
    asked = Expectation.bind({Selector("$.meta.degraded"): Predicate.parse(False)}, {})
    found = asked[0].mismatch(Observed(document=DOCUMENT))
    assert found is not None and (found.expected, found.describe()) == ("false", "$.meta.degraded is true")
    assert asked[0].describe() == "$.meta.degraded false"
