"""Values that a test gives in part."""

from __future__ import annotations

import pytest

from sandbox.contracts.catalog import Contracts
from sandbox.errors import UsageError
from sandbox.pytest_plugin.partial_record import completed

SCHEMA = Contracts.load().schemas["RimFastEvent"]
NODE = "rim:entity:finance:EURUSD"


def test_what_is_left_out_is_filled_in_by_the_schema() -> None:
    value = completed("rim.fast-path", SCHEMA, {"price": 1.05, "critical_metrics": {"spread": 2.5}}, NODE)
    assert set(value) == {field["name"] for field in SCHEMA["fields"]}
    assert (value["rim_node_id"], value["price"], value["critical_metrics"]) == (NODE, 1.05, {"spread": 2.5})
    assert value["event_id"] and value["vector_timestamp"]["event_ts_ms"] > 1_700_000_000_000


def test_braces_in_a_text_are_text() -> None:
    assert completed("rim.fast-path", SCHEMA, {"source_topic": "{{ now }}"}, NODE)["source_topic"] == "{{ now }}"


def test_an_unknown_field_is_told_with_the_nearest_one() -> None:
    with pytest.raises(UsageError) as caught:
        completed("rim.fast-path", SCHEMA, {"prise": 1.0}, NODE)
    assert "price" in str(caught.value.render()) and "rim.fast-path" in str(caught.value.where)
