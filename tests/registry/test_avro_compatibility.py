import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.registry.avro.compatibility import PROBLEM_LIMIT, check_reader
from sandbox.registry.avro.parser import parse


def read(schema):
    return parse(json.dumps(schema), validate_defaults=False)


def found(reader, writer):
    return [(each.kind, each.path, each.detail) for each in check_reader(read(reader), read(writer))]


def record(*fields, name="R", **members):
    return {"type": "record", "name": name, "fields": list(fields), **members}


def field(name, type_, **members):
    return {"name": name, "type": type_, **members}


def enum(*symbols, name="E", **members):
    return {"type": "enum", "name": name, "symbols": list(symbols), **members}


def fixed(size, name="F", **members):
    return {"type": "fixed", "name": name, "size": size, **members}


@pytest.mark.parametrize(
    ("reader", "writer"),
    [
        ("long", "int"),
        ("float", "int"),
        ("float", "long"),
        ("double", "int"),
        ("double", "long"),
        ("double", "float"),
        ("bytes", "string"),
        ("string", "bytes"),
        ({"type": "array", "items": "long"}, {"type": "array", "items": "int"}),
        ({"type": "map", "values": "string"}, {"type": "map", "values": "bytes"}),
        (["null", "int"], "int"),
        ("int", ["int"]),
        ("double", ["int", "float"]),
        (["string", "null"], ["null", "string"]),
        (["long", "null"], ["null", "int"]),
        (record(field("a", "int")), record(field("a", "int"), field("b", "int"))),
        (record(field("a", "int"), field("b", "int", default=1)), record(field("a", "int"))),
        (record(field("a", ["null", "int"], default=None)), record()),
        (record(field("b", "int", aliases=["a"])), record(field("a", "int"))),
        (record(name="a.R"), record(name="b.R")),
        (record(name="New", aliases=["Old"]), record(name="Old")),
        (record(name="x.New", aliases=["Old"]), record(name="x.Old")),
        (record(name="x.New", aliases=["y.Old"]), record(name="y.Old")),
        (enum("A", "B", "C"), enum("A", "B")),
        (enum("A", default="A"), enum("A", "B")),
        (fixed(4), fixed(4)),
        ({"type": "int", "logicalType": "date"}, "int"),
        (
            record(field("next", ["null", "R"]), field("v", "long")),
            record(field("next", ["null", "R"]), field("v", "int")),
        ),
    ],
)
def test_a_reader_that_can_read_the_writers_data_is_compatible(reader, writer):
    assert found(reader, writer) == []


@pytest.mark.parametrize(
    ("reader", "writer", "reason"),
    [
        ("int", "long", ("TYPE_MISMATCH", "/", "reader type: INT not compatible with writer type: LONG")),
        ("string", "int", ("TYPE_MISMATCH", "/", "reader type: STRING not compatible with writer type: INT")),
        (
            record(field("a", "int")),
            record(field("a", "string")),
            ("TYPE_MISMATCH", "/fields/0/type", "reader type: INT not compatible with writer type: STRING"),
        ),
        (
            record(field("a", "int"), field("b", "int")),
            record(field("a", "int")),
            ("READER_FIELD_MISSING_DEFAULT_VALUE", "/fields/1", "b"),
        ),
        (record(name="New"), record(name="x.Old"), ("NAME_MISMATCH", "/name", "expected: x.Old")),
        (record(name="x.New", aliases=["Old"]), record(name="Old"), ("NAME_MISMATCH", "/name", "expected: Old")),
        (enum("A"), enum("A", "C", "B"), ("MISSING_ENUM_SYMBOLS", "/symbols", "[B, C]")),
        (fixed(4), fixed(8), ("FIXED_SIZE_MISMATCH", "/size", "expected: 8, found: 4")),
        ("int", ["int", "null"], ("TYPE_MISMATCH", "/1", "reader type: INT not compatible with writer type: NULL")),
        (
            ["int", "null"],
            ["int", "string"],
            ("MISSING_UNION_BRANCH", "/1", "reader union lacking writer type: STRING"),
        ),
        (["int"], "string", ("MISSING_UNION_BRANCH", "/", "reader union lacking writer type: STRING")),
        (
            {"type": "array", "items": record(field("a", "int"))},
            {"type": "array", "items": record(field("a", "boolean"))},
            ("TYPE_MISMATCH", "/items/fields/0/type", "reader type: INT not compatible with writer type: BOOLEAN"),
        ),
        (
            record(field("next", ["null", "R"]), field("v", "int")),
            record(field("next", ["null", "R"]), field("v", "long")),
            ("TYPE_MISMATCH", "/fields/1/type", "reader type: INT not compatible with writer type: LONG"),
        ),
        (
            record(field("c", "int", aliases=["a", "b"])),
            record(field("a", "int"), field("b", "int")),
            ("AMBIGUOUS_ALIAS", "/fields/0/aliases", "c matches a and b"),
        ),
    ],
)
def test_what_cannot_be_read_is_named_with_its_place(reader, writer, reason):
    assert reason in found(reader, writer)


