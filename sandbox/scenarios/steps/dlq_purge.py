from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import Field

from sandbox.scenarios.stage import Turn
from sandbox.scenarios.steps.letters import LetterStep
from sandbox.scenarios.steps.step import KAFKA


class DlqPurgeStep(LetterStep):
    """Give dead letters up: they will not be replayed. The DLQ topic keeps them."""

    verb = "dlq-purge"
    topic: str = Field(alias="dlq-purge", min_length=1)
    """The original topic."""

    def involves(self, names: Mapping[str, Any]) -> tuple[str, ...]:
        return (KAFKA,)

    def title(self, names: dict[str, Any] | None = None) -> str:
        return f"purge the dead letters of {self.topic}{self.told(names)}"

    async def run(self, turn: Turn) -> str:
        with self.placed():
            count = await turn.world.controls.purge(self.topic, self.letters(turn))
        return f"{count} given up"
