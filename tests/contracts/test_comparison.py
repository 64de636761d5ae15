"""What our services miss in a team's contracts is said topic by topic and field by field."""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from sandbox.contracts.catalog import Contracts
from sandbox.contracts.comparison import Finding, compare

SERVICES = ("schema-registry", "capsule", "odyssey", "plato", "audit")
FLAT: dict[str, Any] = {
    "type": "record", "name": "RimFastEvent", "namespace": "com.z254.butterfly.common.hft.avro",
    "fields": [
        {"name": "rim_node_id", "type": "string"},
        {"name": "event_id", "type": ["null", "string"], "default": None},
        {"name": "timestamp", "type": "long"},
        {"name": "critical_metrics", "type": {"type": "map", "values": "double"}},
        {"name": "stress", "type": ["null", "double"], "default": None},
        {"name": "status", "type": "string"},
    ],
}  # fmt: skip
Change = Callable[[dict[str, Any]], None]


def changed(schema: str, change: Change | None = None, **replaced: dict[str, Any]) -> Contracts:
    """The built-in contracts with one schema changed in place, or replaced."""
    contracts = Contracts.load()
    schemas = copy.deepcopy(contracts.schemas) | replaced
    if change is not None:
        change({field["name"]: field for field in schemas[schema]["fields"]} | {"": schemas[schema]})
    return Contracts(contracts.topics, schemas)


def texts(found: list[Finding]) -> list[str]:
    return [each.text for each in found]


def without(field: str) -> Change:
    return lambda fields: fields[""]["fields"].remove(fields[field])


def typed(field: str, type_: Any) -> Change:
    return lambda fields: fields[field].update(type=type_)


def test_a_copy_of_the_built_in_contracts_leaves_nothing_to_say(folder: Path) -> None:
    assert compare(Contracts.load(folder), SERVICES) == []


def test_a_missing_field_is_named_with_what_each_service_does_without_it() -> None:
    found = compare(changed("RimFastEvent", without("price")), SERVICES)
    assert texts(found) == [
        "rim.fast-path: RimFastEvent.price is missing: CAPSULE leaves dynamics.price out; "
        "ODYSSEY leaves an entity's price out"
    ]
    assert not found[0].fails
    assert found[0].to_json()["effects"][1] == {"service": "odyssey", "effect": "leaves an entity's price out"}


def test_only_services_of_ours_that_run_miss_anything() -> None:
    contracts = changed("RimFastEvent", without("price"))
    assert [each.effects for each in compare(contracts, ("capsule",))] == [(("capsule", "leaves dynamics.price out"),)]
    assert compare(contracts, ("plato", "audit")) == []


def test_a_field_of_another_type_is_told_with_both_types() -> None:
    (found,) = compare(changed("RimFastEvent", typed("stress", "string")), ("odyssey",))
    assert found.fails
    assert found.text == (
        "rim.fast-path: RimFastEvent.stress is string, expected null|double: ODYSSEY cannot judge stress and goes by "
        "status alone, and dead-letters records that carry it"
    )


def test_a_field_that_is_sometimes_of_another_type_fails_only_then() -> None:
    (found,) = compare(changed("RimFastEvent", typed("stress", ["null", "double", "string"])), ("odyssey",))
    assert found.effects == (("odyssey", "dead-letters records in which it is string"),)


@pytest.mark.parametrize("type_", ["double", "float", "int", "long", ["null", "long"], ["double", "null"]])
def test_a_type_that_can_be_read_as_the_expected_one_is_no_finding(type_: Any) -> None:
    assert compare(changed("RimFastEvent", typed("stress", type_)), SERVICES) == []


def test_the_older_flat_event_is_read_by_its_timestamp_and_its_text_status() -> None:
    found = compare(changed("RimFastEvent", RimFastEvent=FLAT), SERVICES)
    assert not any(each.fails for each in found)
    assert {each.field for each in found} == {
        "instrument_id", "vector_timestamp.ingest_ts_ms", "vector_timestamp.logical_clock", "price", "volume",
        "source_topic", "metadata",
    }  # fmt: skip


def test_without_a_needed_field_every_record_is_dead_lettered() -> None:
    found = compare(changed("RimFastEvent", without("vector_timestamp")), ("capsule",))
    assert found[0].text == (
        "rim.fast-path: RimFastEvent.vector_timestamp.event_ts_ms is missing, and so is timestamp: "
        "CAPSULE dead-letters every record"
    )
    assert found[0].fails


