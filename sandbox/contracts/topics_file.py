"""Reads a contracts folder's `topics.yaml`; every mistake is told with its line, and with the way out."""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from sandbox.contracts.names import DLQ_SUFFIX
from sandbox.contracts.topic import DAY_MS, Topic
from sandbox.errors import InvalidFile

__all__ = ["read_topics"]


class _TopicEntry(BaseModel):
    model_config = ConfigDict(extra="forbid")
    name: str = Field(min_length=1, max_length=249, pattern=r"^[A-Za-z0-9._-]+$")
    """As Kafka takes it: letters, digits, `.`, `_` and `-`."""
    key: str = "any"
    """What the record key is, in words."""
    format: Literal["avro", "json"]
    """How values are written."""
    schema_: str | None = Field(default=None, alias="schema", pattern=r"^[A-Za-z0-9._-]+$")
    """Name of a file in `schemas/`, without `.avsc`; Avro only."""
    partitions: int = Field(ge=1, le=1000)
    retention_days: float = Field(gt=0)
    dead_letters: bool = False
    """Whether it has a dead-letter topic, `{name}.dlq`."""
    written_by: tuple[str, ...] = ()
    """The services that write it, besides ours."""
    read_by: dict[str, str] = Field(default_factory=dict)
    """The services that read it, besides ours, each with its consumer group."""

    @model_validator(mode="after")
    def _schema_where_avro(self) -> _TopicEntry:
        if self.format == "avro" and self.schema_ is None:
            raise ValueError("an avro topic needs `schema`, the name of a file in schemas/ without .avsc")
        if self.format == "json" and self.schema_ is not None:
            raise ValueError("a json topic has no use for `schema`: write `format: avro`, or leave it out")
        return self


class _DeadLetters(BaseModel):
    model_config = ConfigDict(extra="forbid")
    key: str = "original key"
    format: Literal["json"] = "json"
    partitions: int = Field(default=3, ge=1, le=1000)
    retention_days: float = Field(default=90, gt=0)


class _TopicsFile(BaseModel):
    model_config = ConfigDict(extra="forbid")
    dead_letters: _DeadLetters = _DeadLetters()
    """Settings of all dead-letter topics."""
    topics: list[_TopicEntry] = Field(min_length=1)


_KEYS: dict[type[BaseModel], tuple[str, ...]] = {
    model: tuple(field.alias or name for name, field in model.model_fields.items())
    for model in (_TopicsFile, _DeadLetters, _TopicEntry)
}


def read_topics(path: Path) -> dict[str, tuple[Topic, str]]:
    """Topics by name, each with its `file:line`; dead-letter topics follow theirs. Raises InvalidFile."""
    try:
        loader = yaml.SafeLoader(path.read_text(encoding="utf-8"))
        node = loader.get_single_node()  # kept for the lines of mistakes
        parsed = _TopicsFile.model_validate(None if node is None else loader.construct_document(node))
    except OSError as error:
        raise InvalidFile(f"cannot be read: {error.strerror}", where=str(path)) from None
    except UnicodeError:
        raise InvalidFile("is not UTF-8 text", where=str(path)) from None
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        where = f"{path}:{mark.line + 1}:{mark.column + 1}" if mark else str(path)
        raise InvalidFile(f"is not YAML: {error.problem}", where=where) from None
    except yaml.YAMLError as error:
        raise InvalidFile(f"is not YAML: {error}", where=str(path)) from None
    except ValidationError as error:
        raise _invalid(error, path, node) from None
    topics: dict[str, tuple[Topic, str]] = {}
    for place, entry in enumerate(parsed.topics):
        where = f"{path}:{_line(node, ('topics', place))}"
        for topic in _made(entry, parsed.dead_letters):
            if topic.name in topics:
                raise InvalidFile(f"topic {topic.name} is there already", where=where, hint="remove one of the two")
            topics[topic.name] = (topic, where)
    return topics


def _made(entry: _TopicEntry, dead: _DeadLetters) -> Iterator[Topic]:
    retention_ms = int(entry.retention_days * DAY_MS)
    yield Topic(
        entry.name, entry.key, entry.format, entry.partitions, retention_ms, entry.schema_,
        written_by=entry.written_by, read_by=entry.read_by,
    )  # fmt: skip
    if entry.dead_letters:
        retention_ms = int(dead.retention_days * DAY_MS)
        yield Topic(f"{entry.name}{DLQ_SUFFIX}", dead.key, dead.format, dead.partitions, retention_ms)


def _invalid(error: ValidationError, path: Path, node: yaml.Node | None) -> InvalidFile:
    first = error.errors()[0]
    place: tuple[Any, ...] = first["loc"]
    where = f"{path}:{_line(node, place)}"
    if node is None:
        return InvalidFile("is empty", where=str(path), hint="list `topics:` in it, as docs/contracts.md shows")
    if first["type"] == "extra_forbidden":
        known = _KEYS[_TopicsFile if len(place) == 1 else _DeadLetters if place[0] == "dead_letters" else _TopicEntry]
        near = difflib.get_close_matches(str(place[-1]), known, 1)
        hint = f"did you mean {near[0]}?" if near else f"known keys: {', '.join(known)}"
        return InvalidFile(f"unknown key {place[-1]!r}", where=where, hint=hint)
    if first["type"] == "missing":
        known = _KEYS[_TopicEntry if len(place) > 1 else _TopicsFile]
        return InvalidFile(f"{place[-1]} is missing", where=where, hint=f"known keys: {', '.join(known)}")
    said = str(first["msg"]).removeprefix("Value error, ")
    named = ".".join(str(part) for part in place if isinstance(part, str) and part != "topics")
    return InvalidFile(f"{named}: {said}" if named else said, where=where)


def _line(node: yaml.Node | None, place: tuple[Any, ...]) -> int:
    """The line of what stands at `place`, or of what should hold it."""
    line = 1 if node is None else node.start_mark.line + 1
    for part in place:
        if isinstance(node, yaml.MappingNode):
            found = next(((key, value) for key, value in node.value if key.value == part), None)
            if found is None:
                return line
            line, node = found[0].start_mark.line + 1, found[1]
        elif isinstance(node, yaml.SequenceNode) and isinstance(part, int) and part < len(node.value):
            node = node.value[part]
            line = node.start_mark.line + 1
        else:
            return line
    return line
