"""The contracts as data: topics (`topics.yaml`) and Avro schemas (`schemas/*.avsc`), built in or from a folder.

A folder given by `--contracts` has the same two things in the same places and replaces the built-in ones.
"""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from typing import Any

from sandbox.contracts.topic import DAY_MS, Topic
from sandbox.contracts.topics_file import read_topics
from sandbox.errors import InvalidFile

__all__ = ["BUILT_IN", "DAY_MS", "Contracts", "Topic"]

BUILT_IN = Path(__file__).parent
START_FROM = f"start from the built-in ones: cp -r {BUILT_IN}/topics.yaml {BUILT_IN}/schemas DIR"


class Contracts:
    """Topics by logical name, and parsed Avro schemas by record name."""

    def __init__(self, topics: dict[str, Topic], schemas: dict[str, dict[str, Any]]) -> None:
        self.topics = topics
        self.schemas = schemas

    @classmethod
    def load(cls, folder: Path | None = None) -> Contracts:
        """Read `topics.yaml` and `schemas/*.avsc` of `folder` (default: the built-in ones).

        Raises InvalidFile, also for a file that a link takes out of the folder. Whether a schema is good Avro is not
        looked at here.
        """
        root = folder or BUILT_IN
        if not root.is_dir():
            raise InvalidFile("there is no such folder", where=str(root), hint=START_FROM)
        if not (root / "topics.yaml").exists():
            raise InvalidFile("is missing", where=str(root / "topics.yaml"), hint=START_FROM)
        placed = read_topics(_inside(root, root / "topics.yaml"))
        schemas = {path.stem: _schema(_inside(root, path)) for path in sorted((root / "schemas").glob("*.avsc"))}
        for topic, where in placed.values():
            if topic.schema is not None and topic.schema not in schemas:
                near = difflib.get_close_matches(topic.schema, schemas, 1)
                known = f"did you mean {near[0]}?" if near else f"there are {', '.join(schemas) or 'none so far'}"
                raise InvalidFile(
                    f"topic {topic.name} names the schema {topic.schema}, which has no file",
                    where=where,
                    hint=f"add schemas/{topic.schema}.avsc, or use one of those in schemas/: {known}",
                )
        return cls({name: topic for name, (topic, _) in placed.items()}, schemas)

    @cached_property
    def names(self) -> tuple[str, ...]:
        return tuple(self.topics)

    def schema_of(self, topic: str) -> dict[str, Any] | None:
        """The Avro schema of a topic's values, or None for JSON and unknown topics."""
        known = self.topics.get(topic)
        return self.schemas[known.schema] if known and known.schema else None

    def avro_topics(self) -> Iterator[tuple[Topic, dict[str, Any]]]:
        return ((topic, self.schemas[topic.schema]) for topic in self.topics.values() if topic.schema)


def _inside(root: Path, path: Path) -> Path:
    """The path, unless it leads out of `root` by a link."""
    resolved = path.resolve()
    if not resolved.is_relative_to(root.resolve()):
        raise InvalidFile(
            f"leads out of the contracts folder, to {resolved}",
            where=str(path),
            hint="put the file itself there in place of the link",
        )
    return path


def _schema(path: Path) -> dict[str, Any]:
    try:
        schema = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise InvalidFile(f"cannot be read: {error.strerror}", where=str(path)) from None
    except json.JSONDecodeError as error:
        where = f"{path}:{error.lineno}:{error.colno}"
        raise InvalidFile(f"is not JSON: {error.msg}", where=where, hint="an .avsc file is JSON") from None
    except (ValueError, RecursionError) as error:
        raise InvalidFile(f"is not JSON: {error}", where=str(path)) from None
    if not isinstance(schema, dict) or schema.get("type") != "record":
        raise InvalidFile("must be a record, as the value of every avro topic is", where=str(path))
    return schema
