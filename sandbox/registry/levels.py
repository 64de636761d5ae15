"""Compatibility levels: who must be able to read whom, and how far back."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from enum import Enum

from sandbox.registry.formats import Format, Parsed, Problem
from sandbox.registry.state import Version

__all__ = ["Level", "check", "looked_at"]


class Level(Enum):
    """`new_reads_old`: consumers on the new schema read data of the old one; `old_reads_new`: the other way round.
    Transitive levels look at every version that is alive, the others at the newest."""

    NONE = (False, False, False)
    BACKWARD = (True, False, False)
    BACKWARD_TRANSITIVE = (True, False, True)
    FORWARD = (False, True, False)
    FORWARD_TRANSITIVE = (False, True, True)
    FULL = (True, True, False)
    FULL_TRANSITIVE = (True, True, True)

    def __init__(self, new_reads_old: bool, old_reads_new: bool, transitive: bool) -> None:
        self.new_reads_old = new_reads_old
        self.old_reads_new = old_reads_new
        self.transitive = transitive


def check(
    level: Level,
    format_: Format,
    type_: str,
    new: Parsed,
    previous: Iterable[Version],
    parsed: Callable[[Version], Parsed],
) -> list[str]:
    """Confluent's messages about the newest of `previous` (oldest first) that `new` does not fit; empty if it fits all.

    Raises Unchecked when the format cannot tell.
    """
    for version in looked_at(level, previous):
        if version.schema.definition.type != type_:
            return ["Incompatible because of different schema type"]
        messages = [
            problem.message(reader_is_new=reader_is_new)
            for problem, reader_is_new in both_ways(level, format_, new, parsed(version))
        ]
        if messages:
            old = version.schema.definition.text
            return [*messages, f"{{oldSchemaVersion: {version.number}}}", f"{{oldSchema: '{old}'}}"]
    return []


def looked_at(level: Level, previous: Iterable[Version]) -> list[Version]:
    """The versions that the level compares with, newest first, of `previous` (oldest first)."""
    newest_first = list(previous)[::-1] if level is not Level.NONE else []
    return newest_first if level.transitive else newest_first[:1]


def both_ways(level: Level, format_: Format, new: Parsed, old: Parsed) -> list[tuple[Problem, bool]]:
    """Each problem with whether the new schema is its reader."""
    found: list[tuple[Problem, bool]] = []
    if level.new_reads_old:
        found += ((problem, True) for problem in format_.problems(new, old))
    if level.old_reads_new:
        found += ((problem, False) for problem in format_.problems(old, new))
    return found
