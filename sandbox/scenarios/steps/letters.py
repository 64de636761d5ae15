"""What the steps about dead letters have in common: which ones are meant."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BeforeValidator, Field, WithJsonSchema

from sandbox.contracts.dead_letter import FailureCategory
from sandbox.scenarios.model.strict import TemplateField
from sandbox.scenarios.stage import Turn
from sandbox.scenarios.steps.step import Step
from sandbox.scenarios.template.tree import shown

__all__ = ["LetterStep"]


def _several(value: Any) -> Any:
    return [value] if isinstance(value, str) else value


_NAMES = {"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}, "minItems": 1}]}


class LetterStep(Step):
    """Dead letters, by what all of them have."""

    category: Annotated[tuple[FailureCategory, ...], BeforeValidator(_several), WithJsonSchema(_NAMES)] = ()
    """Only of this failure category, or of one of several: DESERIALIZATION, VALIDATION, DOWNSTREAM_FAILURE…"""
    key: TemplateField | None = None
    """Only of records with this key."""
    group: str | None = None
    """Only those that this consumer group wrote."""
    identity: TemplateField | None = Field(default=None, alias="id")
    """Only the one with this id."""

    def letters(self, turn: Turn) -> dict[str, Any]:
        """`category`, `key`, `group` and `id`, as far as they are given."""
        found: dict[str, Any] = {"category": tuple(each.value for each in self.category), "group": self.group}
        found["key"] = None if self.key is None else str(self.key.render(turn.names))
        found["id"] = () if self.identity is None else (str(self.identity.render(turn.names)),)
        return {name: value for name, value in found.items() if value not in (None, ())}

    def told(self, names: dict[str, Any] | None) -> str:
        parts = [each.value for each in self.category]
        parts += [f"key {shown(self.key, names)}"] if self.key is not None else []
        parts += [f"group {self.group}"] if self.group else []
        return f": {', '.join(parts)}" if parts else ""
