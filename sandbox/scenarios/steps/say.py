from __future__ import annotations

from typing import Any

from pydantic import Field

from sandbox.scenarios.model.strict import TemplateField
from sandbox.scenarios.stage import Turn
from sandbox.scenarios.steps.step import Step
from sandbox.scenarios.template.tree import shown


class SayStep(Step):
    """A line of the story, shown where it stands."""

    verb = "say"
    text: TemplateField = Field(alias="say")
    """What is said."""

    def title(self, names: dict[str, Any] | None = None) -> str:
        return shown(self.text, names)

    async def run(self, turn: Turn) -> None:
        return None
