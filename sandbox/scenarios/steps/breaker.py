from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Literal

from pydantic import Field, field_validator, model_validator

from sandbox.errors import UnknownName
from sandbox.events.facts import CallNotPermitted, DownstreamCalled, Fact
from sandbox.scenarios.breaker_telling import advice, describe
from sandbox.scenarios.looking import Backoff, Verdict, look
from sandbox.scenarios.model.bad_value import BadValue, nearest
from sandbox.scenarios.model.units import Duration
from sandbox.scenarios.ports import BreakerState
from sandbox.scenarios.result import ExpectationFailed, Failure
from sandbox.scenarios.stage import Turn
from sandbox.scenarios.steps.step import Step, known_party

State = Literal["CLOSED", "OPEN", "HALF_OPEN", "DISABLED", "FORCED_OPEN", "METRICS_ONLY"]


class BreakerStep(Step):
    """The state that a circuit breaker has, or the states that it goes through, in order."""

    verb = "breaker"
    observes = True
    breaker: str
    """`service/name`, such as odyssey/capsule."""
    state: State | None = Field(default=None, alias="is")
    """The state it has."""
    states: tuple[State, ...] = Field(default=(), alias="goes")
    """The states it goes to, one after the other, since the last step about this breaker (or the scenario's start)."""
    fail_when: tuple[State, ...] = Field(default=(), alias="fail-when")
    """States that it must not go to meanwhile: fail at once when it has, since the last step about this breaker."""
    within_s: Duration = Field(default=0.0, alias="within")
    """Look until it holds, or fail at this limit; looks once when left out."""

    @field_validator("breaker")
    @classmethod
    def _has_service(cls, name: str) -> str:
        if name.count("/") != 1 or name.startswith("/") or name.endswith("/"):
            raise BadValue(f"expected a breaker as service/name, found {name!r}", hint="for example odyssey/capsule")
        return name

    @model_validator(mode="after")
    def _asks(self) -> BreakerStep:
        if (self.state is None) == (not self.states):
            raise BadValue("expected either `is: STATE` or `goes: [STATE, …]`")
        return self

    def needs(self) -> Iterator[str]:
        yield f"own {self.breaker.partition('/')[0]}"

    def involves(self, names: Mapping[str, Any]) -> tuple[str, ...]:
        return (known_party(self.breaker.partition("/")[0]),)

    def title(self, names: dict[str, Any] | None = None) -> str:
        asked = f"is {self.state}" if self.state else f"goes {', '.join(self.states)}"
        return f"breaker {self.breaker} {asked}"

    def concerns(self, fact: Fact) -> bool:
        """The calls that it guards, those it refused among them."""
        service, name = self.breaker.split("/")
        if isinstance(fact, CallNotPermitted):
            return (fact.source, fact.breaker) == (service, name)
        return isinstance(fact, DownstreamCalled) and (fact.source, fact.target) == (service, name)

    async def run(self, turn: Turn) -> str | None:
        return await (self._look_for_state(turn) if self.state else self._look_for_transitions(turn))

    async def _look_for_state(self, turn: Turn) -> str | None:
        last: list[BreakerState] = []

        async def attempt() -> Verdict:
            last[:] = [await self._read(turn)]
            if self._strayed(turn):
                return Verdict.HOPELESS
            return Verdict.HOLDS if last[0].state == self.state else Verdict.NOT_YET

        verdict = await look(attempt, Backoff(turn.world.clock), limit_s=self.within_s, clock=turn.world.clock)
        if verdict is not Verdict.HOLDS:
            wanted, now_ms = self.state or "", turn.world.clock.now_ms()
            actual = describe(last[0], now_ms) if last else "unknown: the service did not answer"
            hint = advice(last[0], wanted) if last else None
            raise ExpectationFailed(Failure(wanted, actual, self._history(turn), hint))
        turn.stage.transitions.settle(self.breaker, len(turn.stage.transitions.new(self.breaker)))
        return None

    async def _look_for_transitions(self, turn: Turn) -> str | None:
        await self._read(turn)
        transitions = turn.stage.transitions

        async def attempt() -> Verdict:
            if self._strayed(turn):
                return Verdict.HOPELESS
            used = _in_order(self.states, transitions.new(self.breaker))
            if used is None:
                return Verdict.NOT_YET
            transitions.settle(self.breaker, used)
            return Verdict.HOLDS

        verdict = await look(attempt, Backoff(turn.world.clock), limit_s=self.within_s, clock=turn.world.clock)
        if verdict is not Verdict.HOLDS:
            gone = transitions.new(self.breaker)
            breaker = await self._read(turn)
            now = describe(breaker, turn.world.clock.now_ms())
            actual = f"went {', '.join(gone)}; now {now}" if gone else f"no change; {now}"
            raise ExpectationFailed(Failure(", then ".join(self.states), actual, (), advice(breaker, self.states[-1])))
        return None

    def _strayed(self, turn: Turn) -> bool:
        """Whether it went where it must not."""
        return any(state in self.fail_when for state in turn.stage.transitions.new(self.breaker))

    async def _read(self, turn: Turn) -> BreakerState:
        breakers = await turn.world.breakers()
        if self.breaker not in breakers:
            close = nearest(self.breaker, breakers)
            known = f"there are {', '.join(breakers)}" if breakers else "no service has told of one yet"
            hint = f"did you mean {close!r}?" if close else known
            raise UnknownName(f"there is no breaker {self.breaker!r}", where=self.at, hint=hint)
        return breakers[self.breaker]

    def _history(self, turn: Turn) -> tuple[tuple[str, str], ...]:
        gone = turn.stage.transitions.new(self.breaker)
        return (("changes", ", ".join(gone)),) if gone else ()


def _in_order(states: tuple[str, ...], gone: list[str]) -> int | None:
    """How many of `gone` it takes to go through `states` in order, None when they are not all there."""
    at = 0
    for place, state in enumerate(gone):
        if state == states[at]:
            at += 1
            if at == len(states):
                return place + 1
    return None
