from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from pydantic import Field, model_validator

from sandbox.errors import UnknownName
from sandbox.events.facts import DlqRecordWritten, Fact, RetryScheduled
from sandbox.scenarios.looking import Backoff, Verdict, look
from sandbox.scenarios.model.bad_value import BadValue, nearest
from sandbox.scenarios.model.predicate import CountField, Predicate
from sandbox.scenarios.model.selection import Expectation, Observed, Selector
from sandbox.scenarios.model.strict import Strict
from sandbox.scenarios.model.units import Duration, format_duration
from sandbox.scenarios.result import ExpectationFailed, Failure
from sandbox.scenarios.stage import Turn
from sandbox.scenarios.steps.step import KAFKA, Step, conditions

NOW = ("in_flight",)
"""What is counted as it stands; everything else since the scenario began, so that it can only grow."""


class Account(Strict):
    """What to look at, and the numbers that must hold."""

    group: str = Field(min_length=1)
    """The consumer group."""
    in_flight: CountField | None = None
    """Records of its topics that it has not finished now."""
    lost: CountField | None = None
    """Records that it has committed past without finishing them."""
    finished: CountField | None = None
    """Records that it is done with, whatever their outcome."""
    processed: CountField | None = None
    """Records that it has handled."""
    dead_lettered: CountField | None = None
    """Records that it gave up and wrote to the DLQ."""
    skipped: CountField | None = None
    """Records that it has no use for."""
    duplicate: CountField | None = None
    """Records that it knew already."""
    replay_duplicate: CountField | None = None
    """Records that it knew already, brought by a replay of dead letters."""
    redelivered: CountField | None = None
    """Records finished once more at the same place: after a rebalance, a crash or a reset of offsets."""
    replayed: CountField | None = None
    """Records brought by a replay of dead letters, whatever their outcome."""
    retries: CountField | None = None
    """Attempts after the first."""
    dlq_written: CountField | None = None
    """Dead letters written."""

    @classmethod
    def describe_kind(cls) -> str:
        return "`ledger`"

    @model_validator(mode="after")
    def _asks(self) -> Account:
        if not self.asked:
            raise BadValue("expected at least one number", hint="for example {group: capsule, in_flight: 0}")
        return self

    @property
    def asked(self) -> dict[Selector, Predicate]:
        names = [name for name in type(self).model_fields if name != "group"]
        return {Selector(name): predicate for name in names if (predicate := getattr(self, name)) is not None}


@dataclass(slots=True)
class _Sight:
    """The numbers at the last look."""

    row: dict[str, Any] = field(default_factory=dict)
    wrong: list[str] = field(default_factory=list)


class LedgerStep(Step):
    """What a consumer group did with the records it was given since the scenario began, exactly."""

    verb = "ledger"
    observes = True
    account: Account = Field(alias="ledger")
    """The group, and numbers of it → predicate: `{group: capsule, processed: 50, in_flight: 0}`."""
    within_s: Duration = Field(default=0.0, alias="within")
    """Look until all of it holds, or fail at this limit; looks once when left out."""

    def involves(self, names: Mapping[str, Any]) -> tuple[str, ...]:
        return (KAFKA,)

    def title(self, names: dict[str, Any] | None = None) -> str:
        return f"ledger of {self.account.group}{conditions(self.account.asked, names)}"

    def concerns(self, fact: Fact) -> bool:
        return isinstance(fact, RetryScheduled | DlqRecordWritten) and fact.group == self.account.group

    async def run(self, turn: Turn) -> str:
        expected = Expectation.bind(self.account.asked, turn.names)
        sight = _Sight()

        async def attempt() -> Verdict:
            sight.row = self._since_start(await turn.world.ledger(), turn)
            observed = Observed(parts=sight.row)
            sight.wrong = [found.describe() for each in expected if (found := each.mismatch(observed))]
            if any(self._out_of_reach(each, sight.row) for each in expected):
                return Verdict.HOPELESS
            return Verdict.NOT_YET if sight.wrong else Verdict.HOLDS

        verdict = await look(attempt, Backoff(turn.world.clock), limit_s=self.within_s, clock=turn.world.clock)
        if verdict is not Verdict.HOLDS:
            after = f" after {format_duration(round(turn.took_s, 1))}" if self.within_s else ""
            actual = f"{', '.join(sight.wrong)}{after}"
            told = ", ".join(each.describe() for each in expected)
            others = [f"{name} {number}" for name, number in sight.row.items() if number or name in NOW]
            raise ExpectationFailed(Failure(told, actual, (("ledger", " · ".join(others)),)))
        return " · ".join(f"{each.selector.text} {sight.row[each.selector.text]}" for each in expected)

    def _since_start(self, ledger: Mapping[str, Mapping[str, Any]], turn: Turn) -> dict[str, Any]:
        group = self.account.group
        if group not in ledger:
            close = nearest(group, ledger)
            known = f"there are {', '.join(ledger)}" if ledger else "no service has joined one yet"
            hint = f"did you mean {close!r}?" if close else known
            raise UnknownName(f"the ledger knows no group {group!r}", where=self.at, hint=hint)
        before = turn.stage.ledger_start.get(group, {})
        names = [name for name in Account.model_fields if name != "group"]
        return {name: ledger[group][name] - (0 if name in NOW else before.get(name, 0)) for name in names}

    @staticmethod
    def _out_of_reach(expected: Expectation, row: Mapping[str, Any]) -> bool:
        name = expected.selector.text
        return name not in NOW and expected.check.out_of_reach(row[name])
