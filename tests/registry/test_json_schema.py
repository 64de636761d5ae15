import json
import random

import pytest
from jsonschema import Draft7Validator

from sandbox.registry.formats import InvalidSchema, Referenced, Unchecked
from sandbox.registry.formats.json_schema import JsonSchemaFormat

FORMAT = JsonSchemaFormat()
STRING, INTEGER, NUMBER, NULL = ({"type": each} for each in ("string", "integer", "number", "null"))
CLOSED = {"additionalProperties": False}


def read(schema, references=()):
    return FORMAT.parse(schema if isinstance(schema, str) else json.dumps(schema), references, is_new=True)


def problems(reader, writer):
    return [(each.kind, each.path) for each in FORMAT.problems(read(reader), read(writer))]


def obj(properties, *required, **members):
    return {"type": "object", "properties": properties, **({"required": list(required)} if required else {}), **members}


def linked(value):
    node = obj({"next": {"$ref": "#/definitions/node"}, "value": value})
    return {"definitions": {"node": node}, "$ref": "#/definitions/node"}


def based(own):
    return {"definitions": {"base": obj({"id": STRING}, "id")}, "allOf": [{"$ref": "#/definitions/base"}, obj(own)]}


@pytest.mark.parametrize(
    ("reader", "writer"),
    [
        (obj({"a": STRING}), obj({"a": STRING})),
        (obj({"a": STRING, "b": INTEGER}, **CLOSED), obj({"a": STRING}, **CLOSED)),
        (obj({"a": STRING}), obj({"a": STRING, "b": INTEGER})),
        (obj({"a": STRING}), obj({"a": STRING}, "a")),
        (obj({"a": {**STRING, "default": ""}}, "a"), obj({"a": STRING})),
        (obj({"a": NUMBER}), obj({"a": INTEGER})),
        (obj({"a": {"type": ["string", "null"]}}), obj({"a": STRING})),
        ({"enum": ["a", "b", "c"]}, {"enum": ["a", "b"]}),
        ({"enum": ["a", 1]}, {"const": 1}),
        ({"enum": [1.0, {"b": 2, "a": [1]}]}, {"enum": [1, {"a": [1.0], "b": 2}]}),
        ({"enum": ["a", 1], "type": ["string", "integer"]}, {"enum": [1]}),
        ({"enum": list(range(20_000))}, {"enum": list(range(19_999))}),
        (STRING, {"enum": ["a", "b"]}),
        ({"oneOf": [STRING, INTEGER, NULL]}, {"oneOf": [STRING, INTEGER]}),
        ({"anyOf": [NULL, STRING]}, STRING),
        (STRING, {"$ref": "#/definitions/x", "definitions": {"x": STRING}}),
        (linked(NUMBER), linked(INTEGER)),
        (based({"x": NUMBER}), based({"x": INTEGER})),
        ({"type": "array", "items": NUMBER}, {"type": "array", "items": INTEGER}),
        ({"type": "array"}, {"type": "array", "items": [STRING], "minItems": 1}),
        ({**STRING, "maxLength": 9}, {**STRING, "maxLength": 5, "minLength": 1}),
        ({**INTEGER, "exclusiveMinimum": 0}, {**INTEGER, "minimum": 1}),
        ({**NUMBER, "multipleOf": 0.5}, {**INTEGER}),
        ({"title": "new", **STRING, "format": "date", "x-note": 1}, {"title": "old", **STRING}),
        ({}, {"type": "object"}),
        (True, {"not": {}}),
        (
            {**STRING, "if": {"minLength": 3}, "then": {"pattern": "x"}},
            {**STRING, "if": {"minLength": 3}, "then": {"pattern": "x"}},
        ),
        (obj({}, patternProperties={"^x": STRING}), obj({}, patternProperties={"^x": STRING})),
    ],
)
def test_a_schema_that_takes_all_of_the_other_is_compatible(reader, writer):
    assert problems(reader, writer) == []


