"""PROTOBUF: stored, versioned and served. Changed schemas are not judged: no library here can, and a guess would be
worse than a refusal."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from proto_schema_parser import ast

from sandbox.registry.formats import Explanation, InvalidSchema, Places, Problem, Referenced, Unchecked
from sandbox.registry.protobuf.descriptor import descriptor_name
from sandbox.registry.protobuf.places import places
from sandbox.registry.protobuf.text import canonical_text, check, read_text

__all__ = ["ParsedProtobuf", "ProtobufFormat"]


@dataclass(frozen=True)
class ParsedProtobuf:
    """`serialized` says that the text is a base64 descriptor."""

    canonical: str
    serialized: bool

    @property
    def normalised(self) -> str:
        return self.canonical

    @property
    def forms(self) -> Mapping[str, Callable[[], str]]:
        return {"serialized": lambda: self.canonical} if self.serialized else {}


class ProtobufFormat:
    def parse(self, text: str, references: Sequence[Referenced], *, is_new: bool) -> ParsedProtobuf:
        if descriptor_name(text.strip()) is not None:
            return ParsedProtobuf(text.strip(), serialized=True)
        try:
            file = read_text(text)
            if is_new:
                check(file, {each.name: _read_reference(each.text) for each in references})
            return ParsedProtobuf(canonical_text(file), serialized=False)
        except RecursionError:
            raise InvalidSchema("is nested too deeply") from None

    def problems(self, reader: ParsedProtobuf, writer: ParsedProtobuf) -> list[Problem]:
        if reader.canonical == writer.canonical:
            return []
        raise Unchecked(
            "Compatibility of Protobuf schemas cannot be told here",
            hint="set the subject's compatibility to NONE to register another version",
        )

    def explain(self, reader: ParsedProtobuf, writer: ParsedProtobuf, *, reader_is_new: bool) -> list[Explanation]:
        self.problems(reader, writer)
        return []

    def places(self, schema: ParsedProtobuf) -> Places:
        if schema.serialized:
            return Places("schema", {"": {"descriptor": schema.canonical}})
        return places(read_text(schema.canonical))


def _read_reference(text: str) -> ast.File | None:
    return None if descriptor_name(text.strip()) is not None else read_text(text)
