from __future__ import annotations

from typing import Any

from pydantic import Field

from sandbox.scenarios.model.units import Duration, format_duration
from sandbox.scenarios.stage import Turn
from sandbox.scenarios.steps.step import Step


class WaitStep(Step):
    """Let time pass. To wait for something, give the step that observes it a `within` instead."""

    verb = "wait"
    duration_s: Duration = Field(alias="wait")
    """How long, on the sandbox's clock."""

    def title(self, names: dict[str, Any] | None = None) -> str:
        return f"wait {format_duration(self.duration_s)}"

    async def run(self, turn: Turn) -> None:
        await turn.world.clock.sleep(self.duration_s)
