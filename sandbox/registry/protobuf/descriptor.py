"""`FileDescriptorProto` in base64: how Python's Protobuf serializer sends a schema. Confluent's clients read it too."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator

__all__ = ["descriptor_name"]

NAME, MESSAGE, ENUM = 1, 4, 5
WIDTHS = {1: 8, 5: 4}


def descriptor_name(text: str) -> str | None:
    """The file name in a base64 descriptor that defines something, or None when the text is none."""
    try:
        data = base64.b64decode(text, validate=True)
        members = list(_members(data))
        name = next((value for number, value in members if number == NAME), b"").decode()
    except (binascii.Error, ValueError):
        return None
    defines = any(number in (MESSAGE, ENUM) for number, _ in members)
    return name if defines and name else None


def _members(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Field numbers and bytes of a message on the wire. Raises ValueError for what is none."""
    position = 0
    while position < len(data):
        key, position = _varint(data, position)
        number, wire = key >> 3, key & 7
        if wire == 0:
            _, end = _varint(data, position)
        elif wire == 2:
            length, position = _varint(data, position)
            end = position + length
        elif wire in WIDTHS:
            end = position + WIDTHS[wire]
        else:
            raise ValueError("wire type")
        if number == 0 or end > len(data):
            raise ValueError("cut off")
        yield number, data[position:end]
        position = end


def _varint(data: bytes, position: int) -> tuple[int, int]:
    value = 0
    for shift in range(0, 70, 7):
        if position >= len(data):
            raise ValueError("cut off")
        byte = data[position]
        position += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, position
    raise ValueError("varint")
