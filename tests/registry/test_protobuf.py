import base64

import pytest

from sandbox.registry.formats import InvalidSchema, Referenced, Unchecked
from sandbox.registry.formats.protobuf import ProtobufFormat
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


def test_a_changed_schema_is_not_judged():
    with pytest.raises(Unchecked):
        FORMAT.problems(read(EVENT.replace("string id", "bytes id")), read(EVENT))


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
    changed = {"schema": EVENT.replace("string id", "bytes id"), "schemaType": "PROTOBUF"}
    status, answer = await api.post("/subjects/s/versions", changed)
    assert (status, answer["error_code"]) == (422, 42201)
    assert "set the subject's compatibility to NONE" in answer["message"]
    await api.put("/config/s", {"compatibility": "NONE"})
    assert (await api.post("/subjects/s/versions", changed)) == (200, {"id": 2})
    assert (await api.post("/subjects/t/versions", {"schema": "message", "schemaType": "PROTOBUF"}))[0] == 422
