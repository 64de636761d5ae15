"""A compatibility check in words: what breaks, for whom, at which field, and what change would make it fit."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sandbox.registry.formats import Explanation, Format, Parsed
from sandbox.registry.levels import Level

__all__ = ["READERS", "WRITERS", "Finding", "Verdict", "judge"]

READERS = "readers"
"""Consumers on the new schema meet records of an old one."""
WRITERS = "writers"
"""Consumers still on an old schema meet records of the new one."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that breaks: for READERS or WRITERS, against these versions."""

    breaks: str
    versions: tuple[int, ...]
    explanation: Explanation

    def to_json(self) -> dict[str, Any]:
        each = self.explanation
        versions = list(self.versions)
        return {
            "breaks": self.breaks, "versions": versions, "where": each.where, "what": each.what, "remedy": each.remedy,
        }  # fmt: skip


@dataclass(frozen=True, slots=True)
class Verdict:
    """On a schema against the `versions` that the level looks at, newest first."""

    level: Level
    versions: tuple[int, ...]
    findings: tuple[Finding, ...]

    @property
    def is_compatible(self) -> bool:
        return not self.findings

    def render(self) -> str:
        """The verdict as a person reads it, several lines."""
        if self.level is Level.NONE or not self.versions:
            return f"compatible ({self.level.name}): nothing is checked"
        against = _named(self.versions)
        if self.is_compatible:
            return f"compatible with {against} ({self.level.name}): {_promise(self.level)}"
        return "\n".join([f"not compatible with {against} ({self.level.name})", *self._lines()])

    def _lines(self) -> Iterator[str]:
        for breaks, headline in (
            (READERS, "new consumers cannot read old records ({}):"),
            (WRITERS, "old consumers ({}) cannot read new records:"),
        ):
            found = [each for each in self.findings if each.breaks == breaks]
            for versions in dict.fromkeys(each.versions for each in found):
                yield headline.format(_named(versions))
                for each in found:
                    if each.versions == versions:
                        yield f"  {each.explanation.where}: {each.explanation.what}"
                        yield f"    → {each.explanation.remedy}"


def judge(format_: Format, level: Level, new: Parsed, olds: Sequence[tuple[int, Parsed]]) -> Verdict:
    """The verdict on `new` against every one of `olds`, newest first, with their version numbers.

    Raises Unchecked when the format cannot tell.
    """
    found: dict[tuple[str, Explanation], list[int]] = {}
    for number, old in olds if level is not Level.NONE else ():
        explained: list[tuple[str, Explanation]] = []
        if level.new_reads_old:
            explained += ((READERS, each) for each in format_.explain(new, old, reader_is_new=True))
        if level.old_reads_new:
            explained += ((WRITERS, each) for each in format_.explain(old, new, reader_is_new=False))
        for each in dict.fromkeys(explained):
            found.setdefault(each, []).append(number)
    findings = (Finding(breaks, tuple(numbers), each) for (breaks, each), numbers in found.items())
    return Verdict(level, tuple(number for number, _ in olds), tuple(findings))


def _promise(level: Level) -> str:
    if level.new_reads_old and level.old_reads_new:
        return "old and new consumers read old and new records"
    if level.new_reads_old:
        return "new consumers read old records; move consumers first"
    return "old consumers read new records; move producers first"


def _named(versions: Sequence[int]) -> str:
    if len(versions) == 1:
        return f"version {versions[0]}"
    *most, last = (str(each) for each in sorted(versions, reverse=True))
    return f"versions {', '.join(most)} and {last}"
