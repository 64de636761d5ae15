"""PROTOBUF: stored, versioned and served; changes are judged by Buf where it is installed, and not at all without it: a
guess would be worse than a refusal."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from proto_schema_parser import ast

from sandbox.registry.formats import Explanation, InvalidSchema, Places, Problem, Referenced, Unchecked
from sandbox.registry.protobuf.breaking import Breaking, breaking_changes
from sandbox.registry.protobuf.descriptor import descriptor_name
from sandbox.registry.protobuf.places import places
from sandbox.registry.protobuf.text import canonical_text, check, read_text

__all__ = ["ParsedProtobuf", "ProtobufFormat"]

REMEDIES = {
    "MESSAGE_NO_DELETE": "keep the message",
    "FIELD_WIRE_COMPATIBLE_TYPE": "keep the type, or add a field with another number",
    "FIELD_WIRE_COMPATIBLE_CARDINALITY": "keep the cardinality, or add a field with another number",
    "FIELD_SAME_ONEOF": "keep the field where it is, or add a field with another number",
    "MESSAGE_SAME_REQUIRED_FIELDS": "make the field optional",
}
DESCRIPTION = "The {{reader}} schema cannot read all data of the {{writer}} schema at '{place}'"
FIRST = "keep it as it is, and add the new form as a field with another number"


@dataclass(frozen=True)
class ParsedProtobuf:
    """`serialized` says that the text is a base64 descriptor; `imports` are the texts of the references by name."""

    canonical: str
    serialized: bool
    imports: Mapping[str, str] = field(default_factory=dict)

    @property
    def normalised(self) -> str:
        return self.canonical

    @property
    def forms(self) -> Mapping[str, Callable[[], str]]:
        return {"serialized": lambda: self.canonical} if self.serialized else {}


class ProtobufFormat:
    works_long = True

    def parse(self, text: str, references: Sequence[Referenced], *, is_new: bool) -> ParsedProtobuf:
        if descriptor_name(text.strip()) is not None:
            return ParsedProtobuf(text.strip(), serialized=True)
        try:
            file = read_text(text)
            if is_new:
                check(file, {each.name: _read_reference(each.text) for each in references})
            imports = {each.name: each.text for each in references}
            return ParsedProtobuf(canonical_text(file), serialized=False, imports=imports)
        except RecursionError:
            raise InvalidSchema("is nested too deeply") from None

    def problems(self, reader: ParsedProtobuf, writer: ParsedProtobuf) -> list[Problem]:
        return [
            Problem(each.rule, each.where, each.message, DESCRIPTION.format(place=each.where))
            for each in self._breaking(reader, writer)
        ]

    def explain(self, reader: ParsedProtobuf, writer: ParsedProtobuf, *, reader_is_new: bool) -> list[Explanation]:
        return [
            Explanation(each.where, each.message, REMEDIES[each.rule] if reader_is_new else FIRST)
            for each in self._breaking(reader, writer)
        ]

    @staticmethod
    def _breaking(reader: ParsedProtobuf, writer: ParsedProtobuf) -> list[Breaking]:
        if reader == writer:
            return []
        if reader.serialized or writer.serialized:
            raise Unchecked(
                "Compatibility of Protobuf descriptors cannot be told here",
                hint="register .proto text, or set the subject's compatibility to NONE",
            )
        return breaking_changes(reader.canonical, reader.imports, writer.canonical, writer.imports)

    def places(self, schema: ParsedProtobuf) -> Places:
        if schema.serialized:
            return Places("schema", {"": {"descriptor": schema.canonical}})
        return places(read_text(schema.canonical))


def _read_reference(text: str) -> ast.File | None:
    return None if descriptor_name(text.strip()) is not None else read_text(text)
