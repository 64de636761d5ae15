"""Objects and arrays of two JSON schemas compared: what the writer may put in, and whether the reader takes it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sandbox.registry.json_schema.coverage import Coverage, Difference, Undecided
from sandbox.registry.json_schema.document import Node
from sandbox.registry.json_schema.values import lower_difference, upper_difference

__all__ = ["array_differences", "object_differences"]


@dataclass(frozen=True, slots=True)
class _Members:
    """What a schema says about the members of an object."""

    node: Node
    named: Mapping[str, Any]
    patterns: Mapping[str, Any]
    rest: Node

    @classmethod
    def of(cls, node: Node) -> _Members:
        keywords = node.keywords()
        rest = node.below(keywords.get("additionalProperties", True))
        return cls(node, keywords.get("properties") or {}, keywords.get("patternProperties") or {}, rest)

    @property
    def is_closed(self) -> bool:
        return self.rest.takes_nothing and not self.patterns

    def at(self, name: str, coverage: Coverage, path: str) -> list[Node]:
        """The schemas that a member of this name must fulfil, all of them."""
        found = [self.node.below(self.named[name])] if name in self.named else []
        found += (
            self.node.below(schema)
            for pattern, schema in self.patterns.items()
            if _matches(pattern, name, coverage, path)
        )
        return found or [self.rest]


def _matches(pattern: str, name: str, coverage: Coverage, path: str) -> bool:
    coverage.count(path)
    try:
        return re.search(pattern, name) is not None
    except re.error:
        raise Undecided("patternProperties", path) from None


def object_differences(coverage: Coverage, reader: Node, writer: Node, path: str) -> list[Difference]:
    said, given = reader.keywords(), writer.keywords()
    members, written = _Members.of(reader), _Members.of(writer)
    always = set(given.get("required") or ())
    found = [
        Difference("REQUIRED_ATTRIBUTE_ADDED", f"{path}/required/{name}")
        for name in said.get("required") or ()
        if name not in always and not _has_default(members.named.get(name))
    ]
    for name in dict.fromkeys((*members.named, *written.named)):
        found += _member_differences(coverage, members, written, name, path)
    found += _rest_differences(coverage, members, written, path)
    found += _pattern_differences(coverage, members, written, path)
    return found + _count_differences(said, given, written, path)


def _has_default(schema: Any) -> bool:
    """Confluent lets a required property with a default be added: its readers fill it in."""
    return isinstance(schema, dict) and "default" in schema


def _member_differences(
    coverage: Coverage, members: _Members, written: _Members, name: str, path: str
) -> list[Difference]:
    place = f"{path}/properties/{name}"
    sources = written.at(name, coverage, path)
    found: list[Difference] = []
    for target in members.at(name, coverage, path):
        if any(coverage.covers(target, source, place) for source in sources):
            continue
        inner = coverage.differences(target, sources[0], place)
        if name in members.named and name in written.named:
            found += inner
        elif name in members.named:
            kind = "OPEN" if written.rest.takes_everything else "PARTIALLY_OPEN"
            found.append(Difference(f"PROPERTY_ADDED_TO_{kind}_CONTENT_MODEL", place))
        elif target.takes_nothing:
            found.append(Difference("PROPERTY_REMOVED_FROM_CLOSED_CONTENT_MODEL", place))
        else:
            found.append(Difference("PROPERTY_REMOVED_NOT_COVERED_BY_PARTIALLY_OPEN_CONTENT_MODEL", place))
    return found


def _rest_differences(coverage: Coverage, members: _Members, written: _Members, path: str) -> list[Difference]:
    place = f"{path}/additionalProperties"
    if not coverage.differences(members.rest, written.rest, place):
        return []
    kind = "REMOVED" if members.rest.takes_nothing else "NARROWED"
    return [Difference(f"ADDITIONAL_PROPERTIES_{kind}", place)]


def _pattern_differences(coverage: Coverage, members: _Members, written: _Members, path: str) -> list[Difference]:
    """A reader's pattern must take whatever else the writer may put under such a name, and the reader's rest what
    the writer puts under its patterns."""
    found: list[Difference] = []
    for pattern, schema in members.patterns.items():
        place = f"{path}/patternProperties/{pattern}"
        target = members.node.below(schema)
        if pattern in written.patterns:
            found += coverage.differences(target, written.node.below(written.patterns[pattern]), place)
            continue
        sources = [written.rest, *(written.node.below(each) for each in written.patterns.values())]
        if any(coverage.differences(target, source, place) for source in sources):
            found.append(Difference("PATTERN_PROPERTY_ADDED", place))
    for pattern, schema in written.patterns.items():
        place = f"{path}/patternProperties/{pattern}"
        if pattern not in members.patterns and coverage.differences(members.rest, written.node.below(schema), place):
            found.append(Difference("PATTERN_PROPERTY_REMOVED", place))
    return found


def _count_differences(
    said: Mapping[str, Any], given: Mapping[str, Any], written: _Members, path: str
) -> list[Difference]:
    most = {"maxProperties": len(written.named)} if written.is_closed else {}
    least = {"minProperties": len(set(given.get("required") or ()))}
    found = [
        *upper_difference(said, {**most, **given}, "maxProperties", "MAX_PROPERTIES"),
        *lower_difference(said, {**least, **given}, "minProperties", "MIN_PROPERTIES"),
    ]
    return [Difference(kind, f"{path}/{word}") for kind, word in found]


def array_differences(coverage: Coverage, reader: Node, writer: Node, path: str) -> list[Difference]:
    said, given = reader.keywords(), writer.keywords()
    first, rest = _items(reader)
    written, written_rest = _items(writer)
    most = given.get("maxItems")
    count = max(len(first), len(written))
    found: list[Difference] = []
    for index in range(count if most is None else min(count, most)):
        target = first[index] if index < len(first) else rest
        source = written[index] if index < len(written) else written_rest
        found += coverage.differences(target, source, f"{path}/items/{index}")
    if most is None or most > count:
        found += coverage.differences(rest, written_rest, f"{path}/items")
    bounds = [
        *upper_difference(said, given, "maxItems", "MAX_ITEMS"),
        *lower_difference(said, given, "minItems", "MIN_ITEMS"),
    ]
    found += [Difference(kind, f"{path}/{word}") for kind, word in bounds]
    if said.get("uniqueItems") is True and given.get("uniqueItems") is not True and (most is None or most > 1):
        found.append(Difference("UNIQUE_ITEMS_ADDED", f"{path}/uniqueItems"))
    return found


def _items(node: Node) -> tuple[list[Node], Node]:
    """The schemas of the first items, one each, and the schema of all that follow."""
    keywords = node.keywords()
    prefix, items = keywords.get("prefixItems"), keywords.get("items", True)
    if isinstance(prefix, list):
        return [node.below(each) for each in prefix], node.below(items)
    if isinstance(items, list):
        return [node.below(each) for each in items], node.below(keywords.get("additionalItems", True))
    return [], node.below(items)
