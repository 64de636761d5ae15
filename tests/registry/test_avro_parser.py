import json

import pytest

from sandbox.registry.avro.parser import MAX_DEPTH, InvalidAvro, named_types, parse
from sandbox.registry.avro.printer import canonical_text
from sandbox.registry.avro.types import Record


def text(schema):
    return schema if isinstance(schema, str) and schema[:1] in "{[" else json.dumps(schema)


def refuse(schema):
    with pytest.raises(InvalidAvro) as caught:
        parse(text(schema))
    return caught.value


@pytest.mark.parametrize(
    ("schema", "where", "says"),
    [
        ("{", "", "is not JSON: Expecting property name"),
        ("[1,]", "", "line 1 column 4"),
        ('{"type":"int","x":NaN}', "", "NaN is no JSON number"),
        ('{"type":"int"} x', "", "Extra data"),
        (7, "", "is no schema"),
        ("strin", "", '"strin" is not a defined name'),
        ({"type": {"type": "string"}}, "", "No type"),
        ({}, "", "No type"),
        ({"type": "array"}, "", "Array has no items type"),
        ({"type": "map"}, "", "Map has no values type"),
        ({"type": "record", "fields": []}, "", "No name in schema"),
        ({"type": "record", "name": "R"}, "", "Record has no fields: R"),
        ({"type": "record", "name": "1R", "fields": []}, "/name", "Illegal initial character"),
        ({"type": "record", "name": "R-x", "fields": []}, "/name", "Illegal character"),
        ({"type": "record", "name": "R", "namespace": "a.1", "fields": []}, "", "Namespace part"),
        ({"type": "record", "name": "int", "fields": []}, "/name", "may not be named after primitives"),
        ({"type": "record", "name": "R", "fields": [{"type": "int"}]}, "/fields/0", "No field name"),
        ({"type": "record", "name": "R", "fields": [{"name": "a"}]}, "/fields/0", "No field type"),
        ({"type": "record", "name": "R", "fields": [{"name": "", "type": "int"}]}, "/fields/0/name", "is empty"),
        ({"type": "record", "name": "R", "fields": [{"name": "a", "type": "Nope"}]}, "/fields/0/type", '"Nope"'),
        (
            {"type": "record", "name": "R", "fields": [{"name": "a", "type": "int"}, {"name": "a", "type": "int"}]},
            "/fields/1",
            "Duplicate field a in record R",
        ),
        (
            {"type": "record", "name": "R", "fields": [{"name": "a", "type": "int", "order": "up"}]},
            "/fields/0/order",
            "is no order",
        ),
        ({"type": "enum", "name": "E"}, "", "Enum has no symbols"),
        ({"type": "enum", "name": "E", "symbols": ["A", "A"]}, "/symbols/1", "Duplicate enum symbol: A"),
        ({"type": "enum", "name": "E", "symbols": ["a b"]}, "/symbols/0", "Illegal character"),
        ({"type": "enum", "name": "E", "symbols": [1]}, "/symbols/0", "is not a string"),
        ({"type": "enum", "name": "E", "symbols": ["A"], "default": "B"}, "", "not in the enum symbol set"),
        ({"type": "fixed", "name": "F"}, "/size", "Invalid or no size"),
        ({"type": "fixed", "name": "F", "size": -1}, "/size", "Invalid or no size"),
        (["int", ["null"]], "/1", "Nested union"),
        (["int", "null", "int"], "/2", "Duplicate in union:int"),
        ([{"type": "array", "items": "int"}, {"type": "array", "items": "long"}], "/1", "Duplicate in union:array"),
        ({"type": "record", "name": "R", "fields": [], "aliases": "Q"}, "/aliases", "aliases not an array"),
        ({"type": "record", "name": "R", "fields": [], "aliases": ["1"]}, "/aliases/0", "Illegal initial"),
        (
            [{"type": "record", "name": "R", "fields": []}, {"type": "map", "values": {"type": "record", "name": "R"}}],
            "/1/values/name",
            "Can't redefine: R",
        ),
    ],
)
def test_a_mistake_is_refused_with_its_place_and_reason(schema, where, says):
    error = refuse(schema)
    assert says in error.message
    assert error.where == where


