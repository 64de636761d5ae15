"""Decoded values against what a service of ours can read, where a team's contracts allow something else."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sandbox.contracts.avro_type import AvroTypes, is_value_of
from sandbox.contracts.catalog import Contracts
from sandbox.contracts.comparison import unreadable_fields
from sandbox.contracts.dead_letter import FailureCategory, RecordFailure
from sandbox.contracts.uses import uses_of_services

__all__ = ["FieldCheck"]


class FieldCheck:
    """The fields that `service` reads and that may hold what it cannot read, by topic; none for good contracts."""

    def __init__(self, service: str, contracts: Contracts) -> None:
        built_in = Contracts.load()
        self._doubtful: dict[str, tuple[AvroTypes, tuple[str, ...]]] = {}
        for topic, reads in uses_of_services()[service].reads.items():
            expected = built_in.schema_of(topic)
            if expected is not None and (fields := unreadable_fields(topic, reads, contracts, built_in)):
                self._doubtful[topic] = (AvroTypes(expected), fields)

    def __bool__(self) -> bool:
        return bool(self._doubtful)

    def check(self, topic: str, value: Mapping[str, Any]) -> None:
        """Raises RecordFailure VALIDATION that names every field. A field that is absent or null is the reader's."""
        if topic not in self._doubtful:
            return
        types, fields = self._doubtful[topic]
        wrong = []
        for field in fields:
            found = _at(value, field)
            if found is not None and not is_value_of(found, types, expected := types.field(field)):
                wrong.append(f"{field} is {_shown(found)}, expected {types.describe(expected)}")
        if wrong:
            raise RecordFailure(FailureCategory.VALIDATION, "; ".join(wrong))


def _at(value: Any, path: str) -> Any:
    for name in path.split("."):
        value = value.get(name) if isinstance(value, Mapping) else None
    return value


def _shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:59]}…"
