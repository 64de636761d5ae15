import json

import pytest

from sandbox.contracts.catalog import Contracts
from sandbox.registry.avro.parser import InvalidAvro
from sandbox.registry.levels import Level
from sandbox.registry.verdict import judge_avro


def record(*fields, name="Event"):
    return json.dumps({"type": "record", "name": name, "fields": list(fields)})


def field(name, type_, **members):
    return {"name": name, "type": type_, **members}


ID = field("id", "string")


@pytest.mark.parametrize(
    ("level", "says"),
    [
        (Level.BACKWARD, "compatible with version 3 (BACKWARD): consumers on the new schema read old data"),
        (Level.FORWARD, "compatible with version 3 (FORWARD): consumers on the old schema read new data"),
        (Level.FULL_TRANSITIVE, "(FULL_TRANSITIVE): old and new consumers read old and new data"),
        (Level.NONE, "(NONE): nothing is checked"),
    ],
)
def test_a_schema_that_fits_says_what_that_promises(level, says):
    verdict = judge_avro(record(ID, field("n", "int", default=0)), record(ID), level, version=3)
    assert verdict.is_compatible
    assert says in verdict.render()


def test_a_field_without_default_breaks_readers_and_the_way_out_is_a_default():
    verdict = judge_avro(record(ID, field("price", "double")), record(ID), version=3)
    assert verdict.render() == (
        "not compatible with version 3 (BACKWARD)\n"
        "consumers on the new schema cannot read data of version 3:\n"
        "  Event.price: the new field has no default, so data written before it cannot be read (double)\n"
        '    → give price a default, or make it optional: "type": ["null", "double"], "default": null'
    )


def test_a_removed_field_breaks_writers_under_forward():
    verdict = judge_avro(record(), record(ID), Level.FORWARD)
    assert verdict.render() == (
        "not compatible with the old schema (FORWARD)\n"
        "consumers still on the old schema cannot read data of the new schema:\n"
        "  Event.id: the field is gone, and in the old schema it has no default to read instead (string)\n"
        "    → keep id; or first give it a default in a version of its own, then remove it"
    )


def test_full_says_both_sides():
    verdict = judge_avro(record(field("n", "long")), record(field("n", "int")), Level.FULL)
    (finding,) = verdict.findings
    assert (finding.breaks, finding.where) == ("writers", "Event.n")
    assert finding.what == "long was written, int is read"
    swapped = judge_avro(record(field("n", "int")), record(field("n", "long")), Level.FULL)
    assert [each.breaks for each in swapped.findings] == ["readers"]
    both = judge_avro(record(field("n", "int")), record(field("n", "boolean")), Level.FULL)
    assert [each.breaks for each in both.findings] == ["readers", "writers"]


@pytest.mark.parametrize(
    ("new", "old", "where", "remedy"),
    [
        (field("n", "string"), field("n", "int"), "Event.n", 'or read both: ["int", "string"]'),
        (field("n", ["null", "int"]), field("n", ["null", "string"]), "Event.n", "keep string in the union"),
        (
            field("s", {"type": "enum", "name": "S", "symbols": ["A", "UNKNOWN"]}),
            field("s", {"type": "enum", "name": "S", "symbols": ["A", "B", "UNKNOWN"]}),
            "Event.s",
            '"default": "UNKNOWN"',
        ),
        (
            field("h", {"type": "fixed", "name": "H", "size": 4}),
            field("h", {"type": "fixed", "name": "H", "size": 8}),
            "Event.h",
            "keep the size",
        ),
        (
            field("i", {"type": "record", "name": "New", "fields": []}),
            field("i", {"type": "record", "name": "Old", "fields": []}),
            "Event.i",
            '"aliases": ["Old"]',
        ),
        (
            field("l", {"type": "array", "items": {"type": "map", "values": "int"}}),
            field("l", {"type": "array", "items": {"type": "map", "values": "string"}}),
            "Event.l[items][values]",
            "keep string",
        ),
        (field("b", "int", aliases=["c"]), field("b", "int"), "Event.b", "keep only the alias"),
    ],
)
def test_each_break_has_a_place_that_people_know_and_a_way_out(new, old, where, remedy):
    writer = record(old, field("c", "int")) if "aliases" in new else record(old)
    verdict = judge_avro(record(new), writer)
    assert not verdict.is_compatible
    assert verdict.findings[0].where == where
    assert remedy in verdict.findings[0].remedy


def test_the_older_flat_event_is_explained_field_by_field():
    flat = json.dumps(
        {
            "type": "record",
            "name": "RimFastEvent",
            "namespace": "com.z254.butterfly.common.hft.avro",
            "fields": [field("rim_node_id", "string"), field("timestamp", "long"), field("status", "string")],
        }
    )
    today = json.dumps(Contracts.load().schemas["RimFastEvent"])
    places = {each.where: each.what for each in judge_avro(today, flat, version=1).findings}
    assert "no default" in places["RimFastEvent.vector_timestamp"]
    assert places["RimFastEvent.status"].startswith("string was written, enum")


def test_what_is_no_schema_is_refused_with_its_place():
    with pytest.raises(InvalidAvro) as caught:
        judge_avro(record(field("n", "strin")), record())
    assert caught.value.where == "/fields/0/type"
