import json

import pytest

from sandbox.contracts.catalog import Contracts
from sandbox.registry.formats import Unchecked, format_of
from sandbox.registry.levels import Level
from sandbox.registry.verdict import judge


def record(*fields, name="Event"):
    return json.dumps({"type": "record", "name": name, "fields": list(fields)})


def field(name, type_, **members):
    return {"name": name, "type": type_, **members}


ID = field("id", "string")


def judged(new, *olds, level=Level.BACKWARD, type_="AVRO"):
    """The verdict on a schema against older ones, the newest first."""
    format_ = format_of(type_)
    numbers = range(len(olds), 0, -1)
    read = [(number, format_.parse(old, [], is_new=False)) for number, old in zip(numbers, olds, strict=True)]
    return judge(format_, level, format_.parse(new, [], is_new=True), read)


@pytest.mark.parametrize(
    ("level", "says"),
    [
        (Level.BACKWARD, "compatible with version 1 (BACKWARD): new consumers read old records; move consumers first"),
        (Level.FORWARD, "compatible with version 1 (FORWARD): old consumers read new records; move producers first"),
        (Level.FULL_TRANSITIVE, "(FULL_TRANSITIVE): old and new consumers read old and new records"),
        (Level.NONE, "compatible (NONE): nothing is checked"),
    ],
)
def test_a_schema_that_fits_says_what_that_promises(level, says):
    verdict = judged(record(ID, field("n", "int", default=0)), record(ID), level=level)
    assert verdict.is_compatible
    assert says in verdict.render()


def test_a_field_without_default_breaks_readers_and_the_way_out_is_a_default():
    verdict = judged(record(ID, field("price", "double")), record(ID))
    assert verdict.render() == (
        "not compatible with version 1 (BACKWARD)\n"
        "new consumers cannot read old records (version 1):\n"
        "  Event.price: the new field has no default, so records written before it cannot be read (double)\n"
        '    → give price a default, or make it optional: "type": ["null", "double"], "default": null'
    )


def test_a_removed_field_breaks_writers_under_forward():
    verdict = judged(record(), record(ID), level=Level.FORWARD)
    assert verdict.render() == (
        "not compatible with version 1 (FORWARD)\n"
        "old consumers (version 1) cannot read new records:\n"
        "  Event.id: the field is gone, and in the old schema it has no default to read instead (string)\n"
        "    → keep id; or first give it a default in a version of its own, then remove it"
    )


def test_full_says_both_sides():
    verdict = judged(record(field("n", "long")), record(field("n", "int")), level=Level.FULL)
    (finding,) = verdict.findings
    assert (finding.breaks, finding.explanation.where) == ("writers", "Event.n")
    assert finding.explanation.what == "long is written, int is read"
    swapped = judged(record(field("n", "int")), record(field("n", "long")), level=Level.FULL)
    assert [each.breaks for each in swapped.findings] == ["readers"]
    both = judged(record(field("n", "int")), record(field("n", "boolean")), level=Level.FULL)
    assert [each.breaks for each in both.findings] == ["readers", "writers"]


def test_what_breaks_against_several_versions_is_told_once():
    olds = record(ID), record(ID), record(ID, field("n", "int"))
    verdict = judged(record(ID, field("n", "string")), *olds, level=Level.BACKWARD_TRANSITIVE)
    assert verdict.render() == (
        "not compatible with versions 3, 2 and 1 (BACKWARD_TRANSITIVE)\n"
        "new consumers cannot read old records (versions 3 and 2):\n"
        "  Event.n: the new field has no default, so records written before it cannot be read (string)\n"
        '    → give n a default, or make it optional: "type": ["null", "string"], "default": null\n'
        "new consumers cannot read old records (version 1):\n"
        "  Event.n: int was written, string is read\n"
        '    → keep int, or widen it to long, float or double instead; or read both: ["int", "string"]; '
        "or add a field under another name"
    )


def enum(*symbols):
    return field("s", {"type": "enum", "name": "S", "symbols": list(symbols)})


