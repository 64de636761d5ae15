"""The kinds as data."""

from __future__ import annotations

import json

import pytest

from sandbox.errors import UnknownName
from sandbox.faults import FAULTS
from sandbox.faults.kinds import fault_kinds


def test_every_kind_is_there_with_what_a_form_needs() -> None:
    kinds = fault_kinds()
    assert [each["kind"] for each in kinds] == list(FAULTS)
    for each in kinds:
        properties = each["parameters"]["properties"]
        assert each["does"] and each["on"] and set(each["own"]) <= properties.keys()
        assert list(properties)[: len(each["own"])] == list(FAULTS[each["kind"]].own_parameters())
        assert all(shape["description"] for shape in properties.values())
    json.dumps(kinds)


def test_a_schema_says_what_a_parameter_may_be() -> None:
    (kind,) = fault_kinds("http-status")
    assert kind["parameters"]["required"] == ["status"]
    status = kind["parameters"]["properties"]["status"]
    assert (status["type"], status["minimum"], status["maximum"]) == ("integer", 400, 599)
    duration = kind["parameters"]["properties"]["duration"]
    assert any(shape.get("pattern") for shape in duration["anyOf"])


def test_an_unknown_one_names_the_nearest() -> None:
    with pytest.raises(UnknownName) as caught:
        fault_kinds("resets")
    assert caught.value.hint == "did you mean reset?"
