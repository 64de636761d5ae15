"""The contracts as data: topics (`topics.yaml`) and Avro schemas (`schemas/*.avsc`), built in or from a folder.

A folder given by `--contracts` has the same two things in the same places and replaces the built-in ones.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from sandbox.contracts.names import DLQ_SUFFIX
from sandbox.errors import InvalidFile

__all__ = ["BUILT_IN", "Contracts", "Topic"]

BUILT_IN = Path(__file__).parent
DAY_MS = 86_400_000


@dataclass(frozen=True, slots=True)
class Topic:
    """`key` says in words what the record key is; `schema` is the record's name, for Avro topics. `written_by` names
    services, `read_by` the consumer group of each service that reads."""

    name: str
    key: str
    format: Literal["avro", "json"]
    partitions: int
    retention_ms: int
    schema: str | None = None
    written_by: tuple[str, ...] = ()
    read_by: Mapping[str, str] = field(default_factory=dict, hash=False)

    @property
    def is_dead_letters(self) -> bool:
        return self.name.endswith(DLQ_SUFFIX)


class _TopicEntry(BaseModel):
    model_config = ConfigDict(extra="forbid")
    name: str = Field(min_length=1, max_length=249, pattern=r"^[A-Za-z0-9._-]+$")
    key: str = "any"
    format: Literal["avro", "json"]
    schema_: str | None = Field(default=None, alias="schema")
    partitions: int = Field(ge=1)
    retention_days: float = Field(gt=0)
    dead_letters: bool = False
    written_by: tuple[str, ...] = ()
    """The services that write it."""
    read_by: dict[str, str] = Field(default_factory=dict)
    """The services that read it, each with its consumer group."""


class _DeadLetters(BaseModel):
    model_config = ConfigDict(extra="forbid")
    key: str
    format: Literal["json"]
    partitions: int = Field(ge=1)
    retention_days: float = Field(gt=0)


class _TopicsFile(BaseModel):
    model_config = ConfigDict(extra="forbid")
    dead_letters: _DeadLetters
    topics: list[_TopicEntry]


class Contracts:
    """Topics by logical name, and parsed Avro schemas by record name."""

    def __init__(self, topics: dict[str, Topic], schemas: dict[str, dict[str, Any]]) -> None:
        self.topics = topics
        self.schemas = schemas

    @classmethod
    def load(cls, folder: Path | None = None) -> Contracts:
        """Read `topics.yaml` and `schemas/*.avsc` of `folder` (default: the built-in ones). Raises InvalidFile."""
        root = folder or BUILT_IN
        schemas = {path.stem: _schema(path) for path in sorted((root / "schemas").glob("*.avsc"))}
        topics = {topic.name: topic for topic in _topics(root / "topics.yaml")}
        for topic in topics.values():
            if topic.schema is not None and topic.schema not in schemas:
                raise InvalidFile(
                    f"topic {topic.name} names the schema {topic.schema}, which has no file",
                    where=str(root / "topics.yaml"),
                    hint=f"add schemas/{topic.schema}.avsc, or use one of {', '.join(schemas) or 'none so far'}",
                )
        return cls(topics, schemas)

    @cached_property
    def names(self) -> tuple[str, ...]:
        return tuple(self.topics)

    def schema_of(self, topic: str) -> dict[str, Any] | None:
        """The Avro schema of a topic's values, or None for JSON and unknown topics."""
        known = self.topics.get(topic)
        return self.schemas[known.schema] if known and known.schema else None

    def avro_topics(self) -> Iterator[tuple[Topic, dict[str, Any]]]:
        return ((topic, self.schemas[topic.schema]) for topic in self.topics.values() if topic.schema)


def _topics(path: Path) -> Iterator[Topic]:
    try:
        text = path.read_text(encoding="utf-8")
        parsed = _TopicsFile.model_validate(yaml.safe_load(text))
    except OSError as error:
        raise InvalidFile(f"cannot be read: {error.strerror}", where=str(path)) from None
    except yaml.YAMLError as error:
        raise InvalidFile(f"is not YAML: {error}", where=str(path)) from None
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        raise InvalidFile(f"{place}: {first['msg']}", where=str(path)) from None
    dead = parsed.dead_letters
    for entry in parsed.topics:
        retention_ms = int(entry.retention_days * DAY_MS)
        yield Topic(
            entry.name, entry.key, entry.format, entry.partitions, retention_ms, entry.schema_,
            written_by=entry.written_by, read_by=entry.read_by,
        )  # fmt: skip
        if entry.dead_letters:
            name, retention_ms = f"{entry.name}{DLQ_SUFFIX}", int(dead.retention_days * DAY_MS)
            yield Topic(name, dead.key, dead.format, dead.partitions, retention_ms, written_by=tuple(entry.read_by))


def _schema(path: Path) -> dict[str, Any]:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise InvalidFile(f"is not an Avro schema in JSON: {error}", where=str(path)) from None