@pytest.mark.parametrize(
    ("type_", "default", "fits"),
    [
        ("int", 2**31 - 1, True),
        ("int", 2**31, False),
        ("int", 1.0, False),
        ("int", True, False),
        ("long", -(2**63), True),
        ("long", 2**63, False),
        ("float", 1, True),
        ("double", "NaN", True),
        ("double", "x", False),
        ("boolean", "true", False),
        ("null", None, True),
        ("string", None, False),
        ("bytes", "\u00ff", True),
        (["null", "string"], None, True),
        (["null", "string"], "x", True),
        (["null", "string"], 1, False),
        ({"type": "array", "items": "int"}, [1, 2], True),
        ({"type": "array", "items": "int"}, [1, "2"], False),
        ({"type": "map", "values": "int"}, {"a": 1}, True),
        ({"type": "map", "values": "int"}, [], False),
        ({"type": "enum", "name": "E", "symbols": ["A"]}, "A", True),
        ({"type": "record", "name": "I", "fields": [{"name": "x", "type": "int"}]}, {"x": 1}, True),
        ({"type": "record", "name": "I", "fields": [{"name": "x", "type": "int"}]}, {}, False),
        ({"type": "record", "name": "I", "fields": [{"name": "x", "type": "int", "default": 1}]}, {}, True),
    ],
)
def test_a_default_must_fit_its_field(type_, default, fits):
    schema = {"type": "record", "name": "R", "fields": [{"name": "a", "type": type_, "default": default}]}
    if fits:
        parse(json.dumps(schema))
    else:
        error = refuse(schema)
        assert error.where == "/fields/0/default"
    parse(json.dumps(schema), validate_defaults=False) if default != "x" or type_ != "double" else None


def test_names_take_the_namespace_they_stand_in():
    schema = {
        "type": "record",
        "name": "com.x.Outer",
        "fields": [
            {"name": "a", "type": {"type": "enum", "name": "Kind", "symbols": ["A"]}},
            {"name": "b", "type": "Kind"},
            {"name": "c", "type": "com.x.Kind"},
            {"name": "d", "type": {"type": "fixed", "name": "Hash", "namespace": "", "size": 2}},
            {"name": "e", "type": "Hash"},
        ],
    }
    outer = parse(json.dumps(schema))
    assert isinstance(outer, Record)
    kinds = [field.type.full_name for field in outer.fields]
    assert kinds == ["com.x.Kind", "com.x.Kind", "com.x.Kind", "Hash", "Hash"]
    assert outer.fields[0].type is outer.fields[1].type


def test_a_type_may_be_used_before_it_is_defined_and_within_itself():
    schema = {
        "type": "record",
        "name": "A",
        "fields": [
            {"name": "early", "type": ["null", "B"], "default": None},
            {"name": "late", "type": {"type": "record", "name": "B", "fields": [{"name": "up", "type": "A"}]}},
        ],
    }
    parsed = parse(json.dumps(schema))
    assert parsed.fields[0].type.branches[1] is parsed.fields[1].type
    assert parsed.fields[1].type.fields[0].type is parsed


def test_references_bring_names_that_the_schema_may_use():
    known = named_types(parse(json.dumps({"type": "record", "name": "com.Ref", "fields": []})))
    schema = {"type": "record", "name": "com.Main", "fields": [{"name": "r", "type": "Ref"}]}
    parsed = parse(json.dumps(schema), known)
    assert canonical_text(parsed, ["com.Ref"]) == (
        '{"type":"record","name":"Main","namespace":"com","fields":[{"name":"r","type":"Ref"}]}'
    )


def nested(levels):
    return '{"type":"array","items":' * levels + '"int"' + "}" * levels


def test_deep_nesting_is_refused_and_never_a_recursion_error():
    parse(nested(MAX_DEPTH))
    assert "nested" in refuse(nested(MAX_DEPTH + 1)).message
    assert "nested" in refuse(nested(1_000)).message
    assert "nested" in refuse(nested(100_000)).message
    assert "nested" in refuse("[" * 100_000).message


def test_the_deepest_records_can_be_read_and_printed():
    schema = "int"
    for level in range(MAX_DEPTH):
        schema = {"type": "record", "name": f"R{level}", "fields": [{"name": "x", "type": schema}]}
    assert canonical_text(parse(json.dumps(schema))).count('"record"') == MAX_DEPTH


def test_a_default_that_takes_in_itself_is_none():
    schema = {"type": "record", "name": "R", "fields": [{"name": "a", "type": "R", "default": {}}]}
    with pytest.raises(InvalidAvro, match="Invalid default for field a"):
        parse(json.dumps(schema))


def test_defaults_within_defaults_are_judged_once():
    type_ = "int"
    for level in range(60):
        fields = [{"name": "a", "type": type_, "default": {} if level else 1}]
        fields += [{"name": name, "type": f"R{level - 1}", "default": {}} for name in "bc" if level]
        type_ = {"type": "record", "name": f"R{level}", "fields": fields}
    parse(json.dumps(type_))
