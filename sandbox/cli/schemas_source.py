"""Schemas as commands take them: a file or stdin, or a version that is registered."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sandbox.cli.schemas_registry import SchemaRegistry
from sandbox.errors import InvalidFile, UsageError
from sandbox.registry.formats import Format, InvalidSchema, Parsed, Referenced, format_of

__all__ = ["TYPES", "Candidate", "is_version", "read_candidate"]

TYPES = {"avro": "AVRO", "json": "JSON", "protobuf": "PROTOBUF"}
SUFFIXES = {".avsc": "AVRO", ".json": "JSON", ".proto": "PROTOBUF"}
STDIN = "-"


@dataclass(frozen=True, slots=True)
class Candidate:
    """A schema to look at. `references` are the registry's `{name, subject, version}`; `shown_as` names it to people;
    `is_new` False for what is registered already."""

    type: str
    text: str
    references: tuple[dict[str, Any], ...]
    shown_as: str
    is_new: bool = True

    @classmethod
    def of(cls, version: dict[str, Any]) -> Candidate:
        """A version as the registry gives it."""
        references = tuple(version.get("references", ()))
        shown_as = f"version {version['version']}"
        return cls(version.get("schemaType", "AVRO"), version["schema"], references, shown_as, is_new=False)

    @property
    def format(self) -> Format:
        """Raises UsageError for a type that the sandbox cannot read."""
        format_ = format_of(self.type)
        if format_ is None:
            raise UsageError(f"a schema of type {self.type} cannot be read here", where=self.shown_as)
        return format_

    def body(self) -> dict[str, Any]:
        """What the registry is sent."""
        members: dict[str, Any] = {"schema": self.text}
        if self.type != "AVRO":
            members["schemaType"] = self.type
        if self.references:
            members["references"] = list(self.references)
        return members

    def read(self, registry: SchemaRegistry) -> Parsed:
        """The schema with its references, which the registry has. Raises InvalidFile with the place."""
        found: dict[str, Referenced] = {}
        _collect(registry, self.references, found)
        try:
            return self.format.parse(self.text, list(found.values()), is_new=self.is_new)
        except InvalidSchema as error:
            raise InvalidFile(f"no {self.type} schema: {error.message}", where=self.shown_as, hint=error.hint) from None


def _collect(registry: SchemaRegistry, references: Sequence[dict[str, Any]], found: dict[str, Referenced]) -> None:
    """What references name, after what those need in turn."""
    for each in references:
        if each["name"] not in found:
            version = registry.version(each["subject"], each["version"], deleted=True)
            _collect(registry, version.get("references", ()), found)
            found[each["name"]] = Referenced(each["name"], version["schema"])


def is_version(text: str) -> bool:
    """Whether an argument means a version rather than a file."""
    return text == "latest" or text == "-1" or (text.isascii() and text.isdigit())


def read_candidate(file: str, type_: str | None, references: Sequence[str]) -> Candidate:
    """The schema in a file or on stdin (`-`); without `type_`, the file's ending says what it is (stdin: Avro).

    Raises UsageError or InvalidFile.
    """
    shown_as = "stdin" if file == STDIN else file
    chosen = _type(file, type_)
    try:
        text = sys.stdin.read() if file == STDIN else Path(file).read_text(encoding="utf-8")
    except OSError as error:
        raise UsageError(f"cannot be read: {error.strerror}", where=shown_as) from None
    except UnicodeError:
        raise InvalidFile("is not UTF-8 text", where=shown_as) from None
    if not text.strip():
        raise InvalidFile("is empty", where=shown_as)
    return Candidate(chosen, text, tuple(map(_reference, references)), shown_as)


def _type(file: str, type_: str | None) -> str:
    if type_ is not None:
        if type_.lower() not in TYPES:
            raise UsageError(f"unknown type {type_!r}", where="--type", hint=f"choose from {', '.join(TYPES)}")
        return TYPES[type_.lower()]
    if file == STDIN:
        return "AVRO"
    found = SUFFIXES.get(Path(file).suffix.lower())
    if found is None:
        hint = "call it .avsc, .json or .proto, or say --type avro, json or protobuf"
        raise UsageError("the file's ending does not say what kind of schema it is", where=file, hint=hint)
    return found


def _reference(text: str) -> dict[str, Any]:
    name, equals, place = text.partition("=")
    subject, colon, version = place.rpartition(":")
    if not (name and equals and subject and colon and is_version(version)):
        hint = "write NAME=SUBJECT:VERSION, for example com.example.Kind=kind-value:1"
        raise UsageError(f"{text!r} is no reference", where="--reference", hint=hint)
    return {"name": name, "subject": subject, "version": -1 if version == "latest" else int(version)}
