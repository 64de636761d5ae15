from __future__ import annotations

import copy
from dataclasses import replace
from typing import Any

import pytest

from sandbox.contracts.catalog import Contracts
from sandbox.contracts.dead_letter import FailureCategory, RecordFailure
from sandbox.contracts.field_check import FieldCheck

TOPIC = "rim.fast-path"


def with_stress(type_: Any) -> Contracts:
    contracts = Contracts.load()
    schemas = copy.deepcopy(contracts.schemas)
    next(field for field in schemas["RimFastEvent"]["fields"] if field["name"] == "stress")["type"] = type_
    return Contracts(contracts.topics, schemas)


def reason(check: FieldCheck, value: dict[str, Any]) -> str:
    with pytest.raises(RecordFailure) as caught:
        check.check(TOPIC, value)
    assert caught.value.category is FailureCategory.VALIDATION
    return caught.value.message


def test_good_contracts_need_no_check() -> None:
    assert not FieldCheck("odyssey", Contracts.load())


def test_a_value_of_another_type_is_a_validation_failure_that_names_the_field() -> None:
    check = FieldCheck("odyssey", with_stress(["null", "string"]))
    assert reason(check, {"stress": "0.9"}) == "stress is '0.9', expected null|double"
    check.check(TOPIC, {"stress": None})
    check.check(TOPIC, {})
    check.check("perception.signals", {"stress": "0.9"})


def test_only_the_doubtful_fields_are_looked_at() -> None:
    check = FieldCheck("odyssey", with_stress("string"))
    check.check(TOPIC, {"stress": None, "price": "12"})


def test_in_json_every_field_that_is_read_is_doubtful() -> None:
    contracts = Contracts.load()
    plain = replace(contracts.topics[TOPIC], format="json", schema=None)
    check = FieldCheck("capsule", Contracts({**contracts.topics, TOPIC: plain}, contracts.schemas))
    good = {
        "rim_node_id": "rim:entity:finance:EURUSD", "status": "ALERT", "price": 1, "critical_metrics": {"spread": 2.5},
        "vector_timestamp": {"event_ts_ms": 1_733_220_000_000},
    }  # fmt: skip
    check.check(TOPIC, good)
    assert reason(check, {**good, "critical_metrics": {"spread": "wide"}}) == (
        "critical_metrics is {'spread': 'wide'}, expected map of double"
    )
    wrong = reason(check, {**good, "price": True, "vector_timestamp": {"event_ts_ms": "now"}})
    assert wrong == "vector_timestamp.event_ts_ms is 'now', expected long; price is True, expected null|double"
