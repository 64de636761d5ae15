"""What the steps have in common that can go on beside the others."""

from __future__ import annotations

from collections.abc import Iterator

from pydantic import Field, model_validator

from sandbox.scenarios.background import Background, Work
from sandbox.scenarios.model.bad_value import BadValue
from sandbox.scenarios.model.strict import Name
from sandbox.scenarios.stage import Turn
from sandbox.scenarios.steps.step import Step

__all__ = ["BackgroundStep"]


class BackgroundStep(Step):
    background: bool = False
    """Go on with the next step; ends at `stop`, or after the last step."""
    name: Name | None = Field(default=None, alias="as")
    """The name by which later steps know it."""

    @model_validator(mode="after")
    def _named(self) -> BackgroundStep:
        if self.background and self.name is None:
            raise BadValue(f"a {self.verb} in the background needs a name", hint="add `as: NAME`, to stop it by")
        return self

    def gives(self) -> Iterator[str]:
        if self.name is not None:
            yield self.name

    async def begin(self, turn: Turn, work: Work) -> bool:
        """Do the work, or let it go on in the background; whether it is done. Raises what it raises."""
        if self.background:
            assert self.name is not None
            turn.stage.backgrounds.start(Background(self.name, work, f"{self.verb} {self.name}", self.at))
            return False
        await work.run()
        work.check()
        return True
