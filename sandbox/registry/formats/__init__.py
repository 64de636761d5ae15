"""The kinds of schema that the registry knows: one file each, one table.

A format reads text into a `Parsed` form, prints its canonical text, says what keeps one schema from reading the data of
another, to programs and to people, and names the places of a schema that people compare. Libraries that only one format
needs are imported when it is first used.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from sandbox.errors import SandboxError

__all__ = [
    "FORMATS",
    "Explanation",
    "Format",
    "InvalidSchema",
    "Parsed",
    "Places",
    "Problem",
    "Referenced",
    "Unchecked",
    "format_of",
]


class InvalidSchema(SandboxError):
    """The text is no schema of its type; `where` is the place in it."""


class Unchecked(SandboxError):
    """Nothing here can tell whether these two schemas are compatible."""


@dataclass(frozen=True, slots=True)
class Referenced:
    """A schema that another one refers to by `name`; listed before the schemas that need it."""

    name: str
    text: str


@dataclass(frozen=True, slots=True)
class Problem:
    """One reason why a reader cannot read a writer's data. `path` is the place in the reader; `description` holds
    `{reader}` and `{writer}` where a message says which of the two schemas is the new one."""

    kind: str
    path: str
    detail: str
    description: str

    def message(self, *, reader_is_new: bool) -> str:
        """Confluent's form of it, in the verbose answer and in 409."""
        reader, writer = ("new", "old") if reader_is_new else ("old", "new")
        text = self.description.replace("{reader}", reader).replace("{writer}", writer)
        return f"{{errorType:'{self.kind}', description:'{text}', additionalInfo:'{self.detail}'}}"


@dataclass(frozen=True, slots=True)
class Explanation:
    """A problem as a person reads it: `where` names the field, `what` breaks there, `remedy` is a change that fits."""

    where: str
    what: str
    remedy: str


@dataclass(frozen=True, slots=True)
class Places:
    """What people compare: below the schema called `root`, each place (`.vector_timestamp.event_ts_ms`; "" is the
    schema itself) with its aspects (`type`, `default`…), all as text. The aspect `type` says most."""

    root: str
    aspects: Mapping[str, Mapping[str, str]]


class Parsed(Protocol):
    """A schema read. `canonical` is the text that is stored, `normalised` the one of `normalize=true`."""

    @property
    def canonical(self) -> str: ...

    @property
    def normalised(self) -> str: ...

    @property
    def forms(self) -> Mapping[str, Callable[[], str]]:
        """What else the schema can be shown as: a value of the query parameter `format` → the text."""


class Format(Protocol):
    """One value of `schemaType`."""

    works_long: bool
    """Whether `problems` may take a while, so that it belongs into a thread."""

    def parse(self, text: str, references: Sequence[Referenced], *, is_new: bool) -> Parsed:
        """`is_new` False for schemas that are stored already, which pass even with a bad default.

        Raises InvalidSchema.
        """

    def problems(self, reader: Parsed, writer: Parsed) -> list[Problem]:
        """Everything that keeps `reader` from reading data of `writer`. Raises Unchecked when that cannot be told."""

    def explain(self, reader: Parsed, writer: Parsed, *, reader_is_new: bool) -> list[Explanation]:
        """The same for people; `reader_is_new` says which of the two is the newer schema. Raises Unchecked."""

    def places(self, schema: Parsed) -> Places:
        """The places of a schema."""


def _avro() -> Format:
    from sandbox.registry.formats.avro import AvroFormat

    return AvroFormat()


def _json() -> Format:
    from sandbox.registry.formats.json_schema import JsonSchemaFormat

    return JsonSchemaFormat()


def _protobuf() -> Format:
    from sandbox.registry.formats.protobuf import ProtobufFormat

    return ProtobufFormat()


FORMATS = {"JSON": _json, "PROTOBUF": _protobuf, "AVRO": _avro}
"""`schemaType` → what makes its format, in the order of GET `/schemas/types`."""


def format_of(type_: str) -> Format | None:
    make = FORMATS.get(type_)
    return make() if make else None
