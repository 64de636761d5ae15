"""AVRO: Java Avro's canonical text and compatibility."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from sandbox.registry.avro.compatibility import Incompatibility, check_reader
from sandbox.registry.avro.explanation import explain
from sandbox.registry.avro.parser import InvalidAvro, named_types, parse
from sandbox.registry.avro.places import places
from sandbox.registry.avro.printer import canonical_text, normalized_text
from sandbox.registry.avro.tags import retag
from sandbox.registry.avro.types import AvroType, Named
from sandbox.registry.formats import Explanation, InvalidSchema, Places, Problem, Referenced

__all__ = ["AvroFormat", "ParsedAvro"]

_DESCRIPTIONS = {
    "FIXED_SIZE_MISMATCH": "The size of FIXED type field at path '{path}' in the {{reader}} schema does not match with "
    "the {{writer}} schema",
    "TYPE_MISMATCH": "The type (path '{path}') of a field in the {{reader}} schema does not match with the {{writer}} "
    "schema",
    "NAME_MISMATCH": "The name of the schema has changed (path '{path}')",
    "MISSING_ENUM_SYMBOLS": "The {{reader}} schema is missing enum symbols '{detail}' at path '{path}' in the "
    "{{writer}} schema",
    "MISSING_UNION_BRANCH": "The {{reader}} schema is missing a type inside a union field at path '{path}' in the "
    "{{writer}} schema",
    "READER_FIELD_MISSING_DEFAULT_VALUE": "The field '{detail}' at path '{path}' in the {{reader}} schema has no "
    "default value and is missing in the {{writer}} schema",
    "AMBIGUOUS_ALIAS": "A field at path '{path}' in the {{reader}} schema matches more than one field of the "
    "{{writer}} schema: {detail}",
}
"""Confluent's words for Java Avro's kinds."""


@dataclass(frozen=True)
class ParsedAvro:
    type: AvroType
    known: tuple[Named, ...] = ()

    @cached_property
    def canonical(self) -> str:
        return canonical_text(self.type, (each.full_name for each in self.known))

    @cached_property
    def normalised(self) -> str:
        return normalized_text(self.type, (each.full_name for each in self.known))

    def retagged(self, add: Mapping[str, Sequence[str]], remove: Mapping[str, Sequence[str]]) -> str:
        """The canonical text with other tags; this object must not be used afterwards. Raises UnknownEntity."""
        retag(self.type, add, remove)
        return canonical_text(self.type, (each.full_name for each in self.known))

    @property
    def forms(self) -> Mapping[str, Callable[[], str]]:
        return {"resolved": lambda: canonical_text(self.type)}


class AvroFormat:
    works_long = False

    def parse(self, text: str, references: Sequence[Referenced], *, is_new: bool) -> ParsedAvro:
        known: list[Named] = []
        for each in references:
            try:
                known += (found for found in named_types(parse(each.text, known)) if found not in known)
            except InvalidAvro as error:
                raise InvalidSchema(f"the reference {each.name} {_at(error)}", where=error.where) from None
        try:
            parsed = ParsedAvro(parse(text, known, validate_defaults=is_new), tuple(known))
            _ = parsed.canonical
        except InvalidAvro as error:
            raise InvalidSchema(_at(error), where=error.where) from None
        except RecursionError:
            raise InvalidSchema("is nested too deeply") from None
        return parsed

    def problems(self, reader: ParsedAvro, writer: ParsedAvro) -> list[Problem]:
        return [_problem(each) for each in check_reader(reader.type, writer.type)]

    def explain(self, reader: ParsedAvro, writer: ParsedAvro, *, reader_is_new: bool) -> list[Explanation]:
        return explain(reader.type, writer.type, reader_is_new=reader_is_new)

    def places(self, schema: ParsedAvro) -> Places:
        return places(schema.type)


def _problem(found: Incompatibility) -> Problem:
    description = _DESCRIPTIONS[found.kind].format(path=found.path, detail=found.detail)
    return Problem(found.kind, found.path, found.detail, description)


def _at(error: InvalidAvro) -> str:
    return f"at {error.where}: {error.message}" if error.where else error.message
