from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Literal

from pydantic import Field, model_validator

from sandbox.scenarios.model.bad_value import BadValue
from sandbox.scenarios.model.strict import Strict
from sandbox.scenarios.stage import Turn
from sandbox.scenarios.steps.step import Step, known_party


class LimitsChanged(Strict):
    """What is left out stays as it is. Limits are requests of one client in a window."""

    query: int | None = Field(default=None, ge=0)
    """GET and HEAD."""
    command: int | None = Field(default=None, ge=0)
    """POST, PUT, PATCH and DELETE."""
    admin: int | None = Field(default=None, ge=0)
    """Writes of the actuator, and `/api/v1/admin/**`."""
    enabled: bool | None = None
    """Whether requests are counted at all."""

    @classmethod
    def describe_kind(cls) -> str:
        return "`set`"

    @property
    def given(self) -> dict[str, Any]:
        return {name: value for name in type(self).model_fields if (value := getattr(self, name)) is not None}


class LimitsStep(Step):
    """Change the request limits of a running service, or go back to the configured ones with all counts at nought.

    They are the configured ones again at the end of the steps in any case.
    """

    verb = "limits"
    service: str = Field(alias="limits", min_length=1)
    """The service: capsule, odyssey, plato."""
    change: LimitsChanged | None = Field(default=None, alias="set")
    """`{query: 5}`, and `command`, `admin`, `enabled`."""
    reset: Literal[True] | None = None
    """`reset: true` goes back to the configured ones."""

    @model_validator(mode="after")
    def _does(self) -> LimitsStep:
        if (self.change is None) == (self.reset is None) or (self.change is not None and not self.change.given):
            raise BadValue("expected either `set: {query: 5}` or `reset: true`")
        return self

    def needs(self) -> Iterator[str]:
        yield f"own {self.service}"

    def involves(self, names: Mapping[str, Any]) -> tuple[str, ...]:
        return (known_party(self.service),)

    def title(self, names: dict[str, Any] | None = None) -> str:
        if self.change is None:
            return f"reset the limits of {self.service}"
        return f"limits of {self.service}: {_told(self.change.given)}"

    async def run(self, turn: Turn) -> str:
        controls, thing = turn.world.controls, f"limits {self.service}"
        with self.placed():
            if self.change is None:
                turn.stage.undoing.back(thing)
                return _told(await controls.reset_limits(self.service))
            title = f"reset the limits of {self.service}"
            turn.stage.undoing.later(thing, title, self.at, lambda: controls.reset_limits(self.service))
            return _told(await controls.change_limits(self.service, self.change.given))


def _told(limits: Any) -> str:
    return ", ".join(f"{name} {str(value).lower()}" for name, value in limits.items())
