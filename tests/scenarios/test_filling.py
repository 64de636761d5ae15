"""An Avro value may be given in part; what is left out is filled, what does not fit is refused by its field."""

import random
from typing import Any

import fastavro
import pytest

from sandbox.clock import ManualClock
from sandbox.contracts.catalog import Contracts
from sandbox.scenarios.filling import RECORD_KEY, AvroFilling
from sandbox.scenarios.model.bad_value import BadValue
from sandbox.scenarios.template.functions import template_functions
from sandbox.scenarios.template.tree import Constant, compile_template

CONTRACTS = Contracts.load()
NODE = "rim:entity:finance:EURUSD"
NOW_MS = 1_733_220_000_000


def filled(schema: Any, value: Any, key: str | None = NODE) -> Any:
    functions = template_functions(random.Random(7), random.Random(8), ManualClock())
    names = {**functions, "node": NODE, "sequence": 1, RECORD_KEY: key}
    return AvroFilling(schema).complete(compile_template(value)).fold(names).render(names)


def test_the_event_of_a_story_is_completed_from_its_schema() -> None:
    value = filled(CONTRACTS.schemas["RimFastEvent"], {"rim_node_id": "{{ node }}", "stress": 0.95, "status": "ALERT"})
    assert value.pop("event_id").count("-") == 4
    assert value == {
        "rim_node_id": NODE,
        "instrument_id": None,
        "vector_timestamp": {"event_ts_ms": NOW_MS, "ingest_ts_ms": NOW_MS, "logical_clock": 0},
        "critical_metrics": {},
        "price": None,
        "volume": None,
        "stress": 0.95,
        "status": "ALERT",
        "source_topic": None,
        "metadata": None,
    }


@pytest.mark.parametrize("name", CONTRACTS.schemas)
def test_even_an_empty_value_becomes_a_record_of_every_contract(name: str) -> None:
    schema = CONTRACTS.schemas[name]
    value = filled(schema, {})
    assert fastavro.validation.validate(value, fastavro.parse_schema(schema))
    entity = value.get("rim_node_id", value.get("scope_id", NODE))
    assert entity == NODE


def test_an_entity_without_a_key_is_an_example_one() -> None:
    assert filled(CONTRACTS.schemas["SignalEvent"], {}, key=None)["rim_node_id"] == "rim:entity:sandbox:EXAMPLE"


def test_each_record_gets_an_event_id_of_its_own() -> None:
    functions = template_functions(random.Random(7), random.Random(8), ManualClock())
    folded = AvroFilling(CONTRACTS.schemas["RimFastEvent"]).complete(compile_template({})).fold(functions)
    ids = {folded.render(functions)["event_id"] for _ in range(20)}
    assert len(ids) == 20


def test_a_given_event_id_stays_even_when_it_is_null() -> None:
    assert filled(CONTRACTS.schemas["RimFastEvent"], {"event_id": None})["event_id"] is None


def test_records_inside_are_completed_too() -> None:
    value = filled(CONTRACTS.schemas["PerceptionEvent"], {"impact_estimate": {"magnitude": 0.5}})
    assert value["impact_estimate"] == {"magnitude": 0.5, "direction": "direction", "confidence": 0.0}
    value = filled(CONTRACTS.schemas["RimFastEvent"], {"vector_timestamp": {"logical_clock": 9}})
    assert value["vector_timestamp"] == {"event_ts_ms": NOW_MS, "ingest_ts_ms": NOW_MS, "logical_clock": 9}


def test_a_record_that_a_template_gives_is_completed_when_it_is_rendered() -> None:
    value = filled(CONTRACTS.schemas["RimFastEvent"], {"vector_timestamp": "{{ {'logical_clock': sequence} }}"})
    assert value["vector_timestamp"]["logical_clock"] == 1 and value["vector_timestamp"]["event_ts_ms"] == NOW_MS


def test_named_types_may_be_used_again_by_their_name() -> None:
    schema = {
        "type": "record", "name": "Pair", "namespace": "n", "fields": [
            {"name": "left", "type": {"type": "record", "name": "Side", "fields": [{"name": "n", "type": "int"}]}},
            {"name": "right", "type": "Side"},
            {"name": "more", "type": {"type": "array", "items": "n.Side"}},
            {"name": "raw", "type": {"type": "fixed", "name": "Two", "size": 2}},
            {"name": "on", "type": "boolean"},
        ],
    }  # fmt: skip
    value = filled(schema, {"right": {"n": 5}, "more": [{}, {"n": 2}]})
    assert value == {"left": {"n": 0}, "right": {"n": 5}, "more": [{"n": 0}, {"n": 2}], "raw": b"\0\0", "on": False}


@pytest.mark.parametrize(
    ("name", "value", "message", "hint", "path"),
    [
        ("RimFastEvent", {"stres": 1}, "value: RimFastEvent has no field 'stres'", "stress", ["stres"]),
        ("RimFastEvent", {"stress": "high"}, "value.stress: expected null or double, found high", None, ["stress"]),
        ("RimFastEvent", {"status": "OKAY"}, "found OKAY", "OK", ["status"]),
        ("RimFastEvent", {"rim_node_id": 5}, "value.rim_node_id: expected string, found 5", None, ["rim_node_id"]),
        ("RimFastEvent", {"critical_metrics": {"a": "b"}}, "value.critical_metrics.a: expected double", None,
         ["critical_metrics", "a"]),
        ("RimFastEvent", {"vector_timestamp": 5}, "expected the fields of VectorTimestamp", None, ["vector_timestamp"]),
        ("RimFastEvent", {"vector_timestamp": {"event_ts": 5}}, "VectorTimestamp has no field 'event_ts'",
         "event_ts_ms", ["vector_timestamp", "event_ts"]),
        ("PerceptionEvent", {"entities": ["a", 5]}, "value.entities[1]: expected string", None, ["entities", 1]),
        ("PerceptionEvent", {"entities": "a"}, "value.entities: expected array, found a", None, ["entities"]),
        ("PerceptionEvent", {"impact_estimate": {"magnitud": 1}}, "ImpactEstimate has no field 'magnitud'",
         "magnitude", ["impact_estimate", "magnitud"]),
        ("PerceptionEvent", {"timestamp": True}, "value.timestamp: expected long, found true", None, ["timestamp"]),
        ("CapsuleSnapshot", {"resolution": 2**31}, "value.resolution: expected int", None, ["resolution"]),
        ("RimFastEvent", [1], "value: expected the fields of RimFastEvent", None, []),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_refused_by_field(
    name: str, value: Any, message: str, hint: str | None, path: list[str | int]
) -> None:
    with pytest.raises(BadValue) as caught:
        AvroFilling(CONTRACTS.schemas[name]).complete(compile_template(value))
    assert message in caught.value.message
    assert caught.value.hint == (hint and f"did you mean {hint!r}?")
    assert caught.value.path == ("value", *path)


def test_a_template_that_gives_an_unknown_field_is_refused_when_it_is_rendered() -> None:
    with pytest.raises(BadValue, match="no field 'nothing'"):
        filled(CONTRACTS.schemas["RimFastEvent"], {"vector_timestamp": "{{ {'nothing': sequence} }}"})


def test_what_is_known_at_once_is_settled_at_once() -> None:
    schema = {"type": "record", "name": "R", "fields": [{"name": "a", "type": "int"}, {"name": "b", "type": "string"}]}
    assert isinstance(AvroFilling(schema).complete(compile_template({"a": 1})), Constant)
