from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pydantic import Field

from sandbox.scenarios.stage import Turn
from sandbox.scenarios.steps.do import count_of
from sandbox.scenarios.steps.step import Part, Step

if TYPE_CHECKING:
    from sandbox.scenarios.model.any_step import AnyStep


class ParallelStep(Step):
    """Steps side by side. It ends when all have; the first that fails interrupts the others.

    Random values are drawn by each step for itself, so that they are the same in every run with the same seed.
    """

    verb = "parallel"
    step_keys = ("parallel",)
    steps: tuple[AnyStep, ...] = Field(alias="parallel", min_length=1, max_length=200)
    """The steps; several in order are one `do`."""

    def title(self, names: dict[str, Any] | None = None) -> str:
        return f"{count_of(self.steps)} side by side"

    def parts(self) -> tuple[Part, ...]:
        return (Part("parallel", self.steps),)

    async def run(self, turn: Turn) -> None:
        await turn.play(self.steps, "parallel", beside=True)
