from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pydantic import Field

from sandbox.scenarios.model.condition import ConditionField
from sandbox.scenarios.stage import Turn
from sandbox.scenarios.steps.step import Part, Step

if TYPE_CHECKING:
    from sandbox.scenarios.model.any_step import AnyStep


class WhenStep(Step):
    """Steps that run only if something holds of the variables and captures, and others if it does not."""

    verb = "when"
    step_keys = ("do", "else")
    condition: ConditionField = Field(alias="when")
    """A name or JSONPath → predicate, all of which must hold: `{region: eu, $.answer.status: {gte: 500}}`; or one
    expression: `"{{ count > 3 }}"`."""
    steps: tuple[AnyStep, ...] = Field(alias="do", min_length=1)
    """Steps for when it holds."""
    otherwise: tuple[AnyStep, ...] = Field(default=(), alias="else")
    """Steps for when it does not."""

    def title(self, names: dict[str, Any] | None = None) -> str:
        return f"when {self.condition.describe(names)}"

    def parts(self) -> tuple[Part, ...]:
        otherwise = (Part("else", self.otherwise, heading="else", surely=False),) if self.otherwise else ()
        return (Part("do", self.steps, surely=False), *otherwise)

    async def run(self, turn: Turn) -> str:
        unmet = self.condition.unmet(turn.names)
        if unmet is None:
            await turn.play(self.steps, "do")
            return "it does"
        await turn.play(self.otherwise, "else")
        return f"not so: {unmet}"
