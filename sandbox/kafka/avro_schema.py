"""Avro schemas as the sandbox works with them: plain values only, and errors that name the field.

Logical types are left out before use, so a timestamp is its long of epoch milliseconds both ways, never a datetime.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping
from typing import Any

import fastavro

from sandbox.errors import UsageError

__all__ = ["full_name", "misfits", "prepared"]

_RANGES = {"int": (-(2**31), 2**31 - 1), "long": (-(2**63), 2**63 - 1)}
_PYTHON = {
    "null": type(None),
    "boolean": bool,
    "int": int,
    "long": int,
    "float": (int, float),
    "double": (int, float),
    "string": str,
    "bytes": (bytes, bytearray),
    "fixed": (bytes, bytearray),
    "enum": str,
    "array": (list, tuple),
    "map": Mapping,
    "record": Mapping,
}


def prepared(schema: Any) -> Any:
    """The schema as fastavro wants it, without logical types. Raises UsageError when it is not an Avro schema."""
    try:
        return fastavro.parse_schema(_plain(schema))
    except (
        fastavro.schema.SchemaParseException,
        fastavro.schema.UnknownType,
        KeyError,
        TypeError,
        ValueError,
    ) as error:
        raise UsageError(f"not an Avro schema: {error}") from None


def full_name(schema: Any) -> str:
    """`namespace.name` of a record; the name of the type for anything else."""
    if not isinstance(schema, Mapping):
        return str(schema)
    name = str(schema.get("name", schema.get("type")))
    namespace = schema.get("namespace")
    return name if "." in name or not namespace else f"{namespace}.{name}"


def misfits(value: Any, schema: Any) -> list[str]:
    """What keeps `value` from fitting the (prepared) schema, each with the field's path: `price: must be double`."""
    return list(_misfits(value, schema, "", {}))


def _plain(schema: Any) -> Any:
    if isinstance(schema, Mapping):
        return {name: _plain(part) for name, part in schema.items() if name != "logicalType"}
    if isinstance(schema, list):
        return [_plain(part) for part in schema]
    return schema


def _misfits(value: Any, schema: Any, path: str, named: dict[str, Any]) -> Iterator[str]:
    if isinstance(schema, str) and schema in named:
        schema = named[schema]
    if isinstance(schema, list):
        yield from _union_misfits(value, schema, path, named)
        return
    kind = schema["type"] if isinstance(schema, Mapping) else schema
    if isinstance(kind, (Mapping, list)):
        yield from _misfits(value, kind, path, named)
        return
    if isinstance(schema, Mapping) and "name" in schema:
        named[schema["name"]] = schema
    if not _is(kind, value):
        yield f"{path or 'the value'}: must be {_describe(schema)}, is {_shown(value)}"
    elif kind in _RANGES and not _RANGES[kind][0] <= value <= _RANGES[kind][1]:
        yield f"{path}: {value} does not fit {kind}"
    elif kind == "enum" and value not in schema["symbols"]:
        yield f"{path}: must be {_describe(schema)}, is {_shown(value)}{_nearest(value, schema['symbols'])}"
    elif kind == "fixed" and len(value) != schema["size"]:
        yield f"{path}: must have {schema['size']} bytes, has {len(value)}"
    elif kind == "string" and not value.isascii() and value != value.encode("utf-8", "ignore").decode():
        yield f"{path}: is not text that UTF-8 can carry"
    elif kind == "array":
        for number, item in enumerate(value):
            yield from _misfits(item, schema["items"], f"{path}[{number}]", named)
    elif kind == "map":
        for name, item in value.items():
            yield from _misfits(item, schema["values"], _below(path, name), named)
    elif kind == "record":
        yield from _record_misfits(value, schema, path, named)


def _record_misfits(value: Mapping[str, Any], schema: Any, path: str, named: dict[str, Any]) -> Iterator[str]:
    fields = {field["name"]: field for field in schema["fields"]}
    for name, field in fields.items():
        if name in value:
            yield from _misfits(value[name], field["type"], _below(path, name), named)
        elif "default" not in field:
            yield f"{_below(path, name)}: is missing (it has no default)"
    for name in value:
        if name not in fields:
            yield f"{_below(path, name)}: is not a field of {schema['name'].rpartition('.')[2]}{_nearest(name, fields)}"


def _union_misfits(value: Any, branches: list[Any], path: str, named: dict[str, Any]) -> Iterator[str]:
    """Nothing if a branch fits; the reasons of the branch of the same shape if there is one; else all branches."""
    shaped: list[str] = []
    for branch in branches:
        reasons = list(_misfits(value, branch, path, dict(named)))
        if not reasons:
            return
        kind = branch["type"] if isinstance(branch, Mapping) else branch
        if kind in ("array", "map", "record", "enum") and _is(kind, value):
            shaped = reasons
    yield from shaped or [f"{path}: must be {' or '.join(map(_describe, branches))}, is {_shown(value)}"]


def _is(kind: str, value: Any) -> bool:
    wanted = _PYTHON.get(kind)
    return wanted is None or (isinstance(value, wanted) and (kind == "boolean" or not isinstance(value, bool)))


def _describe(schema: Any) -> str:
    if isinstance(schema, Mapping) and schema["type"] == "enum":
        return f"one of {', '.join(schema['symbols'])}"
    if isinstance(schema, Mapping):
        return schema.get("name", schema["type"]).rpartition(".")[2]
    return str(schema)


def _shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}…"


def _nearest(name: Any, known: Any) -> str:
    close = difflib.get_close_matches(str(name), list(known), n=1)
    return f" (did you mean {close[0]}?)" if close else ""


def _below(path: str, name: object) -> str:
    return f"{path}.{name}" if path else str(name)