def test_a_needed_field_that_may_be_null_loses_the_records_without_it() -> None:
    (found,) = compare(changed("RimFastEvent", typed("rim_node_id", ["null", "string"])), ("capsule",))
    assert found.text.endswith("rim_node_id is null|string, expected string: CAPSULE dead-letters records without it")


def test_a_missing_topic_is_told_to_its_readers_and_its_writer() -> None:
    contracts = Contracts.load()
    topics = {name: topic for name, topic in contracts.topics.items() if name != "odyssey.paths"}
    (found,) = compare(Contracts(topics, contracts.schemas), SERVICES)
    assert found.text == (
        "topic odyssey.paths is missing: ODYSSEY does not publish paths; PLATO links no paths to plans; "
        "AUDIT audits no paths"
    )


def test_a_topic_of_the_teams_own_is_nobodys_business() -> None:
    contracts = Contracts.load()
    orders = replace(contracts.topics["rim.fast-path"], name="desk.orders")
    assert compare(Contracts({**contracts.topics, "desk.orders": orders}, contracts.schemas), SERVICES) == []


def test_a_required_field_that_nothing_fills_stops_the_writer() -> None:
    added = {"name": "desk", "type": "string"}
    (found,) = compare(changed("PathUpdate", lambda fields: fields[""]["fields"].append(added)), SERVICES)
    assert (found.text, found.fails) == (
        "odyssey.paths: PathUpdate.desk has no default and nothing fills it: ODYSSEY cannot publish a record", True,
    )  # fmt: skip
    optional = {"name": "desk", "type": "string", "default": "fx"}
    assert compare(changed("PathUpdate", lambda fields: fields[""]["fields"].append(optional)), SERVICES) == []


@pytest.mark.parametrize(
    ("field", "type_", "effect"),
    [
        ("trigger_event_id", "string", "cannot publish records in which it is null"),
        ("weight", "int", "cannot publish records in which it is double"),
        (
            "horizon",
            {"type": "enum", "name": "Horizon", "symbols": ["SHORT_TERM"]},
            "cannot publish records in which it is another text",
        ),
    ],
)
def test_a_field_that_cannot_hold_what_is_written_stops_those_records(field: str, type_: Any, effect: str) -> None:
    (found,) = compare(changed("PathUpdate", typed(field, type_)), ("odyssey",))
    assert (found.field, found.effects, found.fails) == (field, (("odyssey", effect),), True)


def test_an_enum_that_lacks_a_symbol_names_it() -> None:
    def shrink(fields: dict[str, Any]) -> None:
        fields["event_type"]["type"]["symbols"].remove("STEP_FAILED")

    (found,) = compare(changed("PlanEvent", shrink), ("plato",))
    assert found.effects == (("plato", "cannot publish records in which it is STEP_FAILED"),)


def test_json_in_place_of_avro_cannot_be_compared_and_says_so() -> None:
    contracts = Contracts.load()
    plain = replace(contracts.topics["rim.fast-path"], format="json", schema=None)
    (found,) = compare(Contracts({**contracts.topics, "rim.fast-path": plain}, contracts.schemas), ("capsule", "audit"))
    assert found.text.startswith("rim.fast-path is json, expected avro: CAPSULE reads what it finds")


def test_an_avro_schema_for_a_json_topic_is_held_against_what_is_written() -> None:
    contracts = Contracts.load()
    entry = {
        "type": "record", "name": "AuditRecord",
        "fields": [{"name": "auditId", "type": "string"}, {"name": "desk", "type": "string"}],
    }  # fmt: skip
    audit = replace(contracts.topics["audit.events"], format="avro", schema="AuditRecord", partitions=3)
    found = compare(
        Contracts({**contracts.topics, "audit.events": audit}, {**contracts.schemas, "AuditRecord": entry}), ("audit",)
    )
    assert found[0].text == "audit.events has 3 partitions, expected 1: AUDIT writes without a global order"
    assert "audit.events: AuditRecord.sourceTopic is missing: AUDIT leaves it out of its records" in texts(found)
    assert [each.field for each in found if each.fails] == ["desk"]