@pytest.mark.parametrize(
    ("reader", "writer", "reason"),
    [
        (
            obj({"a": STRING, "b": INTEGER}),
            obj({"a": STRING}),
            ("PROPERTY_ADDED_TO_OPEN_CONTENT_MODEL", "#/properties/b"),
        ),
        (
            obj({}, **CLOSED),
            obj({"a": STRING}, **CLOSED),
            ("PROPERTY_REMOVED_FROM_CLOSED_CONTENT_MODEL", "#/properties/a"),
        ),
        (obj({"a": STRING}, "a"), obj({"a": STRING}), ("REQUIRED_ATTRIBUTE_ADDED", "#/required/a")),
        (obj({"a": INTEGER}), obj({"a": NUMBER}), ("TYPE_NARROWED", "#/properties/a")),
        (obj({"a": INTEGER}), obj({"a": STRING}), ("TYPE_CHANGED", "#/properties/a")),
        (obj({}, **CLOSED), obj({}), ("ADDITIONAL_PROPERTIES_REMOVED", "#/additionalProperties")),
        ({"enum": ["a"]}, {"enum": ["a", "b"]}, ("ENUM_ARRAY_NARROWED", "#")),
        ({"enum": [1]}, {"enum": [True]}, ("ENUM_ARRAY_NARROWED", "#")),
        ({"enum": ["a", 1], "type": "string"}, {"enum": ["a", 1]}, ("ENUM_ARRAY_NARROWED", "#")),
        ({"enum": list(range(20_000))}, {"enum": list(range(20_001))}, ("ENUM_ARRAY_NARROWED", "#")),
        ({"enum": ["a"]}, STRING, ("ENUM_ARRAY_ADDED", "#")),
        ({"oneOf": [STRING]}, {"oneOf": [STRING, NULL]}, ("TYPE_CHANGED", "#/1/oneOf")),
        ({"type": "array", "items": INTEGER}, {"type": "array", "items": STRING}, ("TYPE_CHANGED", "#/items")),
        ({"type": "array", "uniqueItems": True}, {"type": "array"}, ("UNIQUE_ITEMS_ADDED", "#/uniqueItems")),
        ({**STRING, "maxLength": 5}, {**STRING, "maxLength": 9}, ("MAX_LENGTH_DECREASED", "#/maxLength")),
        ({**STRING, "pattern": "a"}, STRING, ("PATTERN_ADDED", "#/pattern")),
        ({**NUMBER, "minimum": 1}, {**NUMBER, "minimum": 0}, ("MINIMUM_INCREASED", "#/minimum")),
        ({**NUMBER, "maximum": 1}, NUMBER, ("MAXIMUM_ADDED", "#/maximum")),
        ({**NUMBER, "exclusiveMaximum": 1}, {**NUMBER, "maximum": 1}, ("MAXIMUM_DECREASED", "#/maximum")),
        ({**NUMBER, "multipleOf": 2}, {**NUMBER, "multipleOf": 3}, ("MULTIPLE_OF_CHANGED", "#/multipleOf")),
        (linked(INTEGER), linked(NUMBER), ("TYPE_NARROWED", "#/properties/value")),
        (False, STRING, ("SCHEMA_REMOVED", "#")),
    ],
)
def test_what_is_no_longer_taken_is_named_with_its_place(reader, writer, reason):
    assert reason in problems(reader, writer)


