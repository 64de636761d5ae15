import json

import pytest
from hypothesis import given, reject
from hypothesis import strategies as st

from sandbox.registry.avro.parser import InvalidAvro, parse
from sandbox.registry.avro.printer import canonical_text, normalized_text


def canonical(schema):
    """Of a schema given as text, or as the value that the text stands for."""
    is_text = isinstance(schema, str) and schema.strip()[:1] in ('"', "{", "[")
    return canonical_text(parse(schema if is_text else json.dumps(schema)))


@pytest.mark.parametrize(
    ("schema", "printed"),
    [
        ('"string"', '"string"'),
        (' { "type" : "string" } ', '"string"'),
        ({"type": "string", "avro.java.string": "String"}, '{"type":"string","avro.java.string":"String"}'),
        (
            {"fields": [], "doc": "d", "namespace": "a.b", "name": "R", "type": "record"},
            '{"type":"record","name":"R","namespace":"a.b","doc":"d","fields":[]}',
        ),
        (
            {"type": "record", "name": "a.b.R", "namespace": "ignored", "fields": []},
            '{"type":"record","name":"R","namespace":"a.b","fields":[]}',
        ),
        (
            {"aliases": ["Q", "z.P"], "x": 1, "symbols": ["A"], "type": "enum", "name": "E", "default": "A"},
            '{"type":"enum","name":"E","symbols":["A"],"default":"A","x":1,"aliases":["Q","z.P"]}',
        ),
        (
            {
                "type": "record",
                "name": "R",
                "fields": [
                    {
                        "p": True,
                        "aliases": ["b"],
                        "order": "IGNORE",
                        "default": 1,
                        "doc": "d",
                        "type": "int",
                        "name": "a",
                    }
                ],
            },
            '{"type":"record","name":"R","fields":[{"name":"a","type":"int","doc":"d","default":1,"order":"ignore",'
            '"aliases":["b"],"p":true}]}',
        ),
        (
            {
                "type": "record",
                "name": "a.R",
                "fields": [
                    {"name": "x", "type": {"type": "fixed", "name": "F", "namespace": "", "size": 2}},
                    {"name": "y", "type": "F"},
                    {"name": "z", "type": ["null", "R"]},
                ],
            },
            '{"type":"record","name":"R","namespace":"a","fields":[{"name":"x","type":{"type":"fixed","name":"F",'
            '"namespace":"","size":2}},{"name":"y","type":"F"},{"name":"z","type":["null","R"]}]}',
        ),
        ({"type": "string", "doc": "dropped", "name": "dropped"}, '"string"'),
    ],
)
def test_text_is_printed_as_java_avro_prints_it(schema, printed):
    assert canonical(schema) == printed


@pytest.mark.parametrize(
    ("number", "printed"),
    [
        ("1", "1"),
        ("1.0", "1.0"),
        ("0.001", "0.001"),
        ("0.0009", "9.0E-4"),
        ("9999999.0", "9999999.0"),
        ("10000000.0", "1.0E7"),
        ("1.5e300", "1.5E300"),
        ("-1.25e-7", "-1.25E-7"),
        ("5e-324", "4.9E-324"),
        ("1e-323", "9.9E-324"),
        ("123456789012.5", "1.234567890125E11"),
        ("1e23", "1.0E23"),
    ],
)
def test_numbers_are_written_as_java_writes_them(number, printed):
    assert canonical(f'{{"type":"int","p":{number}}}') == f'{{"type":"int","p":{printed}}}'


def test_text_that_looks_like_a_marked_number_stays_text():
    assert canonical({"type": "int", "p": "\0x\0", "q": 1e10}) == '{"type":"int","p":"\\u0000x\\u0000","q":1.0E10}'


def test_non_ascii_text_is_kept_as_it_is():
    assert canonical('{"type":"int","doc":"x","p":"\\u00e9 é"}') == '{"type":"int","p":"é é"}'


NAMES = st.sampled_from(["A", "B", "C", "x.D", "y.E"])
PROPS = st.dictionaries(st.sampled_from(["p", "q", "logicalType"]), st.one_of(st.integers(), st.text(max_size=3)))


def deeper(inner):
    fields = st.lists(inner, max_size=3).map(lambda types: [{"name": f"f{i}", "type": t} for i, t in enumerate(types)])
    return st.one_of(
        st.builds(lambda t, props: {"type": "array", "items": t, **props}, inner, PROPS),
        st.builds(lambda t: {"type": "map", "values": t}, inner),
        st.builds(lambda n, f: {"type": "record", "name": n, "fields": f}, NAMES, fields),
    )


PLAIN = st.sampled_from(["null", "int", "long", "string", "bytes", "double"])
SCHEMAS = st.recursive(
    st.one_of(PLAIN, st.builds(lambda t, props: {"type": t, **props}, PLAIN, PROPS)), deeper, max_leaves=8
)


@given(SCHEMAS)
def test_the_canonical_text_of_canonical_text_is_itself(schema):
    try:
        once = canonical(schema)
    except InvalidAvro:
        reject()
    assert canonical(once) == once
    assert normalized_text(parse(once)) == normalized_text(parse(json.dumps(schema)))


def test_normalised_text_uses_full_names_and_sorted_properties():
    schema = {
        "type": "record",
        "name": "R",
        "namespace": "a",
        "z": 1,
        "b": {"y": 1, "x": 2},
        "aliases": ["Z", "b.A"],
        "fields": [{"name": "f", "type": ["null", "R"], "q": 1, "p": 2}],
    }
    assert normalized_text(parse(json.dumps(schema))) == (
        '{"type":"record","name":"a.R","fields":[{"name":"f","type":["null","a.R"],"p":2,"q":1}],'
        '"b":{"x":2,"y":1},"z":1,"aliases":["a.Z","b.A"]}'
    )
