"""Completes an Avro value that a scenario gives only in part, from the schema of its topic.

A left-out field takes its default. One without a default takes: now in milliseconds for a timestamp, a new UUID for an
event id (also where its default is null, so that every event can be followed), the record's key for an entity, an empty
map or list, null where null is allowed, and the plainest value of its type otherwise. A field that the schema does not
have is an error that names the nearest one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from sandbox.scenarios.assertions.assertion import is_number, show
from sandbox.scenarios.model.bad_value import BadValue, nearest
from sandbox.scenarios.template.tree import Constant, ListTemplate, MappingTemplate, Produced, Template, settled

__all__ = ["RECORD_KEY", "AvroFilling"]

RECORD_KEY = "_key"
"""Among the names of a rendering: the record's key."""
EXAMPLE_NODE = "rim:entity:sandbox:EXAMPLE"

Names = Mapping[str, Any]
Path = tuple[str | int, ...]
_BY_NAME: dict[str, Callable[[Names], Any]] = {
    "event_id": lambda names: names["uuid"](),
    "event_ts_ms": lambda names: names["now"](),
    "ingest_ts_ms": lambda names: names["now"](),
    "timestamp": lambda names: names["now"](),
    "rim_node_id": lambda names: names.get(RECORD_KEY) or EXAMPLE_NODE,
    "scope_id": lambda names: names.get(RECORD_KEY) or EXAMPLE_NODE,
}
_PLAIN = {"null": None, "boolean": False, "int": 0, "long": 0, "float": 0.0, "double": 0.0, "bytes": b"", "string": ""}
_NAMED = ("record", "enum", "fixed", "error")


class AvroFilling:
    """The rules for one schema."""

    def __init__(self, schema: Any) -> None:
        self._schema = schema
        self._named: dict[str, Any] = {}
        self._collect(schema, "")

    def complete(self, value: Template) -> Template:
        """The template of a whole value. Raises BadValue for an unknown field, or a constant of the wrong type."""
        return self._complete(self._schema, value, ("value",))

    def _collect(self, schema: Any, namespace: str) -> None:
        if isinstance(schema, list):
            for branch in schema:
                self._collect(branch, namespace)
        elif isinstance(schema, Mapping):
            if schema.get("type") in _NAMED:
                namespace = schema.get("namespace", namespace)
                self._named[schema["name"]] = schema
                self._named[f"{namespace}.{schema['name']}"] = schema
            for inner in ("items", "values"):
                if inner in schema:
                    self._collect(schema[inner], namespace)
            for field in schema.get("fields", ()):
                self._collect(field["type"], namespace)
            if isinstance(schema.get("type"), Mapping | list):
                self._collect(schema["type"], namespace)

    def _resolve(self, schema: Any) -> Any:
        if isinstance(schema, str):
            return self._named.get(schema, schema)
        if isinstance(schema, Mapping) and isinstance(schema.get("type"), Mapping | list):
            return self._resolve(schema["type"])
        return schema

    def _complete(self, schema: Any, value: Template, path: Path) -> Template:
        schema = self._resolve(schema)
        if isinstance(schema, list):
            return self._complete_union(schema, value, path)
        kind = schema["type"] if isinstance(schema, Mapping) else schema
        members = _members(value)
        if kind in ("record", "error"):
            return self._complete_record(schema, value, members, path)
        if kind == "map" and members is not None:
            done = {name: self._complete(schema["values"], each, (*path, name)) for name, each in members.items()}
            return settled(MappingTemplate(done))
        if kind == "array" and (items := _items(value)) is not None:
            each = [self._complete(schema["items"], item, (*path, place)) for place, item in enumerate(items)]
            return settled(ListTemplate(each))
        if isinstance(value, Constant) or members is not None or _items(value) is not None:
            _check_constant(kind, schema, value, path)
        return value

    def _complete_union(self, branches: list[Any], value: Template, path: Path) -> Template:
        resolved = [self._resolve(branch) for branch in branches]
        failures = []
        for branch in resolved:
            try:
                return self._complete(branch, value, path)
            except BadValue as error:
                failures.append(error)
        structured = [i for i, branch in enumerate(resolved) if _members(value) is not None and _is_record(branch)]
        if structured:
            raise failures[structured[0]]
        expected = " or ".join(_describe(branch) for branch in resolved)
        raise BadValue(f"{_dotted(path)}: expected {expected}, found {_show(value)}", path=path)

    def _complete_record(
        self, schema: Mapping[str, Any], value: Template, members: Mapping[str, Template] | None, path: Path
    ) -> Template:
        if members is None:
            if isinstance(value, Constant | ListTemplate):
                raise BadValue(
                    f"{_dotted(path)}: expected the fields of {schema['name']}, found {_show(value)}", path=path
                )
            return Produced(lambda names: self._complete(schema, Constant(value.render(names)), path).render(names))
        fields = {field["name"]: field for field in schema["fields"]}
        for name in members:
            if name not in fields:
                close = nearest(name, fields)
                raise BadValue(
                    f"{_dotted(path)}: {schema['name']} has no field {name!r}",
                    path=(*path, name),
                    hint=f"did you mean {close!r}?" if close else f"its fields are {', '.join(fields)}",
                )
        done = {
            name: self._complete(field["type"], members[name], (*path, name))
            if name in members
            else self._left_out(field)
            for name, field in fields.items()
        }
        return settled(MappingTemplate(done))

    def _left_out(self, field: Mapping[str, Any]) -> Template:
        name, kind = field["name"], self._resolve(field["type"])
        if name in _BY_NAME and (name == "event_id" or "default" not in field):
            return Produced(_BY_NAME[name])
        if "default" in field:
            return Constant(field["default"])
        return self._plainest(name, kind)

    def _plainest(self, name: str, schema: Any) -> Template:
        if isinstance(schema, list):
            return Constant(None) if "null" in schema else self._plainest(name, self._resolve(schema[0]))
        kind = schema["type"] if isinstance(schema, Mapping) else schema
        if isinstance(schema, Mapping) and schema.get("logicalType") in ("timestamp-millis", "local-timestamp-millis"):
            return Produced(_BY_NAME["timestamp"])
        if kind in ("record", "error"):
            return self._complete(schema, MappingTemplate({}), (name,))
        if kind == "enum":
            return Constant(schema.get("default", schema["symbols"][0]))
        if kind == "fixed":
            return Constant(bytes(schema["size"]))
        if kind == "string" and name.endswith("_id"):
            return Produced(lambda names: names["new_id"](f"{name.removesuffix('_id')}_"))
        if kind == "string":
            return Constant(name.replace("_", " "))
        return Constant({"map": {}, "array": []}.get(kind, _PLAIN.get(kind)))


