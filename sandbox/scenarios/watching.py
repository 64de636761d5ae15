"""Counts the records of a topic that fit, as they come, and says afterwards which came nearest."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sandbox.contracts.tracing import CORRELATION_ID, REQUEST_ID
from sandbox.scenarios.assertions.assertion import MISSING, show
from sandbox.scenarios.looking import Verdict, look
from sandbox.scenarios.model.predicate import Check
from sandbox.scenarios.model.selection import Expectation, Selector
from sandbox.scenarios.model.units import format_age, format_duration
from sandbox.scenarios.ordering import Order, OrderCheck
from sandbox.scenarios.ports import Seen
from sandbox.scenarios.records import RecordLog, observed
from sandbox.scenarios.result import ExpectationFailed, Failure
from sandbox.scenarios.stage import Turn

__all__ = ["Watch", "expectations", "handle"]

NEAREST_OF = 200
NEAREST_SHOWN = 3


@dataclass(slots=True)
class Watch:
    """Looks for records on `topic` from number `begin` on. `first` is the first that fits."""

    topic: str
    expectations: tuple[Expectation, ...]
    count: Check
    begin: int
    order: Order | None = None
    fatal: tuple[Expectation, ...] = ()
    """What no record from `begin` on may fulfil: looking ends at once when one does."""
    fitting: int = 0
    looked_at: int = 0
    first: Seen | None = None
    fatal_seen: Seen | None = None
    _next: int = 0

    async def run(self, turn: Turn, limit_s: float) -> None:
        """Raises ExpectationFailed.

        A count that holds is enough, except one that also holds of no record at all: that is watched to the end.
        """
        log = turn.stage.records
        self._next = self.begin
        to_the_end = self.count.holds(0)
        check = OrderCheck(self.order) if self.order else None

        async def attempt() -> Verdict:
            self._take(log, check)
            if self.fatal_seen or self.count.out_of_reach(self.fitting) or (check and check.broken):
                return Verdict.HOPELESS
            return Verdict.HOLDS if self.count.holds(self.fitting) and not to_the_end else Verdict.NOT_YET

        async def news() -> None:
            await log.more(self.topic, self._next)

        verdict = await look(attempt, news, limit_s=limit_s, clock=turn.world.clock)
        if verdict is Verdict.HOLDS or (to_the_end and verdict is Verdict.NOT_YET and self.count.holds(self.fitting)):
            return
        if self.fatal_seen:
            told = ", ".join(each.describe() for each in self.fatal)
            about = _about(self.fatal_seen, turn.world.clock.now_ms())
            actual = " · ".join((*about, _brief(self.fatal_seen)))
            raise ExpectationFailed(Failure(f"{self._expected()}, and none with {told}", actual))
        if check and check.broken:
            raise ExpectationFailed(Failure(f"{self._expected()} {check.describe()}", check.broken))
        raise ExpectationFailed(self._failure(log, turn.took_s, turn.world.clock.now_ms()))

    def _take(self, log: RecordLog, order: OrderCheck | None) -> None:
        for seen in log.since(self.topic, self._next):
            self.looked_at += 1
            sight = observed(seen)
            if self.fatal and all(each.mismatch(sight) is None for each in self.fatal):
                self.fatal_seen = self.fatal_seen or seen
            if all(each.mismatch(sight) is None for each in self.expectations):
                self.fitting += 1
                self.first = self.first or seen
                if order is not None:
                    order.take(seen)
        self._next = max(self._next, log.end(self.topic))

    def _expected(self) -> str:
        where = ", ".join(each.describe() for each in self.expectations)
        return f"{self.count.describe()} record(s) on {self.topic}{f' with {where}' if where else ''}"

    def _failure(self, log: RecordLog, took_s: float, now_ms: int) -> Failure:
        seen = "no record came" if self.looked_at == 0 else f"{self.fitting} of {self.looked_at} records fit"
        actual = f"{seen} in {format_duration(round(took_s, 1))}"
        evidence = self._nearest(log, now_ms)
        if gone := max(0, log.first(self.topic) - self.begin):
            evidence = (*evidence, ("dropped", f"{gone} records were too many to keep and were judged before"))
        return Failure(self._expected(), actual, evidence, self._hint())

    def _nearest(self, log: RecordLog, now_ms: int) -> tuple[tuple[str, str], ...]:
        """The last records, those with the fewest mismatches first, and what keeps each from fitting."""
        ranked = []
        for age, seen in enumerate(log.last(self.topic, NEAREST_OF)):
            sight = observed(seen)
            wrong = [found for each in self.expectations if (found := each.mismatch(sight)) is not None]
            ranked.append((len(wrong), age, seen, [found.describe() for found in wrong]))
        ranked.sort(key=lambda each: each[:2])
        label = "nearest" if self.count.out_of_reach(self.fitting) is False else "found"
        shown = ranked[:NEAREST_SHOWN]
        return tuple(
            (label if place == 0 else "", " · ".join((*_about(seen, now_ms), *(wrong or [_brief(seen)]))))
            for place, (_, _, seen, wrong) in enumerate(shown)
        )

    def _hint(self) -> str | None:
        if self.looked_at == 0 and not self.count.holds(0):
            return "nothing at all was written to the topic: look at the service that writes it, and at its DLQ"
        return None


def handle(seen: Seen) -> dict[str, Any]:
    """What later steps know a found record by: `value`, `key`, `headers`, `topic`, `partition`, `offset`."""
    sight = observed(seen)
    value = None if seen.value is MISSING else seen.value
    parts = {name: None if part is MISSING else part for name, part in sight.parts.items()}
    return {"value": value, "headers": dict(sight.headers), **parts}


def _about(seen: Seen, now_ms: int) -> list[str]:
    """Its place, the id to follow it by, and its age."""
    headers: Mapping[str, str] = observed(seen).headers
    identity = headers.get(REQUEST_ID) or headers.get(CORRELATION_ID)
    age = format_age(now_ms - seen.record.timestamp_ms)
    return [seen.record.position, *([identity] if identity else []), age]


def _brief(seen: Seen) -> str:
    if seen.value is MISSING:
        return f"{len(seen.record.value or b'')} bytes that cannot be decoded"
    return show(seen.value)


def expectations(
    where: Mapping[Any, Any], key: Any, headers: Mapping[str, Any], names: Mapping[str, Any]
) -> tuple[Expectation, ...]:
    """What `where`, `key` and `headers` of a step ask of a record. Raises TemplateFailed or BadValue."""
    asked = dict(where)
    if key is not None:
        asked[Selector("key")] = key
    for name, predicate in headers.items():
        asked[Selector(f"header.{name}")] = predicate
    return Expectation.bind(asked, names)
