"""Values are plain, and what does not fit is named by its field."""

from __future__ import annotations

from typing import Any

import pytest

from sandbox.contracts.catalog import Contracts
from sandbox.errors import UsageError
from sandbox.kafka.avro_schema import full_name, misfits, prepared

NODE = {
    "type": "record",
    "name": "Node",
    "namespace": "a.b",
    "fields": [
        {"name": "id", "type": "string"},
        {"name": "at", "type": {"type": "long", "logicalType": "timestamp-millis"}},
        {"name": "children", "type": {"type": "array", "items": "Node"}, "default": []},
        {"name": "hash", "type": ["null", {"type": "fixed", "name": "Hash", "size": 2}], "default": None},
        {"name": "count", "type": "int", "default": 0},
        {"name": "ok", "type": "boolean", "default": True},
    ],
}


def event(**changes: Any) -> dict[str, Any]:
    return {
        "rim_node_id": "rim:a:b:c",
        "vector_timestamp": {"event_ts_ms": 1, "ingest_ts_ms": 2},
        "critical_metrics": {},
        **changes,
    }


@pytest.mark.parametrize(
    ("value", "reasons"),
    [
        (event(), []),
        (event(price="x"), ["price: must be null or double, is 'x'"]),
        (event(price=True), ["price: must be null or double, is True"]),
        (event(pric=1.0), ["pric: is not a field of RimFastEvent (did you mean price?)"]),
        (event(rim_node_id=5), ["rim_node_id: must be string, is 5"]),
        (
            event(status="ALRT"),
            ["status: must be one of OK, WARN, ALERT, UNKNOWN, OFFLINE, is 'ALRT' (did you mean ALERT?)"],
        ),
        (event(critical_metrics={"spread": "x"}), ["critical_metrics.spread: must be double, is 'x'"]),
        (event(metadata={"a": 1}), ["metadata.a: must be string, is 1"]),
        (event(rim_node_id="\ud800"), ["rim_node_id: is not text that UTF-8 can carry"]),
        (
            event(vector_timestamp={"event_ts_ms": 2**63}),
            [
                "vector_timestamp.event_ts_ms: 9223372036854775808 does not fit long",
                "vector_timestamp.ingest_ts_ms: is missing (it has no default)",
            ],
        ),
        ([], ["the value: must be RimFastEvent, is []"]),
    ],
)
def test_a_misfit_is_named_by_its_path_and_its_reason(value: Any, reasons: list[str]) -> None:
    schema = prepared(Contracts.load().schemas["RimFastEvent"])
    assert misfits(value, schema) == reasons


def test_a_recursive_schema_is_checked_all_the_way_down() -> None:
    schema = prepared(NODE)
    deep = {"id": "a", "at": 1, "children": [{"id": "b", "at": 2, "children": [{"id": 3, "at": "x"}]}]}
    assert misfits(deep, schema) == [
        "children[0].children[0].id: must be string, is 3",
        "children[0].children[0].at: must be long, is 'x'",
    ]


def test_a_fixed_of_the_wrong_length_does_not_fit() -> None:
    assert misfits({"id": "a", "at": 1, "hash": b"123"}, prepared(NODE)) == ["hash: must be null or Hash, is b'123'"]
    assert misfits({"id": "a", "at": 1, "hash": b"12"}, prepared(NODE)) == []


def test_a_boolean_is_no_number_and_a_number_no_boolean() -> None:
    assert misfits({"id": "a", "at": True, "ok": 1}, prepared(NODE)) == [
        "at: must be long, is True",
        "ok: must be boolean, is 1",
    ]


def test_logical_types_are_left_out() -> None:
    assert "logicalType" not in str(prepared(NODE))


@pytest.mark.parametrize("schema", [{"type": "record", "fields": []}, {"type": "nonsense"}, {"no": "type"}, "what"])
def test_what_is_no_schema_is_refused(schema: Any) -> None:
    with pytest.raises(UsageError, match="not an Avro schema"):
        prepared(schema)


def test_the_full_name_has_the_namespace() -> None:
    assert full_name(NODE) == "a.b.Node"
    assert full_name({"type": "record", "name": "x.Y"}) == "x.Y"
    assert full_name("string") == "string"