def _members(value: Template) -> Mapping[str, Template] | None:
    if isinstance(value, MappingTemplate):
        return value.members
    if isinstance(value, Constant) and isinstance(value.value, Mapping):
        return {name: Constant(each) for name, each in value.value.items()}
    return None


def _items(value: Template) -> list[Template] | None:
    if isinstance(value, ListTemplate):
        return value.items
    if isinstance(value, Constant) and isinstance(value.value, list | tuple):
        return [Constant(each) for each in value.value]
    return None


def _is_record(schema: Any) -> bool:
    return isinstance(schema, Mapping) and schema["type"] in ("record", "map")


def _check_constant(kind: str, schema: Any, template: Template, path: Path) -> None:
    """Raises BadValue when a value that is known now does not fit a schema without inner parts."""
    value = template.value if isinstance(template, Constant) else {}
    whole = isinstance(value, int) and not isinstance(value, bool)
    fits = {
        "null": value is None,
        "boolean": isinstance(value, bool),
        "int": whole and -(2**31) <= value < 2**31,
        "long": whole and -(2**63) <= value < 2**63,
        "float": is_number(value),
        "double": is_number(value),
        "string": isinstance(value, str),
        "enum": isinstance(schema, Mapping) and value in schema.get("symbols", ()),
    }.get(kind, not isinstance(value, Mapping | list) and kind not in ("map", "array"))
    logical = schema.get("logicalType") if isinstance(schema, Mapping) else None
    if not fits and (logical is None or logical.startswith("timestamp")):
        close = nearest(value, schema["symbols"]) if kind == "enum" and isinstance(value, str) else None
        hint = f"did you mean {close!r}?" if close else None
        raise BadValue(f"{_dotted(path)}: expected {_describe(schema)}, found {_show(template)}", hint=hint, path=path)


def _describe(schema: Any) -> str:
    if not isinstance(schema, Mapping):
        return str(schema)
    if schema["type"] == "enum":
        return f"one of {', '.join(schema['symbols'])}"
    return str(schema.get("name", schema["type"]))


def _show(value: Template) -> str:
    return show(value.value) if isinstance(value, Constant) else "a value with members"


def _dotted(path: Path) -> str:
    """`("value", "sources", 0)` → `value.sources[0]`."""
    return "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path).removeprefix(".")
