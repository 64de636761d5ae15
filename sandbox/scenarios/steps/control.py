from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import Field, field_validator

from sandbox.scenarios.looking import Backoff, Verdict, look
from sandbox.scenarios.model.bad_value import BadValue, nearest
from sandbox.scenarios.model.units import Duration, format_duration
from sandbox.scenarios.result import ExpectationFailed, Failure
from sandbox.scenarios.stage import Turn
from sandbox.scenarios.steps.step import Step, known_party

OF_COMPONENTS = ("start", "stop", "restart", "kill", "pause", "resume")
OF_BREAKERS = ("open", "close", "half-open", "reset", "disable", "force-open", "metrics-only")
BACK = {"stop": "start", "kill": "start", "pause": "resume"}
"""How a component comes back at the end of the steps."""
AWAITED = ("start", "restart", "resume")
LASTING = ("open", "disable", "force-open", "metrics-only")
"""What a breaker does not come back from, or not in time, by itself."""
KAFKA = "kafka"


class ControlStep(Step):
    """Move something of the sandbox by hand: `restart kafka`, `pause capsule`, `open odyssey/capsule`.

    What is stopped, killed or paused comes back at the end of the steps in any case; a breaker closes.
    """

    verb = "control"
    command: str = Field(alias="control")
    """start, stop, restart, kill, pause or resume and a component (kafka, capsule…); or open, close, half-open, reset,
    disable, force-open or metrics-only and a breaker (odyssey/capsule)."""
    within_s: Duration = Field(default=60.0, alias="within")
    """How long a component may take to be ready after start, restart and resume; 60s when left out."""

    @field_validator("command", mode="plain")
    @classmethod
    def _known(cls, value: Any) -> str:
        match = re.fullmatch(r"([\w-]+)\s+(\S+)", value) if isinstance(value, str) else None
        if match is None:
            raise BadValue(f"expected an operation and what to do it to, found {value!r}", hint="such as restart kafka")
        known = OF_BREAKERS if "/" in match[2] else OF_COMPONENTS
        if match[1] not in known:
            close = nearest(match[1], known)
            what = "a breaker" if "/" in match[2] else "a component"
            hint = (
                f"did you mean {close!r}?"
                if close
                else f"a breaker is written service/name: {match[1]} odyssey/capsule"
            )
            raise BadValue(f"expected one of {', '.join(known)} for {what}, found {match[1]!r}", hint=hint)
        return str(value)

    @property
    def operation(self) -> str:
        return self.command.split()[0]

    @property
    def target(self) -> str:
        return self.command.split()[1]

    @property
    def limit_s(self) -> float | None:
        return self.within_s if self.operation in AWAITED else None

    def needs(self) -> Iterator[str]:
        if "/" in self.target:
            yield f"own {self.target.partition('/')[0]}"
        elif self.target == KAFKA:
            yield "broker-control"
        else:
            yield f"own {self.target}"
            yield "process-control"

    def involves(self, names: Mapping[str, Any]) -> tuple[str, ...]:
        return (known_party(self.target.partition("/")[0]),)

    def title(self, names: dict[str, Any] | None = None) -> str:
        return f"{self.operation} {self.target}"

    async def run(self, turn: Turn) -> str | None:
        with self.placed():
            return await (self._breaker(turn) if "/" in self.target else self._component(turn))

    async def _breaker(self, turn: Turn) -> str:
        controls, undoing, thing = turn.world.controls, turn.stage.undoing, f"breaker {self.target}"
        state = await controls.operate_breaker(self.target, self.operation)
        if self.operation in LASTING:
            undoing.later(
                thing, f"close {self.target}", self.at, lambda: controls.operate_breaker(self.target, "reset")
            )
        elif self.operation in ("close", "reset"):
            undoing.back(thing)
        return f"now {state}"

    async def _component(self, turn: Turn) -> str | None:
        controls, undoing, thing = turn.world.controls, turn.stage.undoing, f"component {self.target}"
        if self.operation in BACK:
            back = BACK[self.operation]
            undoing.later(
                thing, f"{back} {self.target}", self.at, lambda: controls.operate_component(self.target, back)
            )
        await controls.operate_component(self.target, self.operation)
        if self.operation not in AWAITED:
            return None
        undoing.back(thing)
        await self._until_ready(turn)
        return f"ready after {format_duration(round(turn.took_s, 1))}"

    async def _until_ready(self, turn: Turn) -> None:
        """Raises ExpectationFailed."""
        state: tuple[str, str | None] = ("unknown", None)

        async def attempt() -> Verdict:
            nonlocal state
            state = turn.world.controls.component(self.target)
            return Verdict.HOLDS if state[0] == "ready" else Verdict.NOT_YET

        clock = turn.world.clock
        if await look(attempt, Backoff(clock), limit_s=self.within_s, clock=clock) is not Verdict.HOLDS:
            told = f"{state[0]}{f': {state[1]}' if state[1] else ''} after {format_duration(round(turn.took_s, 1))}"
            raise ExpectationFailed(Failure(f"{self.target} is ready", told))
