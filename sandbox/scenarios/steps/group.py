from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from pydantic import Field, model_validator

from sandbox.scenarios.looking import Backoff, Verdict, look
from sandbox.scenarios.model.bad_value import BadValue
from sandbox.scenarios.model.predicate import CountField, Predicate, PredicateField
from sandbox.scenarios.model.selection import Expectation, GroupSelector, Observed, Selector
from sandbox.scenarios.model.units import Duration, format_duration
from sandbox.scenarios.ports import GroupState
from sandbox.scenarios.result import ExpectationFailed, Failure
from sandbox.scenarios.stage import Turn
from sandbox.scenarios.steps.step import KAFKA, Step, conditions

State = Literal["Stable", "Empty", "PreparingRebalance", "CompletingRebalance", "Dead"]


class GroupStep(Step):
    """How a consumer group stands in Kafka: anybody's, of this sandbox or not."""

    verb = "group"
    observes = True
    group: str = Field(alias="group", min_length=1)
    """The consumer group."""
    state: State | None = Field(default=None, alias="is")
    """The state it has, in Kafka's words."""
    members: CountField | None = None
    """How many members it has."""
    lag: CountField | None = None
    """How many records are between what it has committed and the end."""
    within_s: Duration = Field(default=0.0, alias="within")
    """Look until all of it holds, or fail at this limit; looks once when left out."""

    fail_when: dict[GroupSelector, PredicateField] = Field(default_factory=dict, alias="fail-when")
    """Fail at once when all of this holds: `{members: 0}`; `state`, `members` and `lag` can be asked."""

    @model_validator(mode="after")
    def _asks(self) -> GroupStep:
        if not self._asked():
            raise BadValue("expected `is: STATE`, `members:` or `lag:`", hint="for example `lag: 0`")
        return self

    def _asked(self) -> dict[Selector, Predicate]:
        state = None if self.state is None else Predicate.parse(self.state)
        asked = {"state": state, "members": self.members, "lag": self.lag}
        return {Selector(name): predicate for name, predicate in asked.items() if predicate is not None}

    def involves(self, names: Mapping[str, Any]) -> tuple[str, ...]:
        return (KAFKA,)

    def title(self, names: dict[str, Any] | None = None) -> str:
        return f"group {self.group}{conditions(self._asked(), names)}"

    async def run(self, turn: Turn) -> str:
        expected = Expectation.bind(self._asked(), turn.names)
        fatal = Expectation.bind(self.fail_when, turn.names)
        wrong: list[str] = []
        last: list[GroupState] = []

        async def attempt() -> Verdict:
            with self.placed():
                last[:] = [await turn.world.group(self.group)]
            observed = Observed(parts={"state": last[0].state, "members": len(last[0].members), "lag": last[0].lag})
            if fatal and all(each.mismatch(observed) is None for each in fatal):
                wrong[:] = [each.describe() for each in fatal]
                return Verdict.HOPELESS
            wrong[:] = [found.describe() for each in expected if (found := each.mismatch(observed))]
            return Verdict.NOT_YET if wrong else Verdict.HOLDS

        verdict = await look(attempt, Backoff(turn.world.clock), limit_s=self.within_s, clock=turn.world.clock)
        if verdict is not Verdict.HOLDS:
            told = ", ".join(each.describe() for each in expected)
            after = f" after {format_duration(round(turn.took_s, 1))}" if self.within_s else ""
            actual = ", ".join(wrong) if last else "unknown: Kafka did not answer"
            evidence = (("group", _describe(last[0])),) if last else ()
            raise ExpectationFailed(Failure(told, f"{actual}{after}", evidence))
        return _describe(last[0])


def _describe(group: GroupState) -> str:
    return f"{group.state} · lag {group.lag} · {', '.join(group.members) or 'no members'}"
