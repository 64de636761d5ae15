"""The fields of a form, from a JSON Schema: what each takes, and reading what was typed. Knows nothing of screens."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

__all__ = ["Field", "FieldError", "fields_of"]


class FieldError(ValueError):
    """What was typed is no value of the field; the text says what would be."""


@dataclass(frozen=True, slots=True)
class Field:
    """`kind` is string, integer, number, boolean, object or array; the last two are written as JSON."""

    name: str
    kind: str
    required: bool = False
    text: str = ""
    shown: str = ""
    placeholder: str = ""
    choices: tuple[str, ...] = ()
    least: float | None = None
    most: float | None = None
    default: Any = None

    def read(self, typed: str) -> Any:
        """The value; None when nothing was typed. Raises FieldError."""
        stripped = typed.strip()
        if not stripped and not (self.kind == "string" and typed):
            if self.required:
                raise FieldError("is needed")
            return None
        if self.kind == "string":
            return typed
        if self.kind == "boolean":
            value: Any = stripped == "true"
            return value if self.required or value != bool(self.default) else None
        if self.kind in ("integer", "number"):
            return self._number(stripped)
        return self._json(stripped)

    def _number(self, typed: str) -> int | float:
        try:
            value = int(typed) if self.kind == "integer" else float(typed)
        except ValueError:
            raise FieldError(
                "a whole number, such as 503" if self.kind == "integer" else "a number, such as 0.5"
            ) from None
        if (self.least is not None and value < self.least) or (self.most is not None and value > self.most):
            raise FieldError(f"from {_bound(self.least, '…')} to {_bound(self.most, '…')}")
        return int(value) if isinstance(value, float) and value.is_integer() else value

    def _json(self, typed: str) -> Any:
        try:
            value = json.loads(typed)
        except ValueError as error:
            raise FieldError(f"is no JSON: {error}") from None
        wanted = dict if self.kind == "object" else list
        if not isinstance(value, wanted):
            raise FieldError(f"is to be a JSON {self.kind}")
        return value


def fields_of(schema: Mapping[str, Any], given: Mapping[str, Any]) -> list[Field]:
    """Those of an object's properties, in order; `given` values stand in them already."""
    definitions = schema.get("$defs", {})
    required = set(schema.get("required", ()))
    found = []
    for name, declared in schema.get("properties", {}).items():
        part = _resolved(declared, definitions)
        default = declared.get("default", part.get("default"))
        value = given.get(name, default)
        choices = tuple(str(each) for each in part.get("enum", ()) if each is not None)
        found.append(
            Field(
                name,
                _kind(part),
                name in required,
                declared.get("description") or part.get("description", ""),
                _shown(value),
                _placeholder(part),
                choices or ((str(part["const"]),) if "const" in part else ()),
                part.get("minimum", part.get("exclusiveMinimum")),
                part.get("maximum", part.get("exclusiveMaximum")),
                default,
            )
        )
    return found


def _resolved(part: Mapping[str, Any], definitions: Mapping[str, Any]) -> Mapping[str, Any]:
    """Through a reference, and through `X or null`."""
    if "$ref" in part:
        return _resolved(definitions.get(part["$ref"].rpartition("/")[2], {}), definitions)
    for name in ("anyOf", "oneOf", "allOf"):
        if options := [each for each in part.get(name, ()) if each.get("type") != "null"]:
            return _resolved(options[0], definitions)
    return part


def _kind(part: Mapping[str, Any]) -> str:
    kind = part.get("type")
    if isinstance(kind, list):
        kind = next((each for each in kind if each != "null"), "string")
    if kind in ("integer", "number", "boolean", "object", "array"):
        return kind
    return "object" if "properties" in part else "string"


def _shown(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dict | list):
        return json.dumps(value, indent=2, ensure_ascii=False)
    return str(value)


def _placeholder(part: Mapping[str, Any]) -> str:
    examples = part.get("examples") or ()
    return str(examples[0]) if examples else part.get("pattern", part.get("format", ""))


def _bound(value: float | None, otherwise: str) -> str:
    return otherwise if value is None else f"{value:g}"
