"""Variables of a recorded scenario: ids that a response or a record gave and that were used later, ids that the client
made, and where a secret was."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from sandbox.contracts.redaction import REDACTED
from sandbox.scenarios.model.strict import RESERVED_NAMES
from sandbox.scenarios.recording.happening import Call, Happening, Path, scalars

__all__ = ["SECRET", "Given", "Names", "json_path"]

SECRET = "secret"
"""The variable that stands where a secret was."""
_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\Z", re.IGNORECASE)
_MADE = re.compile(r"[0-9a-f]{8}|(?=[0-9A-Za-z]*[0-9])(?=[0-9A-Za-z]*[A-Za-z])[0-9A-Za-z]{16}", re.IGNORECASE)
"""What a machine has made up, such as cap_3f2a7d1e or a ULID; plan_123 is no such thing."""
_INSTANT = re.compile(r"\d{4}-\d\d-\d\dT|\d{13}\Z")
SHORTEST_CHARS = 4
INSIDE_CHARS = 8
"""An id at least this long is found inside longer texts too."""


@dataclass(frozen=True, slots=True)
class Given:
    """Where a variable gets its value: from the answer at place `of`, or from a record of `topic` with this `key`."""

    name: str
    value: str
    path: Path
    of: int | None = None
    topic: str | None = None
    key: str | None = None


@dataclass(slots=True)
class Names:
    """`captures` by the place of the happening that gives them; `awaited` by the one before which a record must come;
    `made` are ids of the client's own; `reused` are texts that were sent more than once."""

    captures: dict[int, list[Given]] = field(default_factory=dict)
    awaited: dict[int, list[Given]] = field(default_factory=dict)
    made: dict[str, str] = field(default_factory=dict)
    reused: set[str] = field(default_factory=set)
    _by_value: dict[str, tuple[str, int]] = field(default_factory=dict)
    _taken: set[str] = field(default_factory=lambda: {*RESERVED_NAMES, SECRET})

    @classmethod
    def of(cls, happened: list[Happening], written: Iterable[Mapping[str, Any]]) -> Names:
        """`written` are the services' records."""
        names = cls()
        offers: dict[str, Given] = {}
        inputs: set[str] = set()
        records = sorted(written, key=lambda each: each["at_ms"])
        used = _uses(happened)
        names.reused = {value for value, count in used.items() if count > 1}
        for place, each in enumerate(happened):
            mine = {value for value in each.inputs() if isinstance(value, str)}
            for value in sorted(_parts(mine, offers) - inputs):
                names._take(offers[value], place)
            for value in sorted(mine - inputs - offers.keys()):
                if (found := _in_records(value, records, each.at_ms)) is not None:
                    names._await(found, place)
                elif _UUID.match(value) and used[value] > 1:
                    names._make(value, place)
            inputs |= mine
            if isinstance(each, Call):
                for path, value in scalars(each.answer):
                    if _is_id(value, path, each) and value not in inputs:
                        given = Given(names._name(path), value, path, of=place)
                        if value not in offers or (offers[value].of == place and offers[value].name == "id"):
                            offers[value] = given
        return names

    def known_at(self, place: int) -> dict[str, str]:
        """Value → variable, of those that have one by then."""
        return {value: name for value, (name, since) in self._by_value.items() if since <= place}

    def _take(self, given: Given, place: int) -> None:
        assert given.of is not None
        if given.value not in self._by_value:
            chosen = self._choose(given)
            self.captures.setdefault(given.of, []).append(chosen)
            self._by_value[given.value] = (chosen.name, given.of + 1)

    def _await(self, given: Given, place: int) -> None:
        if given.value not in self._by_value:
            chosen = self._choose(given)
            self.awaited.setdefault(place, []).append(chosen)
            self._by_value[given.value] = (chosen.name, place)

    def _make(self, value: str, place: int) -> None:
        if value not in self._by_value:
            name = self._free("id")
            self.made[name] = value
            self._by_value[value] = (name, 0)

    def _choose(self, given: Given) -> Given:
        return Given(self._free(given.name), given.value, given.path, given.of, given.topic, given.key)

    @staticmethod
    def _name(path: Path) -> str:
        """`capsule_id` of `$.data.capsuleId`; an `id` is named after nothing better."""
        last = next((str(part) for part in reversed(path) if isinstance(part, str)), "id")
        snake = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", last).lower()
        return re.sub(r"[^a-z0-9_]", "_", snake).strip("_0123456789") or "id"

    def _free(self, name: str) -> str:
        chosen, number = name, 1
        while chosen in self._taken:
            number += 1
            chosen = f"{name}_{number}"
        self._taken.add(chosen)
        return chosen


def json_path(path: Path, *, any_item: bool = False) -> str:
    """`$.data[0].id`; with `any_item` `$.data[*].id`."""
    text = "$"
    for part in path:
        if isinstance(part, int):
            text += "[*]" if any_item else f"[{part}]"
        elif re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", part):
            text += f".{part}"
        else:
            quoted = part.replace("\\", "\\\\").replace("'", "\\'")
            text += f"['{quoted}']"
    return text


def _is_id(value: Any, path: Path, call: Call) -> bool:
    """Whether an answer's value may be an id that is made anew in another run."""
    if not isinstance(value, str) or len(value) < SHORTEST_CHARS or not any(each.isdigit() for each in value):
        return False
    if _INSTANT.match(value) or REDACTED in value or " " in value or len(value) > 200:
        return False
    in_list = any(isinstance(part, int) for part in path)
    return bool(_MADE.search(value)) or (call.method == "POST" and not in_list)


def _parts(inputs: set[str], offers: Mapping[str, Given]) -> set[str]:
    """The offered values that these inputs are, or hold."""
    found = {value for value in inputs if value in offers}
    longer = [text for text in inputs if text not in offers and len(text) > INSIDE_CHARS]
    return found | {value for value in offers if len(value) >= INSIDE_CHARS and any(value in text for text in longer)}


def _uses(happened: list[Happening]) -> dict[str, int]:
    """In how many happenings a text is an input."""
    counts: dict[str, int] = {}
    for each in happened:
        for value in {value for value in each.inputs() if isinstance(value, str)}:
            counts[value] = counts.get(value, 0) + 1
    return counts


def _in_records(value: str, records: list[Mapping[str, Any]], before_ms: int) -> Given | None:
    """The first record of a service that held an id before it was used."""
    if not _MADE.search(value) or _INSTANT.match(value):
        return None
    for record in records:
        if record["at_ms"] > before_ms:
            return None
        for path, each in scalars(record["value"]):
            if each == value:
                return Given(Names._name(path), value, path, topic=record["topic"], key=record["key"])
    return None
