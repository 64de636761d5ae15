"""JSON: JSON Schema of draft 4 to 2020-12 (draft 7 unless `$schema` says otherwise, as Confluent takes it)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from sandbox.registry.avro.parser import InvalidAvro, read_json
from sandbox.registry.formats import Explanation, InvalidSchema, Places, Problem, Referenced, Unchecked
from sandbox.registry.java_json import dump
from sandbox.registry.json_schema.coverage import Coverage, Difference, Undecided
from sandbox.registry.json_schema.document import Document, Node, UnknownReference
from sandbox.registry.json_schema.explanation import explain
from sandbox.registry.json_schema.places import places
from sandbox.registry.json_schema.validation import check_form, takes

__all__ = ["JsonSchemaFormat", "ParsedJsonSchema"]

META_SCHEMAS = ("http://json-schema.org/", "https://json-schema.org/")


@dataclass(frozen=True)
class ParsedJsonSchema:
    document: Document

    @cached_property
    def canonical(self) -> str:
        """Compact, members in the order given, as Confluent keeps it."""
        return dump(self.document.root)

    @property
    def normalised(self) -> str:
        return dump(_sorted(self.document.root))

    @property
    def forms(self) -> Mapping[str, Callable[[], str]]:
        return {}


class JsonSchemaFormat:
    works_long = True

    def parse(self, text: str, references: Sequence[Referenced], *, is_new: bool) -> ParsedJsonSchema:
        try:
            others = {each.name: read_json(each.text) for each in references}
            document = Document(read_json(text), others)
            check_form(document)
            if is_new:
                _check_references(document)
            parsed = ParsedJsonSchema(document)
            _ = parsed.canonical
        except InvalidAvro as error:
            raise InvalidSchema(error.message) from None
        except RecursionError:
            raise InvalidSchema("is nested too deeply") from None
        return parsed

    def problems(self, reader: ParsedJsonSchema, writer: ParsedJsonSchema) -> list[Problem]:
        found = self._differences(reader, writer)
        return [Problem(each.kind, each.path, "", _describe(each.kind, each.path)) for each in found]

    def explain(self, reader: ParsedJsonSchema, writer: ParsedJsonSchema, *, reader_is_new: bool) -> list[Explanation]:
        root = reader.document.root
        return [explain(each, root, reader_is_new=reader_is_new) for each in self._differences(reader, writer)]

    def places(self, schema: ParsedJsonSchema) -> Places:
        return places(schema.document.root)

    @staticmethod
    def _differences(reader: ParsedJsonSchema, writer: ParsedJsonSchema) -> list[Difference]:
        old, new = (Node(each.document, each.document.root) for each in (writer, reader))
        try:
            return Coverage(takes).differences(new, old)
        except Undecided as error:
            keyword, path = error.args
            raise Unchecked(
                f"Compatibility of these JSON schemas cannot be told: {keyword} at {path}",
                hint="set the subject's compatibility to NONE to register it",
            ) from None
        except RecursionError:
            raise Unchecked("Compatibility of these JSON schemas cannot be told: they are nested too deeply") from None


def _describe(kind: str, path: str) -> str:
    return f"The {{reader}} schema does not take everything that the {{writer}} schema takes at path '{path}': " + (
        kind.lower().replace("_", " ")
    )


def _check_references(document: Document) -> None:
    """Raises InvalidSchema for a `$ref` that leads nowhere."""
    for reference in document.references():
        if reference.startswith(META_SCHEMAS):
            continue
        try:
            document.find(reference)
        except UnknownReference:
            raise InvalidSchema(f'the reference "{reference}" leads nowhere') from None


def _sorted(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _sorted(value[name]) for name in sorted(value)}
    return [_sorted(item) for item in value] if isinstance(value, list) else value
