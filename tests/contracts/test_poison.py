from __future__ import annotations

import io

import fastavro
import pytest

from sandbox.contracts.catalog import Contracts
from sandbox.contracts.framing import FramingError, frame, unframe
from sandbox.contracts.poison import UNKNOWN_SCHEMA_ID, bad_magic, least_value, undecodable, unknown_id

GOOD = frame(7, b"\x06abc")


def test_another_magic_byte_leaves_the_rest() -> None:
    assert bad_magic(GOOD)[1:] == GOOD[1:]
    with pytest.raises(FramingError, match="magic byte"):
        unframe(bad_magic(GOOD))


def test_an_unknown_id_leaves_the_body() -> None:
    assert unframe(unknown_id(GOOD)) == (UNKNOWN_SCHEMA_ID, b"\x06abc")


def test_an_undecodable_body_stays_under_the_records_own_schema_id() -> None:
    schema_id, body = unframe(undecodable(GOOD))
    assert schema_id == 7
    with pytest.raises((EOFError, IndexError)):
        fastavro.schemaless_reader(io.BytesIO(body), fastavro.parse_schema("string"), None)


@pytest.mark.parametrize("value", [None, b"", b'{"a": 1}'])
def test_a_record_that_is_no_avro_becomes_unreadable_too(value: bytes | None) -> None:
    with pytest.raises(UnicodeDecodeError):
        undecodable(value).decode()
    assert bad_magic(value)[:1] == b"\x7f"
    assert unframe(unknown_id(value)) == (UNKNOWN_SCHEMA_ID, value or b"")


@pytest.mark.parametrize("schema", Contracts.load().schemas.values(), ids=lambda each: each["name"])
def test_the_least_value_of_a_schema_fits_it(schema: dict) -> None:
    body = io.BytesIO()
    fastavro.schemaless_writer(body, fastavro.parse_schema(schema), least_value(schema), strict=True)
    assert body.tell() > 0


def test_the_least_value_knows_named_types_and_the_first_branch() -> None:
    schema = {
        "type": "record", "name": "R", "namespace": "n", "fields": [
            {"name": "a", "type": {"type": "enum", "name": "E", "symbols": ["X", "Y"]}},
            {"name": "b", "type": "n.E"},
            {"name": "c", "type": ["null", "string"]},
            {"name": "d", "type": {"type": "fixed", "name": "F", "size": 2}},
            {"name": "e", "type": {"type": "array", "items": "E"}},
            {"name": "f", "type": {"type": "map", "values": "long"}},
            {"name": "g", "type": {"type": "long", "logicalType": "timestamp-millis"}},
        ],
    }  # fmt: skip
    assert least_value(schema) == {"a": "X", "b": "X", "c": None, "d": b"\0\0", "e": [], "f": {}, "g": 0}
