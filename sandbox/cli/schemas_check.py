"""Whether a schema fits a subject: the registry decides, and the verdict says why."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from sandbox.cli.schemas_registry import SchemaRegistry, subject_path
from sandbox.cli.schemas_source import Candidate
from sandbox.errors import UnknownName
from sandbox.registry.formats import Explanation, Parsed, Unchecked
from sandbox.registry.levels import Level
from sandbox.registry.verdict import READERS, Finding, Verdict, judge

__all__ = ["Checked", "check"]


@dataclass(frozen=True, slots=True)
class Checked:
    """`is_compatible` is None when nobody can tell: `unchecked` says why. `existing` is the version that holds this
    very schema already. `messages` are the registry's own, for what the verdict cannot explain."""

    subject: str
    candidate: Candidate
    is_compatible: bool | None
    verdict: Verdict
    existing: Mapping[str, Any] | None = None
    unchecked: Unchecked | None = None
    messages: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        existing = self.existing
        return {
            "subject": self.subject,
            "compatible": self.is_compatible,
            "level": self.verdict.level.name,
            "versions": list(self.verdict.versions),
            "registeredAs": None if existing is None else {"version": existing["version"], "id": existing["id"]},
            "findings": [each.to_json() for each in self.verdict.findings],
            "unchecked": None if self.unchecked is None else self.unchecked.message,
            "messages": list(self.messages),
        }


def check(registry: SchemaRegistry, subject: str, candidate: Candidate, *, normalize: bool = False) -> Checked:
    """Look at a schema without registering it. Raises InvalidFile with the place for what is no schema."""
    new = candidate.read(registry)
    config = registry.config(subject)
    level = Level[config["compatibilityLevel"]]
    existing = registry.registered(subject, candidate.body(), normalize=normalize)
    if existing is not None:
        return Checked(subject, candidate, True, Verdict(level, (), ()), existing)
    olds = _looked_at(registry, subject, level, config.get("compatibilityGroup"))
    path = f"/compatibility{subject_path(subject, '/versions')}"
    answer = registry.call("POST", path, candidate.body(), verbose=True, normalize=normalize)
    fits = bool(answer["is_compatible"])
    try:
        verdict = _judge(registry, level, candidate, new, olds)
    except Unchecked as error:
        unknown = Verdict(level, tuple(version["version"] for version in olds), ())
        return Checked(subject, candidate, True if fits else None, unknown, unchecked=None if fits else error)
    if fits:
        verdict = replace(verdict, findings=())
    messages = tuple(answer.get("messages", ())) if not fits and verdict.is_compatible else ()
    return Checked(subject, candidate, fits, verdict, messages=messages)


def _looked_at(registry: SchemaRegistry, subject: str, level: Level, group: str | None) -> list[dict[str, Any]]:
    """The versions that the level looks at, newest first; with a compatibility group, those of the newest one's."""
    try:
        numbers = registry.versions(subject)[::-1]
    except UnknownName:
        return []
    if level is Level.NONE:
        return []
    if not group:
        chosen = numbers if level.transitive else numbers[:1]
        return [registry.version(subject, number) for number in chosen]
    versions = [registry.version(subject, number) for number in numbers]
    same = [each for each in versions if _group(each, group) == _group(versions[0], group)]
    return same if level.transitive else same[:1]


def _group(version: Mapping[str, Any], group: str) -> Any:
    return ((version.get("metadata") or {}).get("properties") or {}).get(group)


def _judge(
    registry: SchemaRegistry, level: Level, candidate: Candidate, new: Parsed, olds: list[dict[str, Any]]
) -> Verdict:
    numbers = tuple(version["version"] for version in olds)
    others = [(version["version"], Candidate.of(version)) for version in olds]
    strange = tuple(number for number, old in others if old.type != candidate.type)
    if strange:
        types = ", ".join(sorted({old.type for _, old in others if old.type != candidate.type}))
        what = f"the schema is {candidate.type}, the subject holds {types}"
        explained = Explanation(candidate.shown_as, what, "register it under another subject")
        return Verdict(level, numbers, (Finding(READERS, strange, explained),))
    return judge(candidate.format, level, new, [(number, old.read(registry)) for number, old in others])
