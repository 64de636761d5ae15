"""A JSON Schema document and the documents it refers to."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote, urldefrag

__all__ = ["Document", "Node", "UnknownReference", "expanded_size"]

DECISIVE = frozenset(
    {
        "type", "enum", "const", "multipleOf", "maximum", "exclusiveMaximum", "minimum", "exclusiveMinimum",
        "maxLength", "minLength", "pattern", "items", "additionalItems", "prefixItems", "maxItems", "minItems",
        "uniqueItems", "contains", "minContains", "maxContains", "maxProperties", "minProperties", "required",
        "properties", "patternProperties", "additionalProperties", "dependencies", "dependentRequired",
        "dependentSchemas", "propertyNames", "if", "then", "else", "allOf", "anyOf", "oneOf", "not", "$ref",
        "$dynamicRef", "$recursiveRef", "unevaluatedProperties", "unevaluatedItems", "disallow", "extends",
    }
)  # fmt: skip
"""The members that decide whether a document is valid. Others are annotations, `format` too."""
VALUES = ("enum", "const", "default", "examples", "example")
"""The members that hold values instead of schemas."""
SHELVES = ("$defs", "definitions")
"""The members whose schemas hold only where they are referred to."""
OLD_DRAFTS = ("draft-03", "draft-04", "draft-06", "draft-07")


class UnknownReference(ValueError):
    """A `$ref` that leads nowhere; `args` are the reference and its place."""


@dataclass(frozen=True, slots=True)
class Document:
    """`name` is what others call it by (None for the schema itself); `others` are the referenced documents by name."""

    root: Any
    others: Mapping[str, Any]
    name: str | None = None

    @property
    def siblings_count(self) -> bool:
        """Whether members beside a `$ref` count: since draft 2019-09; without `$schema` it is draft 7."""
        dialect = self.root.get("$schema") if isinstance(self.root, dict) else None
        return isinstance(dialect, str) and not any(draft in dialect for draft in OLD_DRAFTS)

    def find(self, reference: str) -> tuple[Document, Any]:
        """The document and the schema that a `$ref` leads to. Raises UnknownReference."""
        try:
            base, fragment = urldefrag(reference)
        except ValueError:
            raise UnknownReference(reference) from None
        document = self._document(base)
        if document is None:
            raise UnknownReference(reference)
        return document, document._within(unquote(fragment), reference)

    def _document(self, base: str) -> Document | None:
        if not base or base in (self.name, _id(self.root)):
            return self
        if base in self.others:
            return Document(self.others[base], self.others, base)
        named = ((name, root) for name, root in self.others.items() if _id(root) == base)
        return next((Document(root, self.others, name) for name, root in named), None)

    def _within(self, fragment: str, reference: str) -> Any:
        if fragment and not fragment.startswith("/"):
            found = next((each for each in _schemas(self.root) if _anchor(each) == fragment), None)
            if found is None:
                raise UnknownReference(reference)
            return found
        value = self.root
        for part in fragment.split("/")[1:]:
            key = part.replace("~1", "/").replace("~0", "~")
            if isinstance(value, dict) and key in value:
                value = value[key]
            elif isinstance(value, list) and key.isdigit() and int(key) < len(value):
                value = value[int(key)]
            else:
                raise UnknownReference(reference)
        return value

    def references(self) -> Iterator[str]:
        """Every `$ref` of the document itself."""
        for each in _schemas(self.root):
            if isinstance(each.get("$ref"), str):
                yield each["$ref"]


@dataclass(frozen=True, slots=True)
class Node:
    """A schema within a document: True and {} take everything, False nothing."""

    document: Document
    schema: Any

    @property
    def identity(self) -> int:
        return id(self.schema)

    def keywords(self) -> Mapping[str, Any]:
        """The members that decide."""
        if not isinstance(self.schema, dict):
            return {}
        return {name: value for name, value in self.schema.items() if name in DECISIVE}

    @property
    def takes_everything(self) -> bool:
        return self.schema is True or (isinstance(self.schema, dict) and not self.keywords())

    @property
    def takes_nothing(self) -> bool:
        return self.schema is False

    def below(self, schema: Any) -> Node:
        return Node(self.document, schema)

    def resolved(self) -> Node:
        """The node that a chain of plain `$ref`s ends at. Raises UnknownReference."""
        node = self
        for _ in range(100):
            keywords = node.keywords()
            reference = keywords.get("$ref")
            if not isinstance(reference, str) or (node.document.siblings_count and len(keywords) > 1):
                return node
            node = Node(*node.document.find(reference))
        raise UnknownReference(reference)


def expanded_size(node: Node) -> int:
    """How many schemas there are with every `$ref` written out; what refers back to itself counts once."""
    return _expanded_size(node, {})


def _expanded_size(node: Node, known: dict[int, int]) -> int:
    schema = node.schema
    if isinstance(schema, list):
        return sum(_expanded_size(node.below(each), known) for each in schema)
    if not isinstance(schema, dict):
        return 0
    if node.identity not in known:
        known[node.identity] = 0
        parts = (item for name, item in schema.items() if name not in VALUES and name not in SHELVES)
        size = 1 + sum(_expanded_size(node.below(item), known) for item in parts)
        if isinstance(reference := schema.get("$ref"), str):
            with suppress(UnknownReference):
                size += _expanded_size(Node(*node.document.find(reference)), known)
        known[node.identity] = size
    return known[node.identity]


def _schemas(value: Any) -> Iterator[dict[str, Any]]:
    """Every object in a document, outermost first, without those that are values."""
    waiting = [value]
    while waiting:
        each = waiting.pop()
        if isinstance(each, dict):
            yield each
            waiting.extend(item for name, item in each.items() if name not in VALUES)
        elif isinstance(each, list):
            waiting.extend(each)


def _id(root: Any) -> str | None:
    found = root.get("$id", root.get("id")) if isinstance(root, dict) else None
    return found.rstrip("#") if isinstance(found, str) else None


def _anchor(schema: Mapping[str, Any]) -> str | None:
    if isinstance(schema.get("$anchor"), str):
        return schema["$anchor"]
    own = schema.get("$id", schema.get("id"))
    return own[1:] if isinstance(own, str) and own.startswith("#") else None