@pytest.mark.parametrize(
    ("reader", "writer", "keyword"),
    [
        ({"if": STRING, "then": {"minLength": 3}}, {"if": STRING, "then": {"minLength": 2}}, "then"),
        ({"type": "object", "dependentRequired": {"a": ["b"]}}, {"type": "object"}, "dependentRequired"),
        ({"not": STRING}, {"not": INTEGER}, "not"),
        ({"type": "array", "contains": STRING}, {"type": "array"}, "contains"),
        (
            obj({"a": STRING, "b": STRING}, "a", "b"),
            {"allOf": [obj({"a": STRING}, "a"), obj({"b": STRING}, "b")]},
            "allOf",
        ),
    ],
)
def test_what_cannot_be_told_is_never_a_yes(reader, writer, keyword):
    with pytest.raises(Unchecked) as caught:
        problems(reader, writer)
    assert keyword in caught.value.message
    assert "NONE" in caught.value.hint


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("{", "is not JSON"),
        ('"string"', "an object or a boolean"),
        ("[]", "an object or a boolean"),
        ('{"type":"strin"}', "at #/type"),
        ('{"properties":{"a":{"minimum":"x"}}}', "at #/properties/a/minimum"),
        ('{"$ref":"#/definitions/none"}', '"#/definitions/none" leads nowhere'),
        ('{"$ref":"other.json"}', '"other.json" leads nowhere'),
    ],
)
def test_what_is_no_schema_is_refused_with_its_place(text, says):
    with pytest.raises(InvalidSchema) as caught:
        read(text)
    assert says in caught.value.message


def test_text_is_kept_compact_in_the_order_given():
    assert read(' { "type" : "object", "$id":"x", "a": 1e10 } ').canonical == '{"type":"object","$id":"x","a":1.0E10}'
    assert read('{"b":1,"a":{"d":1,"c":2}}').normalised == '{"a":{"c":2,"d":1},"b":1}'


def test_references_bring_documents():
    other = Referenced("address.json", '{"definitions":{"zip":{"type":"integer"}},"type":"string"}')
    narrow = read({"properties": {"zip": {"$ref": "address.json#/definitions/zip"}}}, [other])
    wide = read({"properties": {"zip": NUMBER}})
    assert FORMAT.problems(wide, narrow) == []
    assert [each.kind for each in FORMAT.problems(narrow, wide)] == ["TYPE_NARROWED"]


# No counterexample to any yes


class Chance:
    """Schemas, changes to them and values, all from one seed."""

    NAMES = ("a", "b", "c")

    def __init__(self, seed):
        self.random = random.Random(seed)

    def schema(self, depth=0):
        kind = self.random.random()
        if depth > 2 or kind < 0.4:
            return self.scalar()
        if kind < 0.75:
            return self.object(depth)
        if kind < 0.9:
            items = self.schema(depth + 1) if self.random.random() < 0.7 else [self.schema(depth + 1)]
            return {"type": "array", "items": items, **self.some(maxItems=self.random.randint(1, 3), uniqueItems=True)}
        return {self.random.choice(["anyOf", "allOf"]): [self.schema(depth + 1) for _ in range(2)]}

    def scalar(self):
        kind = self.random.choice(["string", "integer", "number", "enum", "null", "boolean"])
        if kind == "string":
            return {"type": kind, **self.some(minLength=self.random.randint(0, 2), pattern="^x", maxLength=2)}
        if kind in ("integer", "number"):
            low, high = self.random.randint(-2, 1), self.random.randint(0, 3)
            return {
                "type": kind,
                **self.some(minimum=low, exclusiveMaximum=high, multipleOf=self.random.choice([2, 3])),
            }
        if kind == "enum":
            return {"enum": self.random.sample(["x", "", 1, 2, True, None], 3)}
        return {"type": kind}

    def object(self, depth):
        chosen = self.random.sample(self.NAMES, self.random.randint(0, 3))
        rest = self.random.choice([False, True, {"type": "string"}])
        return {
            "type": "object",
            "properties": {name: self.schema(depth + 1) for name in chosen},
            **self.some(
                required=self.random.sample(self.NAMES, 1),
                additionalProperties=rest,
                maxProperties=2,
                patternProperties={"a|b": self.schema(2)},
            ),
        }

    def some(self, **members):
        return {name: value for name, value in members.items() if self.random.random() < 0.35}

    def changed(self, schema):
        if isinstance(schema, list):
            return [self.changed(each) for each in schema]
        if not isinstance(schema, dict):
            return schema
        if self.random.random() < 0.12:
            return self.schema(2)
        kept = {name: value for name, value in schema.items() if name == "type" or self.random.random() < 0.9}
        for name in ("items", "anyOf", "allOf"):
            if name in kept:
                kept[name] = self.changed(kept[name])
        if "properties" in kept:
            kept["properties"] = {name: self.changed(value) for name, value in kept["properties"].items()}
        return kept

    def value(self, depth=0):
        kind = self.random.random()
        if depth > 2 or kind < 0.5:
            return self.random.choice(["", "x", "y", "xx", "xyz", 0, 1, 2, 3, -1, 4, 1.5, 2.0, True, False, None])
        if kind < 0.85:
            names = self.random.sample((*self.NAMES, "d"), self.random.randint(0, 3))
            return {name: self.value(depth + 1) for name in names}
        return [self.value(depth + 1) for _ in range(self.random.randint(0, 3))]


