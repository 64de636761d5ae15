"""Confluent's wire format: magic byte 0, the schema id as 4 bytes big-endian, then the encoded body."""

from __future__ import annotations

import struct

from sandbox.errors import SandboxError

__all__ = ["HEADER_BYTES", "MAGIC", "FramingError", "frame", "schema_id_of", "unframe"]

MAGIC = 0
_HEADER = struct.Struct(">bI")
HEADER_BYTES = _HEADER.size


class FramingError(SandboxError):
    """The bytes do not start like a record in Confluent's wire format."""


def frame(schema_id: int, body: bytes) -> bytes:
    return _HEADER.pack(MAGIC, schema_id) + body


def unframe(data: bytes) -> tuple[int, memoryview]:
    """`(schema id, body)`. Raises FramingError when the magic byte or the length is wrong."""
    if len(data) < HEADER_BYTES:
        raise FramingError(f"{len(data)} bytes are too short for the wire format: magic byte and schema id take 5")
    magic, schema_id = _HEADER.unpack_from(data)
    if magic != MAGIC:
        raise FramingError(f"magic byte is 0x{data[0]:02x}, expected 0x00: not an Avro record in the wire format")
    return schema_id, memoryview(data)[HEADER_BYTES:]


def schema_id_of(data: bytes | None) -> int | None:
    """The schema id if the bytes look framed, else None."""
    if data is None or len(data) < HEADER_BYTES or data[0] != MAGIC:
        return None
    return _HEADER.unpack_from(data)[1]
