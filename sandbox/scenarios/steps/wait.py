from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field, PlainValidator, WithJsonSchema

from sandbox.scenarios.model.units import duration_s
from sandbox.scenarios.stage import Turn
from sandbox.scenarios.steps.step import Step
from sandbox.scenarios.template.tree import Constant, Template, compile_template, shown

FOREVER = "forever"
HOUR_S = 3600.0


def _duration(value: Any) -> Template:
    """A duration, or a template that will be one. Raises BadValue."""
    template = compile_template(value)
    if isinstance(template, Constant) and template.value != FOREVER:
        duration_s(template.value)
    return template


class WaitStep(Step):
    """Let time pass. To wait for something, give the step that observes it a `within` instead."""

    verb = "wait"
    duration: Annotated[
        Template,
        PlainValidator(_duration),
        WithJsonSchema({"type": "string", "examples": ["5s", FOREVER, "{{ retry_after }}s"]}),
    ] = Field(alias="wait")
    """How long, on the sandbox's clock; may be a template: `{{ retry_after }}s`. `forever` lasts until somebody stops
    the run."""

    def title(self, names: dict[str, Any] | None = None) -> str:
        return f"wait {shown(self.duration, names)}"

    async def run(self, turn: Turn) -> None:
        """Raises BadValue when the template comes to no duration."""
        lasts = self.duration.render(turn.names)
        while lasts == FOREVER:
            await turn.world.clock.sleep(HOUR_S)
        await turn.world.clock.sleep(duration_s(lasts))