def test_a_schema_that_refers_to_itself_again_and_again_is_told_to_be_too_large():
    steps = {f"d{n}": {"allOf": [{"$ref": f"#/$defs/d{n - 1}"}, {"$ref": f"#/$defs/d{n - 1}"}]} for n in range(1, 40)}
    reader = {"$defs": {"d0": STRING, **steps}, "$ref": "#/$defs/d39"}
    with pytest.raises(Unchecked, match="the size of the schemas"):
        problems(reader, {"enum": ["a"]})
    reader["$ref"] = "#/$defs/d5"
    assert problems(reader, {"enum": ["a"]}) == []
    assert problems({"$defs": reader["$defs"], "type": "string"}, {"enum": ["a"]}) == []


def test_no_value_contradicts_a_yes():
    chance = Chance(7)
    values = [chance.value() for _ in range(800)]
    yes = 0
    for _ in range(400):
        writer = chance.schema()
        reader = chance.changed(writer)
        try:
            if problems(reader, writer):
                continue
        except Unchecked:
            continue
        yes += 1
        takes, may_write = Draft7Validator(reader), Draft7Validator(writer)
        wrong = [value for value in values if may_write.is_valid(value) and not takes.is_valid(value)]
        assert not wrong, (reader, writer, wrong[:3])
    assert yes > 100


# Over HTTP


async def test_json_subjects_are_stored_versioned_served_and_judged(api):
    first, wider, narrow = obj({"a": INTEGER}), obj({"a": NUMBER}), obj({"a": {"type": "null"}})
    assert await api.register("s", first, schemaType="JSON") == 1
    assert await api.register("s", json.dumps(first, indent=2), schemaType="JSON") == 1
    assert await api.register("s", wider, schemaType="JSON") == 2
    assert (await api.get("/schemas/ids/1"))[1] == {
        "schemaType": "JSON",
        "schema": '{"type":"object","properties":{"a":{"type":"integer"}}}',
    }
    body = {"schema": json.dumps(narrow), "schemaType": "JSON"}
    status, answer = await api.post("/subjects/s/versions", body)
    assert (status, answer["error_code"]) == (409, 40901)
    _, answer = await api.post("/compatibility/subjects/s/versions/latest?verbose=true", body)
    assert "TYPE_CHANGED" in answer["messages"][0]
    assert "'#/properties/a'" in answer["messages"][0]


async def test_an_undecided_pair_is_422_until_compatibility_is_none(api):
    await api.register("s", {"type": "object"}, schemaType="JSON")
    body = {"schema": '{"type":"object","propertyNames":{"maxLength":3}}', "schemaType": "JSON"}
    status, answer = await api.post("/subjects/s/versions", body)
    assert (status, answer["error_code"]) == (422, 42201)
    assert "cannot be told: propertyNames at #: set the subject's compatibility to NONE" in answer["message"]
    await api.put("/config/s", {"compatibility": "NONE"})
    assert (await api.post("/subjects/s/versions", body))[0] == 200
