"""Two schemas of one subject side by side."""

from __future__ import annotations

from collections.abc import Sequence

from sandbox.cli.schemas_registry import SchemaRegistry
from sandbox.cli.schemas_source import Candidate, is_version, read_candidate
from sandbox.errors import UsageError
from sandbox.registry.difference import Change, differences
from sandbox.registry.formats import Unchecked
from sandbox.registry.levels import Level
from sandbox.registry.verdict import judge

__all__ = ["compare", "sides"]

NEW_READS_OLD, OLD_READS_NEW = "newReadsOld", "oldReadsNew"


def sides(
    registry: SchemaRegistry,
    subject: str,
    first: str | None,
    second: str | None,
    type_: str | None,
    references: Sequence[str],
) -> tuple[Candidate, Candidate]:
    """The older and the newer of the two that the arguments mean. Raises UsageError, UnknownName or InvalidFile."""
    if first is not None and not is_version(first):
        if second is not None:
            raise UsageError(f"{first!r} is no version", where="V1", hint="a file may only come last")
        first, second = "latest", first
    if first is None:
        versions = registry.versions(subject)
        if len(versions) < 2:
            hint = "name a file to compare it with: sandbox schemas diff SUBJECT FILE"
            raise UsageError(f"{subject} has only version {versions[-1]}", where="SUBJECT", hint=hint)
        first, second = str(versions[-2]), str(versions[-1])
    old = Candidate.of(registry.version(subject, first))
    if second is None or is_version(second):
        new = Candidate.of(registry.version(subject, second or "latest"))
    else:
        new = read_candidate(second, type_, references)
    if old.type != new.type:
        raise UsageError(f"{old.shown_as} is {old.type}, {new.shown_as} is {new.type}", where=subject)
    return old, new


def compare(registry: SchemaRegistry, old: Candidate, new: Candidate) -> tuple[list[Change], dict[str, bool | None]]:
    """What changed, and who can read whose records: None where nobody can tell."""
    format_ = new.format
    before, after = old.read(registry), new.read(registry)
    directions: dict[str, bool | None] = {}
    for direction, level in ((NEW_READS_OLD, Level.BACKWARD), (OLD_READS_NEW, Level.FORWARD)):
        try:
            directions[direction] = judge(format_, level, after, [(1, before)]).is_compatible
        except Unchecked:
            directions[direction] = None
    return differences(format_.places(before), format_.places(after)), directions
