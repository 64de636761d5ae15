import json

import pytest

from sandbox.registry.difference import differences
from sandbox.registry.formats import format_of


def between(old, new, type_="AVRO"):
    format_ = format_of(type_)
    places = [
        format_.places(format_.parse(each if isinstance(each, str) else json.dumps(each), [], is_new=True))
        for each in (old, new)
    ]
    return [each.render() for each in differences(*places)]


def record(name, *fields, **members):
    return {"type": "record", "name": name, "fields": list(fields), **members}


def field(name, type_, **members):
    return {"name": name, "type": type_, **members}


def test_the_same_schema_has_no_difference():
    schema = record("com.Event", field("id", "string"), field("next", ["null", "com.Event"], default=None))
    assert between(schema, json.loads(json.dumps(schema))) == []


def test_fields_come_go_and_change_by_the_names_that_people_know():
    old = record(
        "com.Event",
        field("id", "string"),
        field("price", "int", doc="in cents"),
        field("gone", ["null", "string"], default=None),
        field("whole", record("Whole", field("part", "int"))),
        field("at", record("Stamp", field("ms", "long"))),
    )
    new = record(
        "com.Event",
        field("id", "string"),
        field("price", "long", default=0),
        field("at", record("Stamp", field("ms", {"type": "long", "logicalType": "timestamp-millis"}))),
        field("tags", {"type": "array", "items": record("Tag", field("key", "string"))}, default=[]),
    )
    assert between(old, new) == [
        "~ Event.price: type int → long",
        '~ Event.price: doc "in cents" → none',
        "~ Event.price: default none → 0",
        "~ Event.at.ms: type long → long (logicalType timestamp-millis)",
        "+ Event.tags: array of record com.Tag, default []",
        "+ Event.tags[items].key: string",
        "- Event.gone: [null, string], default null",
        "- Event.whole: record com.Whole",
    ]


def test_enums_fixed_names_and_aliases_are_compared():
    old = record("E", field("s", {"type": "enum", "name": "S", "symbols": ["A", "B"]}), field("f", "int"))
    new = record(
        "E",
        field("s", {"type": "enum", "name": "S", "symbols": ["A"], "default": "A"}),
        field("f", {"type": "fixed", "name": "F", "size": 4}, aliases=["g"]),
        aliases=["Old"],
    )
    assert between(old, new) == [
        "~ E: aliases none → Old",
        "~ E.s: S symbols A, B → A",
        "~ E.s: S default none → A",
        "~ E.f: type int → fixed F",
        "~ E.f: aliases none → g",
    ]


def test_a_renamed_record_is_one_change():
    assert between(record("a.Old", field("id", "int")), record("a.New", field("id", "int"))) == [
        "~ New: type record a.Old → record a.New"
    ]


def test_branches_of_a_union_are_told_apart():
    old = [record("A", field("x", "int")), record("B", field("x", "int"))]
    new = [record("A", field("x", "int")), record("B", field("x", "long"))]
    assert between(old, new) == ["~ union<B>.x: type int → long"]


def test_json_schemas_are_compared_by_property():
    old = {"title": "Order", "properties": {"a": {"type": "integer"}, "l": {"items": {"type": "string"}}}}
    new = {
        "title": "Order",
        "properties": {"a": {"type": ["integer", "null"], "maximum": 9}, "l": {"items": {"type": "null"}}, "b": {}},
        "required": ["a"],
        "additionalProperties": False,
    }
    assert between(old, new, "JSON") == [
        "~ Order: additionalProperties none → false",
        "~ Order.a: type integer → [integer, null]",
        "~ Order.a: required none → yes",
        "~ Order.a: maximum none → 9",
        "~ Order.l[items]: type string → null",
        "+ Order.b: any type",
    ]


PROTO = 'syntax = "proto3"; package p; '


@pytest.mark.parametrize(
    ("old", "new", "lines"),
    [
        (
            "message M { int32 a = 1; string b = 2; }",
            "message M { int64 a = 1; repeated string c = 3; oneof o { bytes d = 4; } map<string, int32> e = 5; }",
            [
                "~ p.M.a: type int32 → int64",
                "+ p.M.c: repeated string, number 3",
                "+ p.M.d: bytes, number 4",
                "+ p.M.e: map<string, int32>, number 5",
                "- p.M.b: string, number 2",
            ],
        ),
        ("enum E { A = 0; }", "enum E { A = 0; B = 1; }", ["+ p.E.B: value, number 1"]),
        (
            "message M {} service S { rpc F (M) returns (M); }",
            "message M {} service S { rpc F (M) returns (stream M); }",
            ["~ p.S.F: type rpc (M) returns (M) → rpc (M) returns (stream M)"],
        ),
    ],
)
def test_protobuf_schemas_are_compared_by_field(old, new, lines):
    assert between(PROTO + old, PROTO + new, "PROTOBUF") == lines
