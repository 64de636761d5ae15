"""What the value of a record becomes: Avro, JSON, raw bytes, and any of them poisoned."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable, Mapping
from typing import Any

from sandbox.contracts.poison import Poison, bad_magic, undecodable, unknown_id
from sandbox.scenarios.model.bad_value import BadValue

__all__ = ["ENCODINGS", "Encode", "as_avro", "poisoned"]

Encode = Callable[[Any], Any]
"""From a rendered value to what is sent. Raises BadValue with the path of the part that does not fit."""


def as_avro(write: Encode) -> Encode:
    """`write` takes the fields of a record."""

    def encode(content: Any) -> Any:
        if not isinstance(content, Mapping):
            raise BadValue(f"expected the fields of an Avro record, found a {type(content).__name__}", path=("value",))
        return write(content)

    return encode


def _json(content: Any) -> bytes:
    try:
        return json.dumps(content, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()
    except (TypeError, ValueError) as error:
        raise BadValue(f"the value is not JSON: {error}", path=("value",)) from None


def _raw(content: Any) -> bytes:
    if isinstance(content, str):
        return content.encode()
    if isinstance(content, Mapping) and len(content) == 1:
        (form, text), *_ = content.items()
        try:
            if form == "hex":
                return bytes.fromhex(str(text))
            if form == "base64":
                return base64.b64decode(str(text), validate=True)
            if form == "text":
                return str(text).encode()
        except (ValueError, binascii.Error) as error:
            raise BadValue(f"the value is not {form}: {error}", path=("value", form)) from None
    raise BadValue("a raw value is a text, {text: …}, {hex: …} or {base64: …}", path=("value",))


ENCODINGS: dict[str, Encode] = {"json": _json, "raw": _raw}
"""Those that need nobody; Avro is written by the world, which knows the registry."""

_WAYS = {Poison.BAD_MAGIC: bad_magic, Poison.UNKNOWN_ID: unknown_id, Poison.UNDECODABLE: undecodable}


def poisoned(encode: Encode, way: Poison) -> Encode:
    """The same bytes made into ones that no consumer can read, for each way that needs no other schema."""
    spoil = _WAYS[way]
    return lambda content: spoil(encode(content))
