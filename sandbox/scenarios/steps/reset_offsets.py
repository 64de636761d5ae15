from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import Field

from sandbox.scenarios.model.strict import TemplateField
from sandbox.scenarios.stage import Turn
from sandbox.scenarios.steps.step import KAFKA, Step
from sandbox.scenarios.template.tree import shown


class ResetOffsetsStep(Step):
    """Set a consumer group's offsets, so that it reads records again or leaves some out.

    A service of the sandbox leaves its group for that and joins again; any other consumer must have stopped.
    """

    verb = "reset-offsets"
    group: str = Field(alias="reset-offsets", min_length=1)
    """The consumer group."""
    to: TemplateField
    """earliest, latest, an instant such as 2024-12-03T10:00:00Z, epoch milliseconds, or 10m for ten minutes ago."""
    only: tuple[str, ...] = Field(default=(), alias="topics")
    """Only these topics; all that it reads when left out."""

    def involves(self, names: Mapping[str, Any]) -> tuple[str, ...]:
        return (KAFKA,)

    def title(self, names: dict[str, Any] | None = None) -> str:
        on = f" on {', '.join(self.only)}" if self.only else ""
        return f"reset the offsets of {self.group} to {shown(self.to, names)}{on}"

    async def run(self, turn: Turn) -> str:
        to = str(self.to.render(turn.names))
        with self.placed():
            moved = await turn.world.set_offsets(self.group, to, self.only)
        left_out = f", leaves {moved.skipped} out" if moved.skipped else ""
        return f"reads {moved.again} record{'' if moved.again == 1 else 's'} again{left_out}"
