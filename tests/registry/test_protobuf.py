import base64

import pytest

from sandbox.registry.formats import InvalidSchema, Referenced, Unchecked
from sandbox.registry.formats.protobuf import ParsedProtobuf, ProtobufFormat
from sandbox.registry.protobuf.descriptor import descriptor_name

FORMAT = ProtobufFormat()
EVENT = 'syntax = "proto3"; package a; message Event { string id = 1; Kind kind = 2; enum Kind { NONE = 0; } }'
DESCRIPTOR = base64.b64encode(b"\x0a\x07x.proto\x22\x03\x0a\x01A").decode()


def read(text, references=()):
    return FORMAT.parse(text, references, is_new=True)


def test_spaces_and_comments_make_no_other_schema():
    spaced = EVENT.replace(" {", "\n{ // comment\n").replace("package", "/* c */ package")
    assert read(spaced).canonical == read(EVENT).canonical
    assert read(read(EVENT).canonical).canonical == read(EVENT).canonical
    assert FORMAT.problems(read(spaced), read(EVENT)) == []


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("hello", "line 1:0"),
        ('{"type":"record"}', "line 1:0"),
        ('"string"', "line 1:0"),
        ("// only a comment", "defines nothing"),
        ("message A {", "line 1:11"),
        ("message A { string = 1; }", "line 1:"),
        ("message A { string a = x; }", "line 1:23"),
        ('syntax = "proto9"; message A {}', 'unknown syntax "proto9"'),
        ("message A { string a = 1; string b = 1; }", "number 1 is used twice in A, by a and b"),
        ("message A { string a = 1; int32 a = 2; }", 'field "a" is defined twice in A'),
        ("message A { string a = 0; }", "number 0 of A.a is not a field number"),
        ("message A { string a = 19000; }", "is not a field number"),
        ("message A { string a = 536870912; }", "is not a field number"),
        ("message A { B b = 1; }", '"B" of A.b is not defined'),
        ("message A { map<string, B> b = 1; }", '"B" of A.b is not defined'),
        ('import "other.proto"; message A { string a = 1; }', '"other.proto" is not among the references'),
        ("message A { " * 300 + "}" * 300, "nested more than 100 deep"),
    ],
)
def test_what_a_compiler_would_refuse_is_refused(text, says):
    with pytest.raises(InvalidSchema) as caught:
        read(text)
    assert says in caught.value.message


def test_types_are_found_from_the_inside_out_and_in_imports():
    read(
        'syntax = "proto3"; package a.b; import "google/protobuf/any.proto";'
        " message A { message C { A up = 1; } C c = 1;"
        " b.A d = 2; .a.b.A e = 3; oneof f { google.protobuf.Any g = 4; a.b.A.C h = 5; } map<string, C> i = 6; }"
    )
    other = Referenced("other.proto", 'syntax = "proto3"; package o; message Other {}')
    read('syntax = "proto3"; import "other.proto"; message A { o.Other x = 1; }', [other])
    binary = Referenced("bin.proto", DESCRIPTOR)
    read('syntax = "proto3"; import "bin.proto"; message A { Whatever x = 1; }', [binary])


PROTO = 'syntax = "proto3"; package a; '


@pytest.mark.parametrize(
    ("new", "old"),
    [
        ("message M { int32 a = 1; string b = 2; }", "message M { int32 a = 1; }"),
        ("message M { int32 a = 1; }", "message M { int32 a = 1; string b = 2; }"),
        ("message M { int64 renamed = 1; }", "message M { int32 a = 1; }"),
        ("message M { bytes a = 1; }", "message M { string a = 1; }"),
        ("message M { enum E { A = 0; B = 1; } E e = 1; }", "message M { enum E { A = 0; } E e = 1; }"),
        ("message M {} message N {}", "message M {}"),
        ("message M { oneof o { int32 a = 1; string b = 2; } }", "message M { oneof o { int32 a = 1; } }"),
    ],
)
def test_what_readers_skip_or_read_as_before_is_compatible(new, old):
    assert FORMAT.problems(read(PROTO + new), read(PROTO + old)) == []


@pytest.mark.parametrize(
    ("new", "old", "kind", "place"),
    [
        ("message M { string a = 1; }", "message M { int32 a = 1; }", "FIELD_WIRE_COMPATIBLE_TYPE", "string a = 1"),
        ("message M { string a = 1; }", "message M { bytes a = 1; }", "FIELD_WIRE_COMPATIBLE_TYPE", "string a = 1"),
        (
            "message M { repeated int32 a = 1; }",
            "message M { int32 a = 1; }",
            "FIELD_WIRE_COMPATIBLE_CARDINALITY",
            "repeated int32 a = 1",
        ),
        ("message M {}", "message M {} message N {}", "MESSAGE_NO_DELETE", 'syntax = "proto3"'),
        (
            "message M { oneof o { int32 a = 1; string b = 2; } }",
            "message M { int32 a = 1; string b = 2; }",
            "FIELD_SAME_ONEOF",
            "int32 a = 1",
        ),
    ],
)
def test_what_readers_would_misread_is_named_with_its_place(new, old, kind, place):
    found = FORMAT.problems(read(PROTO + new), read(PROTO + old))
    assert (found[0].kind, found[0].path) == (kind, place)
    explained = FORMAT.explain(read(PROTO + new), read(PROTO + old), reader_is_new=True)
    assert explained[0].where == place and explained[0].remedy
    message = found[0].message(reader_is_new=True)
    assert message.startswith(f"{{errorType:'{kind}', description:'The new schema cannot read all data of the old")


