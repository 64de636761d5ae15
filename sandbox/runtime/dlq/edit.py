"""A dead letter's record as an operator changed it, to go out in place of the original."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from sandbox.contracts.record import Record
from sandbox.errors import UsageError

if TYPE_CHECKING:
    from sandbox.kafka.dlq_letter import FiledLetter
    from sandbox.runtime.dlq.ports import Values

__all__ = ["EditedRecord", "edited_record", "header_text"]

Headers = tuple[tuple[str, bytes | None], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class EditedRecord:
    """The whole record that goes out; `changed` names what differs from the original: key, value, headers."""

    key: bytes | None
    value: bytes | None
    headers: Headers
    changed: tuple[str, ...]

    def applied_to(self, letter: FiledLetter) -> FiledLetter:
        """The letter with this record for its original. What kept the original from being replayed no longer counts."""
        original = replace(letter.original, key=self.key, value=self.value, headers=self.headers)
        return replace(letter, original=original, problem=None)

    def to_json(self) -> dict[str, Any]:
        return {
            "key": _base64(self.key),
            "value": _base64(self.value),
            "headers": [[name, _base64(value)] for name, value in self.headers],
            "changed": list(self.changed),
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> EditedRecord:
        return cls(
            key=_bytes(data["key"]),
            value=_bytes(data["value"]),
            headers=tuple((name, _bytes(value)) for name, value in data["headers"]),
            changed=tuple(data["changed"]),
        )


async def edited_record(original: Record, changes: Mapping[str, Any], values: Values) -> EditedRecord:
    """`original` with `changes`: `key` (text or None), `value` (an object, encoded by the topic's contract) or
    `valueBase64`, `headers` ([name, text] in order). What is not given stays, byte for byte.

    Raises UsageError for what does not fit, and when nothing differs; UpstreamUnavailable while the registry is away.
    """
    key, value, headers = original.key, original.value, tuple(original.headers)
    if "key" in changes and changes["key"] != _text(original.key):
        key = None if changes["key"] is None else str(changes["key"]).encode()
    if "valueBase64" in changes:
        value = _given_bytes(changes["valueBase64"])
    elif "value" in changes:
        if not isinstance(changes["value"], dict):
            raise UsageError("must be an object", where="value", hint="or give the bytes as valueBase64")
        value = await values.encode(original.topic, changes["value"])
    if "headers" in changes:
        headers = _headers(changes["headers"], headers)
    pairs = (("key", key, original.key), ("value", value, original.value), ("headers", headers, original.headers))
    changed = tuple(name for name, now, before in pairs if now != before)
    if not changed:
        raise UsageError("nothing differs from the original", where="edit", hint="replay the letter as it is")
    if key is None and value is None:
        raise UsageError("a record needs a key or a value", where="edit")
    return EditedRecord(key=key, value=value, headers=headers, changed=changed)


def header_text(value: bytes | None) -> str:
    """A header as it is shown, and recognised when it comes back unchanged."""
    return (value or b"").decode("utf-8", "backslashreplace")


def _headers(given: Sequence[Sequence[str]], original: Headers) -> Headers:
    known = {(name, header_text(value)): value for name, value in original}
    return tuple((name, known.get((name, text), text.encode())) for name, text in given)


def _text(value: bytes | None) -> str | None:
    return None if value is None else value.decode("utf-8", "replace")


def _given_bytes(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except ValueError:
        raise UsageError("is not base64", where="valueBase64") from None


def _base64(value: bytes | None) -> str | None:
    return None if value is None else base64.b64encode(value).decode()


def _bytes(text: str | None) -> bytes | None:
    return None if text is None else base64.b64decode(text)
