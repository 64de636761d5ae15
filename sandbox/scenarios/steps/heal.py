from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pydantic import Field

from sandbox.errors import UnknownName, UsageError
from sandbox.scenarios.model.strict import Name
from sandbox.scenarios.stage import Turn
from sandbox.scenarios.steps.step import Step


class HealStep(Step):
    """Remove a fault that a step before has made."""

    verb = "heal"
    name: Name = Field(alias="heal")
    """The `as` of the fault."""

    def refers(self) -> Iterator[str]:
        yield from super().refers()
        yield self.name

    def title(self, names: dict[str, Any] | None = None) -> str:
        return f"heal {self.name}"

    async def run(self, turn: Turn) -> str:
        if self.name not in turn.stage.faults:
            raise UsageError(f"there is no fault named {self.name!r} in this run", where=self.at)
        turn.stage.faults.remove(self.name)
        try:
            fault = await turn.world.remove_fault(self.name)
        except UnknownName:
            return "off already"  # its time was up, or its service was started again
        return f"off, had acted {fault.hits}×"
