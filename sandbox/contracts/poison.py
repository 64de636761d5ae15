"""Poison: bytes of a record that no consumer of its topic can read, a function for each way to make them.

All but `wrong_schema` begin with the bytes of a good record, whose wire format is in `sandbox.contracts.framing`.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from sandbox.contracts.framing import HEADER_BYTES, MAGIC, frame, schema_id_of

__all__ = ["UNKNOWN_SCHEMA_ID", "Poison", "bad_magic", "least_value", "undecodable", "unknown_id"]

UNKNOWN_SCHEMA_ID = 2**31 - 1
"""The largest id that there can be; a registry counts from 1 and never gets there."""
OTHER_MAGIC = 0x7F
ENDLESS = b"\xff" * 16
"""Read as Avro, a number whose end does not come; read as text, not UTF-8."""
_LEAST: Mapping[str, Any] = {
    "null": None, "boolean": False, "int": 0, "long": 0, "float": 0.0, "double": 0.0, "string": "", "bytes": b"",
}  # fmt: skip


class Poison(StrEnum):
    """What is wrong with the record."""

    BAD_MAGIC = "bad-magic"
    UNKNOWN_ID = "unknown-id"
    UNDECODABLE = "undecodable"
    WRONG_SCHEMA = "wrong-schema"
    """A good record of another contract's schema: `TopicValues.poisoned` makes it, since its id is the registry's."""


def bad_magic(value: bytes | None) -> bytes:
    """The record with another first byte than the wire format's 0."""
    return bytes([OTHER_MAGIC]) + (value or b"")[1:]


def unknown_id(value: bytes | None) -> bytes:
    """The record under a schema id that no registry knows."""
    body = value or b""
    return frame(UNKNOWN_SCHEMA_ID, body[HEADER_BYTES:] if body[:1] == bytes([MAGIC]) else body)


def undecodable(value: bytes | None) -> bytes:
    """The record's own schema id, when it has one, before bytes that its schema does not decode."""
    schema_id = schema_id_of(value)
    return ENDLESS if schema_id is None else frame(schema_id, ENDLESS)


def least_value(schema: Any, named: dict[str, Any] | None = None) -> Any:
    """The simplest value of an Avro schema: noughts, empty texts, the first symbol, the first branch."""
    named = {} if named is None else named
    if isinstance(schema, list):
        return least_value(schema[0], named)
    if isinstance(schema, str):
        return _LEAST[schema] if schema in _LEAST else least_value(named[schema.rpartition(".")[2]], named)
    kind = schema["type"]
    if "name" in schema:
        named[str(schema["name"]).rpartition(".")[2]] = schema
    if kind == "record":
        return {field["name"]: least_value(field["type"], named) for field in schema["fields"]}
    if kind == "enum":
        return schema["symbols"][0]
    if kind == "fixed":
        return bytes(schema["size"])
    if kind in ("array", "map"):
        return [] if kind == "array" else {}
    return least_value(kind, named)
