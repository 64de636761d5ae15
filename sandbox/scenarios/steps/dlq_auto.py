from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from pydantic import Field

from sandbox.scenarios.model.units import Duration, format_duration
from sandbox.scenarios.stage import Turn
from sandbox.scenarios.steps.step import KAFKA, Step

THING = "automatic replay"


class DlqAutoStep(Step):
    """Let dead letters of DOWNSTREAM_FAILURE and PERSISTENCE be replayed by themselves, or no longer.

    It is as it was at the end of the steps in any case.
    """

    verb = "dlq-auto"
    switch: Literal["on", "off"] = Field(alias="dlq-auto")
    """on or off."""
    rest_s: Duration = Field(default=30.0, alias="rest")
    """How long a letter rests before its first automatic replay, doubled with each one; 30s when left out."""

    def involves(self, names: Mapping[str, Any]) -> tuple[str, ...]:
        return (KAFKA,)

    def title(self, names: dict[str, Any] | None = None) -> str:
        rest = f" after {format_duration(self.rest_s)}" if self.switch == "on" else ""
        return f"automatic replay of dead letters {self.switch}{rest}"

    async def run(self, turn: Turn) -> None:
        controls = turn.world.controls
        with self.placed():
            enabled, rest_s = await controls.automatic()
            before = f"automatic replay of dead letters {'on' if enabled else 'off'} again"
            turn.stage.undoing.later(THING, before, self.at, lambda: controls.set_automatic(enabled, rest_s))
            await controls.set_automatic(self.switch == "on", self.rest_s)
