from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import Field

from sandbox.errors import UsageError
from sandbox.scenarios.model.strict import Name
from sandbox.scenarios.stage import Turn
from sandbox.scenarios.steps.step import Step


class StopStep(Step):
    """End what runs in the background: a publish once the broker has all that it sent, steps at once.

    Later steps know `NAME.sent` and `NAME.rate` of a publish, load or replay.
    """

    verb = "stop"
    name: Name = Field(alias="stop")
    """Its `as`."""

    def refers(self) -> Iterator[str]:
        yield from super().refers()
        yield self.name

    def title(self, names: dict[str, Any] | None = None) -> str:
        return f"stop {self.name}"

    async def run(self, turn: Turn) -> str:
        if self.name not in turn.stage.backgrounds:
            raise UsageError(f"nothing named {self.name!r} runs in the background", where=self.at)
        background = await turn.stage.backgrounds.stop(self.name)
        if background.error is not None:
            raise background.error
        if result := background.work.result():
            known = turn.stage.names.get(self.name)
            turn.remember(self.name, {**(known if isinstance(known, Mapping) else {}), **result})
        return background.work.told
