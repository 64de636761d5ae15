"""Whether a reader's schema takes every document that a writer's schema takes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sandbox.registry.json_schema.document import Node, UnknownReference, expanded_size
from sandbox.registry.json_schema.values import bounds_differences, same_value, types_of, value_key

__all__ = ["Coverage", "Difference", "Undecided"]

SUMS = ("anyOf", "oneOf")
WHOLE = (
    "not", "if", "then", "else", "dependencies", "dependentRequired", "dependentSchemas", "propertyNames", "contains",
    "minContains", "maxContains", "unevaluatedProperties", "unevaluatedItems", "$dynamicRef", "$recursiveRef",
    "disallow", "extends",
)  # fmt: skip
"""Keywords that are only compared as a whole: the same in both, or nobody can tell."""


STEP_LIMIT = 50_000
"""Comparisons of one pair: alternatives within alternatives multiply, so somebody has to stop."""
SIZE_LIMIT = 10_000
"""Schemas that one value may be held against."""


class Undecided(Exception):
    """The pair uses a keyword whose effect cannot be told from the schemas alone; `args` are keyword and path."""


class TooManySteps(Undecided):
    """The pair would take too long."""


@dataclass(frozen=True, slots=True)
class Difference:
    """Confluent's name for what breaks, and the place in the schema (`#/properties/a`)."""

    kind: str
    path: str


class Coverage:
    """`is_valid(node, value)` says whether a schema takes a value: for enums, whose values are all known."""

    def __init__(self, is_valid: Callable[[Node, Any], bool]) -> None:
        self._is_valid = is_valid
        self._steps = 0
        self._seen: dict[tuple[int, int], tuple[Any, Any]] = {}

    def count(self, path: str) -> None:
        """One more step. Raises TooManySteps."""
        self._steps += 1
        if self._steps > STEP_LIMIT:
            raise TooManySteps("the size of the schemas", path)

    def differences(self, reader: Node, writer: Node, path: str = "#") -> list[Difference]:
        """Everything that the writer may write and the reader refuses; empty when there is no such thing.

        A pair that is being looked at counts as covered, which ends recursion. Raises Undecided.
        """
        self.count(path)
        try:
            reader, writer = reader.resolved(), writer.resolved()
        except UnknownReference as error:
            raise Undecided(str(error), path) from None
        if reader.takes_everything or writer.takes_nothing:
            return []
        if reader.takes_nothing:
            return [Difference("SCHEMA_REMOVED", path)]
        pair = (reader.identity, writer.identity)
        if pair in self._seen:
            return []
        self._seen[pair] = (reader.schema, writer.schema)
        found = self._compare(reader, writer, path)
        if found:
            self._seen.pop(pair, None)
        return found

    def covers(self, reader: Node, writer: Node, path: str) -> bool:
        """Yes or no where another way may still be found; what cannot be told counts as no."""
        before = dict(self._seen)
        try:
            covered = not self.differences(reader, writer, path)
        except TooManySteps:
            raise
        except Undecided:
            covered = False
        if not covered:
            self._seen = before
        return covered

    def _compare(self, reader: Node, writer: Node, path: str) -> list[Difference]:
        values = _listed(writer)
        if values is not None:
            return [] if self._takes_all(reader, values, path) else [self._narrowed(reader, path)]
        if (sum_ := _sum(writer)) is not None:
            return self._writer_sum(reader, writer, sum_, path)
        own, parts = _split(reader)
        found: list[Difference] = []
        for part, place in parts:
            found += self._part(part, writer, f"{path}{place}")
        if own.keywords():
            found += self._plain(own, writer, path)
        return found

    def _takes_all(self, reader: Node, values: list[Any], path: str) -> bool:
        """Whether the reader takes every one of the values. Long lists are compared with each other as sets."""
        listed = _listed(reader)
        if listed is not None and "$ref" not in reader.keywords():
            known = {value_key(each) for each in listed}
            if not all(value_key(each) in known for each in values):
                return False
            reader = _without(reader, ("const",) if "const" in reader.keywords() else ("enum",))
        if reader.takes_everything:
            return True
        if expanded_size(reader) > SIZE_LIMIT:
            raise TooManySteps("the size of the schemas", path)
        for value in values:
            self.count(path)
            if not self._is_valid(reader, value):
                return False
        return True

    @staticmethod
    def _narrowed(reader: Node, path: str) -> Difference:
        return Difference("ENUM_ARRAY_NARROWED" if _listed(reader) is not None else "TYPE_NARROWED", path)

    def _writer_sum(self, reader: Node, writer: Node, branches: list[Any], path: str) -> list[Difference]:
        """Each branch must be taken; where the writer says more beside its branches, that alone may be enough."""
        beside = _without(writer, SUMS)
        if beside.keywords() and self.covers(reader, beside, path):
            return []
        found: list[Difference] = []
        for index, branch in enumerate(branches):
            found += self.differences(reader, writer.below(branch), f"{path}/{index}")
        return [Difference("SUM_TYPE_NARROWED", path), *found] if found and _sum(reader) is not None else found

    def _part(self, part: Node, writer: Node, path: str) -> list[Difference]:
        """One of the reader's conditions that hold together, or a sum of which one branch must hold."""
        candidates = [writer, *_conditions(writer)]
        if (branches := _sum(part)) is not None and not _without(part, SUMS).keywords():
            options = [(part.below(branch), candidate) for branch in branches for candidate in candidates]
            if any(self.covers(option, candidate, path) for option, candidate in options):
                return []
            if len(branches) == 1:
                return self.differences(part.below(branches[0]), writer, path)
            self._raise_if_undecided(part, branches, writer, path)
            return [Difference("SUM_TYPE_NARROWED", path)]
        if any(self.covers(part, candidate, path) for candidate in candidates[1:]):
            return []
        return self.differences(part, writer, path)

    def _raise_if_undecided(self, part: Node, branches: list[Any], writer: Node, path: str) -> None:
        for branch in branches:
            self.differences(part.below(branch), writer, path)

    def _plain(self, reader: Node, writer: Node, path: str) -> list[Difference]:
        """A reader without sums and allOf."""
        conditions = _conditions(writer)
        if any(self.covers(reader, condition, path) for condition in conditions):
            return []
        said, given = reader.keywords(), writer.keywords()
        for word in WHOLE:
            if word in said and not (word in given and same_value(said[word], given[word])):
                raise Undecided(word, path)
        if (listed := _listed(reader)) is not None:
            return [] if types_of(given) == {"null"} and None in listed else [Difference("ENUM_ARRAY_ADDED", path)]
        found = self._by_type(reader, writer, path)
        if found and conditions:
            raise Undecided("allOf", path)
        return found

    def _by_type(self, reader: Node, writer: Node, path: str) -> list[Difference]:
        from sandbox.registry.json_schema.containers import array_differences, object_differences

        said, given = reader.keywords(), writer.keywords()
        allowed, written = types_of(said), types_of(given)
        missing = {each for each in written if each not in allowed and not (each == "integer" and "number" in allowed)}
        if missing:
            shared = allowed & written or (written == {"number"} and "integer" in allowed)
            kind = "TYPE_NARROWED" if shared else "TYPE_CHANGED"
            return [Difference(kind, path)]
        found: list[Difference] = []
        if written & {"number", "integer", "string"}:
            found += [Difference(kind, f"{path}/{word}") for kind, word in bounds_differences(said, given, written)]
        if "object" in written:
            found += object_differences(self, reader, writer, path)
        if "array" in written:
            found += array_differences(self, reader, writer, path)
        return found


