from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from pydantic import Field, model_validator

from sandbox.scenarios.background import Background, Work
from sandbox.scenarios.model.bad_value import BadValue
from sandbox.scenarios.model.strict import Name
from sandbox.scenarios.stage import Turn
from sandbox.scenarios.steps.step import Part, Step

if TYPE_CHECKING:
    from sandbox.scenarios.model.any_step import AnyStep


class DoStep(Step):
    """Several steps in order, as one: in the background, or as one of those in a `parallel`."""

    verb = "do"
    step_keys = ("do",)
    steps: tuple[AnyStep, ...] = Field(alias="do", min_length=1)
    """The steps."""
    background: bool = False
    """Go on with the next step; interrupted by `stop`, or after the last step."""
    name: Name | None = Field(default=None, alias="as")
    """The name by which `stop` knows it."""

    @model_validator(mode="after")
    def _has_name(self) -> DoStep:
        if self.background and self.name is None:
            raise BadValue("steps in the background need a name", hint="add `as: NAME`, to stop them by")
        return self

    def title(self, names: dict[str, Any] | None = None) -> str:
        return f"{count_of(self.steps)}{' in the background' if self.background else ''}"

    def parts(self) -> tuple[Part, ...]:
        return (Part("do", self.steps),)

    def gives(self) -> Iterator[str]:
        yield from ()

    async def run(self, turn: Turn) -> str | None:
        if not self.background:
            await turn.play(self.steps, "do")
            return None
        assert self.name is not None
        work = _Steps(self.steps, turn)
        turn.stage.backgrounds.start(Background(self.name, work, f"steps {self.name}", self.at))
        return "goes on"


class _Steps(Work):
    """Steps as work in the background."""

    told = "ended"

    def __init__(self, steps: tuple[Step, ...], turn: Turn) -> None:
        self._steps = steps
        self._turn = turn
        self._task: asyncio.Task[None] | None = None

    async def run(self) -> None:
        task = self._task = asyncio.ensure_future(self._turn.play(self._steps, "do"))
        try:
            await asyncio.wait({task})
        finally:
            task.cancel()
        if not task.cancelled():
            task.result()

    def stop(self) -> None:
        if self._task is not None:
            self._task.cancel()


def count_of(steps: tuple[Step, ...]) -> str:
    count = sum(1 for step in steps if step.verb != "say")
    return f"{count} step{'' if count == 1 else 's'}"
