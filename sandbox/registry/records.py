"""Keys and values of the `_schemas` topic: JSON in Confluent's form and member order.

Headers are ours and invisible to other registries: `base` is the offset that a record's key had when its writer
decided, which lets readers tell a write that lost a race (see `sandbox.registry.state`).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sandbox.registry.definition import AVRO, Definition, Reference
from sandbox.registry.ports import LogRecord

__all__ = ["Poisoned", "SchemaValue", "base_header", "base_of", "encode", "read_key", "read_schema_value"]

BASE = "sandbox-base"


class Poisoned(ValueError):
    """A record that is none of the registry's; the message says why."""


def encode(value: Mapping[str, Any]) -> bytes:
    """Compact JSON, as keys and values are written."""
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode(errors="surrogatepass")


def schema_key(subject: str, version: int) -> bytes:
    return encode({"keytype": "SCHEMA", "subject": subject, "version": version, "magic": 1})


def subject_key(keytype: str, subject: str | None) -> bytes:
    """Key of CONFIG, MODE, DELETE_SUBJECT and CLEAR_SUBJECT; `subject` None is the global setting."""
    return encode({"keytype": keytype, "subject": subject, "magic": 0})


def context_record(context: str) -> tuple[bytes, bytes]:
    """Key and value that tell other registries of a context."""
    members = {"tenant": "default", "context": context}
    return encode({"keytype": "CONTEXT", **members, "magic": 0}), encode(members)


def max_ids_record(max_ids: Mapping[str, int]) -> tuple[bytes, bytes]:
    """A NOOP, whose value other registries do not read: the highest id that each context ever gave, so that an id is
    not given again once its schema is deleted and compacted away."""
    return encode({"keytype": "NOOP", "magic": 0}), encode({"maxIds": max_ids})


def read_max_ids(record: LogRecord) -> dict[str, int]:
    found = read_value(record).get("maxIds") if record.value is not None else None
    if not isinstance(found, dict):
        return {}
    return {context: max_id for context, max_id in found.items() if _is_id(max_id)}


@dataclass(frozen=True, slots=True)
class SchemaValue:
    subject: str
    version: int
    id: int
    definition: Definition
    deleted: bool = False

    def encode(self) -> bytes:
        return encode(
            {
                "subject": self.subject,
                "version": self.version,
                "id": self.id,
                **self.definition.to_json(),
                "deleted": self.deleted,
            }
        )


def subject_value(subject: str | None, members: Mapping[str, Any]) -> bytes:
    return encode({"subject": subject, **members} if subject is not None else members)


def base_header(offset: int) -> tuple[tuple[str, bytes], ...]:
    return ((BASE, str(offset).encode()),)


def base_of(record: LogRecord) -> int | None:
    """The base that one of our registries gave the record, or None for a record of another registry."""
    for name, value in record.headers:
        if name == BASE and value.lstrip(b"-").isdigit():
            return int(value)
    return None


def read_key(record: LogRecord) -> dict[str, Any]:
    """The key as an object with a `keytype`. Raises Poisoned."""
    key = _object(record.key, "key")
    if not isinstance(key.get("keytype"), str):
        raise Poisoned("the key has no keytype")
    return key


def read_value(record: LogRecord) -> dict[str, Any]:
    return _object(record.value, "value")


def read_schema_value(record: LogRecord) -> SchemaValue:
    """Raises Poisoned when a member is missing or of the wrong type."""
    value = _object(record.value, "value")
    subject, version, schema_id = value.get("subject"), value.get("version"), value.get("id")
    text, type_ = value.get("schema"), value.get("schemaType") or AVRO
    if not isinstance(subject, str) or not isinstance(text, str) or not isinstance(type_, str):
        raise Poisoned("subject, schema and schemaType must be strings")
    if not _is_id(version) or not _is_id(schema_id):
        raise Poisoned("version and id must be positive integers")
    references = _references(value.get("references") or ())
    definition = Definition(type_, text, references, _settings(value, "metadata"), _settings(value, "ruleSet"))
    return SchemaValue(subject, version, schema_id, definition, value.get("deleted") is True)


def _references(entries: Any) -> tuple[Reference, ...]:
    try:
        return tuple(Reference(str(each["name"]), str(each["subject"]), int(each["version"])) for each in entries)
    except (TypeError, KeyError, ValueError):
        raise Poisoned("references must have name, subject and version") from None


def _settings(value: Mapping[str, Any], member: str) -> Mapping[str, Any] | None:
    found = value.get(member)
    if found is not None and not isinstance(found, dict):
        raise Poisoned(f"{member} must be an object")
    if found and not isinstance(found.get("properties", {}), dict | None):
        raise Poisoned(f"the properties of {member} must be an object")
    return found or None


def _is_id(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 < value < 2**31


def _object(data: bytes | None, what: str) -> dict[str, Any]:
    if data is None:
        raise Poisoned(f"the {what} is absent")
    try:
        value = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise Poisoned(f"the {what} is not JSON: {error}") from None
    if not isinstance(value, dict):
        raise Poisoned(f"the {what} is not a JSON object")
    return value