def _listed(node: Node) -> list[Any] | None:
    """The values of `enum` or `const`, if the schema lists them."""
    keywords = node.keywords()
    if "const" in keywords:
        return [keywords["const"]]
    listed = keywords.get("enum")
    return listed if isinstance(listed, list) else None


def _sum(node: Node) -> list[Any] | None:
    """The branches of a schema's only anyOf or oneOf (as Confluent does, both are read as a choice)."""
    found = [node.keywords()[word] for word in SUMS if word in node.keywords()]
    return found[0] if len(found) == 1 and isinstance(found[0], list) else None


def _without(node: Node, words: tuple[str, ...]) -> Node:
    if not isinstance(node.schema, dict) or not any(word in node.schema for word in words):
        return node
    return node.below({name: value for name, value in node.schema.items() if name not in words})


def _split(node: Node) -> tuple[Node, list[tuple[Node, str]]]:
    """A schema's own keywords, and the conditions that hold besides: those of allOf, a `$ref` with siblings, sums."""
    parts = list(_parts(node))
    if not parts:
        return node, []
    return _without(node, ("allOf", "$ref", *SUMS)), parts


def _parts(node: Node) -> Iterator[tuple[Node, str]]:
    keywords: Mapping[str, Any] = node.keywords()
    for index, each in enumerate(keywords.get("allOf") or ()):
        yield node.below(each), f"/allOf/{index}"
    if isinstance(keywords.get("$ref"), str) and len(keywords) > 1:
        yield node.below({"$ref": keywords["$ref"]}), "/$ref"
    for word in SUMS:
        if isinstance(keywords.get(word), list):
            yield node.below({word: keywords[word]}), f"/{word}"


def _conditions(node: Node) -> list[Node]:
    """What a writer's documents fulfil besides its own keywords: each of allOf, and a `$ref` with siblings."""
    return [each for each, place in _parts(node) if not place.endswith(SUMS)]