def test_required_fields_are_judged_in_both_directions():
    old, new = (f'syntax = "proto2"; message M {{ {kind} int32 a = 1; }}' for kind in ("optional", "required"))
    for reader, writer in ((new, old), (old, new)):
        assert "MESSAGE_SAME_REQUIRED_FIELDS" in {each.kind for each in FORMAT.problems(read(reader), read(writer))}


def test_imports_are_judged_with_what_they_bring():
    event = (
        'syntax = "proto3"; import "o/other.proto"; import "google/protobuf/any.proto"; message A { o.Other x = 1; }'
    )
    one, other = (
        Referenced("o/other.proto", f'syntax = "proto3"; package o; message Other {{ {type_} a = 1; }}')
        for type_ in ("int32", "string")
    )
    assert FORMAT.problems(read(event, [one]), read(event, [one])) == []
    assert [each.kind for each in FORMAT.problems(read(event, [other]), read(event, [one]))] == [
        "FIELD_WIRE_COMPATIBLE_TYPE"
    ]


@pytest.mark.parametrize("name", ["../up.proto", "/etc/x.proto", "a/../../b.proto", "x.txt", "a\\b.proto"])
def test_imports_by_names_that_are_no_paths_are_not_written_anywhere(name):
    bare = read(PROTO + "message M {}")
    with pytest.raises(Unchecked, match="is no path of an import"):
        FORMAT.problems(ParsedProtobuf(bare.canonical, False, {name: "x"}), bare)


def test_what_buf_does_not_take_is_not_judged():
    with pytest.raises(Unchecked, match="cannot be told"):
        FORMAT.problems(read(PROTO + "enum E { A = 1; }"), read(PROTO + "message M {}"))
    with pytest.raises(Unchecked, match="descriptors"):
        FORMAT.problems(read(DESCRIPTOR), read(PROTO + "message M {}"))


def test_without_buf_a_changed_schema_is_not_judged(monkeypatch):
    monkeypatch.setattr("sandbox.registry.protobuf.breaking._buf", lambda: None)
    assert FORMAT.problems(read(EVENT), read(EVENT)) == []
    with pytest.raises(Unchecked) as caught:
        FORMAT.problems(read(EVENT.replace("string id", "bytes id")), read(EVENT))
    assert "butterfly-sandbox[protobuf]" in caught.value.hint


def test_a_descriptor_in_base64_is_taken_as_it_is():
    assert descriptor_name(DESCRIPTOR) == "x.proto"
    parsed = read(DESCRIPTOR)
    assert parsed.canonical == DESCRIPTOR
    assert parsed.forms["serialized"]() == DESCRIPTOR


@pytest.mark.parametrize(
    "data", [b"", b"\x0a", b"\x0a\x07x.proto", b"\x0a\x09x.proto", b"\xff" * 20, b"\x00\x01", b"\x0b\x0c", b"\x22\x00"]
)
def test_other_base64_is_no_descriptor(data):
    assert descriptor_name(base64.b64encode(data).decode()) is None


async def test_protobuf_subjects_are_stored_versioned_and_served(api):
    assert await api.register("s", EVENT, schemaType="PROTOBUF") == 1
    assert await api.register("s", EVENT.replace("; ", ";\n"), schemaType="PROTOBUF") == 1
    _, answer = await api.get("/subjects/s/versions/latest")
    assert answer["schemaType"] == "PROTOBUF"
    assert answer["schema"].startswith('syntax = "proto3";\npackage a;\nmessage Event {\n')
    assert (await api.post("/subjects/t/versions", {"schema": "message", "schemaType": "PROTOBUF"}))[0] == 422


async def test_protobuf_subjects_evolve_as_their_level_allows(api):
    await api.register("s", EVENT, schemaType="PROTOBUF")
    wider = EVENT.replace("string id", "string note = 15; string id")
    assert await api.register("s", wider, schemaType="PROTOBUF") == 2
    changed = {"schema": EVENT.replace("string id", "int32 id"), "schemaType": "PROTOBUF"}
    status, answer = await api.post("/subjects/s/versions", changed)
    assert (status, answer["error_code"]) == (409, 40901)
    _, answer = await api.post("/compatibility/subjects/s/versions/1?verbose=true", changed)
    assert answer["messages"][0].startswith("{errorType:'FIELD_WIRE_COMPATIBLE_TYPE'")


async def test_an_unjudged_protobuf_schema_is_422_until_compatibility_is_none(api, monkeypatch):
    monkeypatch.setattr("sandbox.registry.protobuf.breaking._buf", lambda: None)
    await api.register("s", EVENT, schemaType="PROTOBUF")
    changed = {"schema": EVENT.replace("string id", "bytes id"), "schemaType": "PROTOBUF"}
    status, answer = await api.post("/subjects/s/versions", changed)
    assert (status, answer["error_code"]) == (422, 42201)
    assert "set the subject's compatibility to NONE" in answer["message"]
    await api.put("/config/s", {"compatibility": "NONE"})
    assert (await api.post("/subjects/s/versions", changed)) == (200, {"id": 2})
