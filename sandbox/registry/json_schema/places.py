"""The places of a JSON Schema, by the names that people give them: `.address.street`, `.tags[items]`."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from sandbox.registry.formats import Places

__all__ = ["place_of", "places", "title"]

LISTS = ("allOf", "anyOf", "oneOf", "prefixItems")
SINGLE = ("not", "if", "then", "else", "contains", "propertyNames", "additionalProperties", "additionalItems")
NAMED = ("patternProperties", "definitions", "$defs", "dependentSchemas")


def places(root: Any) -> Places:
    return Places(title(root), dict(_walk(root, "", required=False)))


def title(root: Any) -> str:
    """What the schema as a whole is called."""
    named = root.get("title") if isinstance(root, dict) else None
    return named if isinstance(named, str) and named else "schema"


def place_of(path: str) -> str:
    """The place that a pointer (`#/properties/a/items`) means; a keyword at its end stays as it is."""
    named, parts = "", iter(path.removeprefix("#").split("/")[1:])
    for part in parts:
        if part == "properties" or part == "required":
            named += f".{next(parts, '')}"
        else:
            named += f"[{part}]"
    return named


def _walk(schema: Any, path: str, *, required: bool) -> Iterator[tuple[str, dict[str, str]]]:
    if not isinstance(schema, dict):
        yield path, {"type": "anything" if schema is True else "nothing"}
        return
    inner = dict(_below(schema))
    properties = schema.get("properties") if isinstance(schema.get("properties"), dict) else {}
    names = [each for each in schema.get("required") or () if isinstance(each, str)]
    aspects = {"type": _type(schema)} if "type" in schema else {}
    aspects |= {"required": "yes"} if required else {}
    walked = {*LISTS, *SINGLE, *NAMED, "properties", "items", "type"}
    for keyword, value in schema.items():
        if keyword == "required":
            value = [each for each in names if each not in properties]
            if not value:
                continue
        if keyword not in walked or (keyword in SINGLE and not isinstance(value, dict)):
            aspects[keyword] = json.dumps(value, ensure_ascii=False)
    yield path, aspects
    for below, each in inner.items():
        yield from _walk(each, f"{path}{below}", required=below[:1] == "." and below[1:] in names)


def _below(schema: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    for name, each in (schema.get("properties") or {}).items():
        yield f".{name}", each
    items = schema.get("items")
    if isinstance(items, list):
        yield from ((f"[items][{number}]", each) for number, each in enumerate(items))
    elif items is not None:
        yield "[items]", items
    for word in LISTS:
        yield from ((f"[{word}][{number}]", each) for number, each in enumerate(schema.get(word) or ()))
    for word in SINGLE:
        if isinstance(schema.get(word), dict):
            yield f"[{word}]", schema[word]
    for word in NAMED:
        yield from ((f"[{word}][{name}]", each) for name, each in (schema.get(word) or {}).items())


def _type(schema: dict[str, Any]) -> str:
    named = schema["type"]
    return f"[{', '.join(map(str, named))}]" if isinstance(named, list) else str(named)