def test_every_reason_is_named_in_the_order_of_the_readers_fields():
    reader = record(field("a", "int"), field("b", enum("X")), field("c", fixed(2)))
    writer = record(field("a", "string"), field("b", enum("X", "Y")), field("c", fixed(3)))
    assert [kind for kind, _, _ in found(reader, writer)] == [
        "TYPE_MISMATCH",
        "MISSING_ENUM_SYMBOLS",
        "FIXED_SIZE_MISMATCH",
    ]


def thrice(leaf, levels=60):
    """Records that each use the one before three times: 3^60 ways to the leaf."""
    type_ = leaf
    for level in range(levels):
        used = f"R{level - 1}" if level else leaf
        type_ = record(field("a", type_), field("b", used), field("c", used), name=f"R{level}")
    return type_


def test_types_that_are_used_again_and_again_bring_no_more_problems_than_memory_holds():
    assert len(found(thrice("int"), thrice("string"))) == PROBLEM_LIMIT
    assert found(thrice("int"), thrice("int")) == []
    levels = thrice("int", 4), thrice("string", 4)
    assert len(found(*levels)) == 3**4


def branches(type_, *more, count=3_000):
    return [*(record(field("a", type_), name=f"U{number}") for number in range(count)), *more]


def test_wide_unions_are_compared_by_name():
    assert found(branches("long"), branches("int")) == []
    assert [each[:2] for each in found(branches("int"), branches("int", "string"))] == [
        ("MISSING_UNION_BRANCH", "/3000")
    ]
    renamed = record(field("a", "int"), name="Other", aliases=["U7"])
    assert found([each for each in branches("int", renamed) if each["name"] != "U7"], branches("int")) == []
    assert len(found(branches("int"), branches("string"))) == PROBLEM_LIMIT


TYPES = st.sampled_from(["int", "long", "float", "double", "string", "bytes", "boolean", ["null", "int"], enum("A")])
FIELDS = st.dictionaries(st.sampled_from("abcde"), TYPES, max_size=5)


@given(FIELDS)
def test_every_schema_reads_itself(fields):
    schema = record(
        *(field(name, type_ if type_ != enum("A") else enum("A", name=f"E{name}")) for name, type_ in fields.items())
    )
    assert found(schema, schema) == []


@given(FIELDS, FIELDS)
def test_fields_with_defaults_can_always_be_added_and_any_field_left_out(kept, other):
    plain = {name: type_ for name, type_ in kept.items() if type_ != enum("A")}
    added = {f"new_{name}": "int" for name in other}
    old = record(*(field(name, type_) for name, type_ in plain.items()))
    new = record(
        *(field(name, type_) for name, type_ in list(plain.items())[1:]),
        *(field(n, t, default=0) for n, t in added.items()),
    )
    assert found(new, old) == []


@given(st.sampled_from(["int", "long", "float", "double"]), st.sampled_from(["int", "long", "float", "double"]))
def test_promotion_goes_one_way_only(reader, writer):
    order = ["int", "long", "float", "double"]
    assert (found(reader, writer) == []) == (order.index(reader) >= order.index(writer))