@pytest.mark.parametrize(
    ("new", "old", "level", "where", "remedy"),
    [
        (field("n", "string"), field("n", "int"), Level.BACKWARD, "Event.n", 'or read both: ["int", "string"]'),
        (field("n", "int"), field("n", "long"), Level.BACKWARD, "Event.n", "widen it to float or double instead"),
        (field("n", "long"), field("n", "int"), Level.FORWARD, "Event.n", "keep int, and add the new type as a field"),
        (field("n", ["null", "int"]), field("n", ["null", "string"]), Level.BACKWARD, "Event.n", "keep string in the"),
        (field("n", "string"), field("n", ["null", "string"]), Level.BACKWARD, "Event.n", '["null", "string"]'),
        (field("n", ["null", "string"]), field("n", "string"), Level.FORWARD, "Event.n", "a version that allows null"),
        (field("n", ["int", "long"]), field("n", "string"), Level.BACKWARD, "Event.n", "keep string in the union"),
        (field("n", "string"), field("n", ["int"]), Level.FORWARD, "Event.n", "in a version that all consumers have"),
        (enum("A", "UNKNOWN"), enum("A", "B", "UNKNOWN"), Level.BACKWARD, "Event.s", "keep B; or give the enum a def"),
        (enum("A"), enum("A", "B", "C"), Level.BACKWARD, "Event.s", 'stands in: "default": "A"'),
        (enum("A", "B"), enum("A"), Level.FORWARD, "Event.s", "in a version that all consumers have first"),
        (
            field("h", {"type": "fixed", "name": "H", "size": 4}),
            field("h", {"type": "fixed", "name": "H", "size": 8}),
            Level.BACKWARD,
            "Event.h",
            "keep the size",
        ),
        (
            field("i", {"type": "record", "name": "New", "fields": []}),
            field("i", {"type": "record", "name": "Old", "fields": []}),
            Level.BACKWARD,
            "Event.i",
            '"aliases": ["Old"]',
        ),
        (
            field("i", {"type": "record", "name": "New", "fields": []}),
            field("i", {"type": "record", "name": "Old", "fields": []}),
            Level.FORWARD,
            "Event.i",
            "keep the name Old",
        ),
        (
            field("l", {"type": "array", "items": {"type": "map", "values": "int"}}),
            field("l", {"type": "array", "items": {"type": "map", "values": "string"}}),
            Level.BACKWARD,
            "Event.l[items][values]",
            "keep string",
        ),
        (field("b", "int", aliases=["c"]), field("b", "int"), Level.BACKWARD, "Event.b", "keep only the alias"),
        (
            field("l", {"type": "array", "items": "int"}),
            field("m", "int"),
            Level.BACKWARD,
            "Event.l",
            'make it optional: "type": ["null", …]',
        ),
        (field("n", "int"), field("m", "int"), Level.BACKWARD, "Event.n", 'if m was renamed: "aliases": ["m"]'),
        (field("n", ["int", "null"]), field("m", "int"), Level.BACKWARD, "Event.n", '"null" as the first type'),
    ],
)
def test_each_break_has_a_place_that_people_know_and_a_way_out(new, old, level, where, remedy):
    olds = record(old, field("c", "int")) if "aliases" in new else record(old)
    verdict = judged(record(new), olds, level=level)
    assert not verdict.is_compatible
    first = verdict.findings[0].explanation
    assert first.where == where
    assert remedy in first.remedy


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
    places = {each.explanation.where: each.explanation.what for each in judged(today, flat).findings}
    assert "no default" in places["RimFastEvent.vector_timestamp"]
    assert places["RimFastEvent.status"].startswith("string was written, enum")


def order(**properties):
    """A closed JSON Schema that requires what is written in capitals."""
    required = [name for name in properties if name.isupper()]
    return json.dumps(
        {
            "title": "Order",
            "type": "object",
            "properties": properties,
            "required": required,
            "additionalProperties": False,
        }
    )


@pytest.mark.parametrize(
    ("new", "old", "where", "what"),
    [
        (order(a={"type": "string"}), order(a={"type": "integer"}), "Order.a", "another type than the old schema"),
        (order(A={}), order(), "Order.A", "requires the property"),
        (order(), order(a={}), "Order.a", "takes no others"),
        (order(a={"maxLength": 5}), order(a={"maxLength": 9}), "Order.a[maxLength]", "allows less than the old schema"),
        (order(a={"minLength": 5}), order(a={"minLength": 2}), "Order.a[minLength]", "wants more than the old schema"),
        (order(a={"maximum": 5}), order(a={}), "Order.a[maximum]", "sets a limit where the old schema has none"),
        (order(a={"enum": [1]}), order(a={"enum": [1, 2]}), "Order.a", "misses values that the old schema lists"),
        (
            order(a={"type": "array", "items": {"type": "string"}}),
            order(a={"type": "array", "items": {"type": "null"}}),
            "Order.a[items]",
            "another type",
        ),
    ],
)
def test_json_schemas_are_explained_too(new, old, where, what):
    verdict = judged(new, old, type_="JSON")
    found = {each.explanation.where: each.explanation for each in verdict.findings}
    assert what in found[where].what
    swapped = judged(old, new, type_="JSON", level=Level.FORWARD)
    old_side = {each.explanation.where: each.explanation for each in swapped.findings}[where]
    assert old_side.remedy.startswith("let all consumers have a version first")
    assert "the new schema" in old_side.what and "the old schema" in old_side.what


def test_what_cannot_be_told_is_not_called_compatible():
    with pytest.raises(Unchecked):
        judged('{"not": {"enum": ["x"]}}', '{"type": "string"}', type_="JSON")
