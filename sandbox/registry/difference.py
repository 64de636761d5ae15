"""What changed between two schemas of one type, place by place."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sandbox.registry.formats import Places

__all__ = ["Change", "differences"]


@dataclass(frozen=True, slots=True)
class Change:
    """`kind` is added, removed or changed; `where` is the place with the schema's name before it; `what` is the aspect
    that changed ("" for a place that came or went), `old` and `new` its values, None where there is none."""

    kind: str
    where: str
    what: str
    old: str | None
    new: str | None

    def render(self) -> str:
        if self.kind == "added":
            return f"+ {self.where}: {self.new}"
        if self.kind == "removed":
            return f"- {self.where}: {self.old}"
        return f"~ {self.where}: {self.what} {self.old or 'none'} → {self.new or 'none'}"

    def to_json(self) -> dict[str, Any]:
        return {"kind": self.kind, "where": self.where, "what": self.what or None, "old": self.old, "new": self.new}


def differences(old: Places, new: Places) -> list[Change]:
    """In the order of the new schema, what is gone after that."""
    changes: list[Change] = []
    for place, aspects in new.aspects.items():
        where, before = f"{new.root}{place}", old.aspects.get(place)
        if before is None:
            changes.append(Change("added", where, "", None, _summary(aspects)))
        else:
            changes += _changed(where, before, aspects)
    gone = [place for place in old.aspects if place not in new.aspects]
    for place in gone:
        if not any(place != other and place.startswith((f"{other}.", f"{other}[", f"{other}<")) for other in gone):
            changes.append(Change("removed", f"{old.root}{place}", "", _summary(old.aspects[place]), None))
    return changes


def _changed(where: str, before: Mapping[str, str], after: Mapping[str, str]) -> Iterator[Change]:
    """Of a type that gave way to another, its own aspects (`NodeStatus symbols`) are not told besides."""
    another = before.get("type") != after.get("type")
    for what in dict.fromkeys([*before, *after]):
        old, new = before.get(what), after.get(what)
        if old != new and not (another and " " in what and None in (old, new)):
            yield Change("changed", where, what, old, new)


def _summary(aspects: Mapping[str, str]) -> str:
    parts = [aspects.get("type", "any type"), *(["required"] if "required" in aspects else [])]
    return ", ".join([*parts, *(f"{what} {aspects[what]}" for what in ("number", "default") if what in aspects)])
