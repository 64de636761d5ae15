from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Literal

from pydantic import Field

from sandbox.scenarios.capturing import capture
from sandbox.scenarios.model.predicate import CountField, Predicate, PredicateField
from sandbox.scenarios.model.selection import Expectation, RecordSelector
from sandbox.scenarios.model.strict import Name
from sandbox.scenarios.model.units import Duration
from sandbox.scenarios.ordering import Order
from sandbox.scenarios.records import observed
from sandbox.scenarios.stage import Turn
from sandbox.scenarios.steps.step import KAFKA, SCENARIO, Step, conditions
from sandbox.scenarios.watching import Watch, expectations, handle


class ExpectStep(Step):
    """Records on a topic. All of them since the scenario began are looked at, so none can slip by before the step.

    With `as: snapshot` later steps know `snapshot.value`, `key`, `headers`, `topic`, `partition` and `offset` of the
    first record that fits.
    """

    verb = "expect"
    observes = True
    topic: str = Field(alias="expect", min_length=1)
    """The topic."""
    where: dict[RecordSelector, PredicateField] = Field(default_factory=dict)
    """What must hold: a JSONPath into the value, `key`, `partition`, `offset` or `header.NAME` → predicate."""
    key: PredicateField | None = None
    """What must hold of the key."""
    headers: dict[str, PredicateField] = Field(default_factory=dict)
    """What must hold of headers, by name."""
    count: CountField = Field(default_factory=lambda: Predicate.parse({"gte": 1}))
    """How many records fit; one or more when left out. `count: 0` watches for the whole `within`."""
    order: Order | None = None
    """They come in order: `{of: $.timestamp, per: key}`, where what `of` points to never falls."""
    since: Literal["start", "step"] = "start"
    """Look at the records since the scenario's start, or only at those since this step's."""
    within_s: Duration = Field(default=10.0, alias="within")
    """Look until it holds, or fail at this limit; 10s when left out."""
    fail_when: dict[RecordSelector, PredicateField] = Field(default_factory=dict, alias="fail-when")
    """Fail at once when a record fulfils all of this, so that nothing is waited for that cannot come any more."""
    capture: dict[Name, RecordSelector] = Field(default_factory=dict)
    """Names for parts of the first record that fits: a JSONPath, `key`, `offset`, `header.NAME`."""
    name: Name | None = Field(default=None, alias="as")
    """The name by which later steps know the first record that fits."""

    def involves(self, names: Mapping[str, Any]) -> tuple[str, ...]:
        return (KAFKA, SCENARIO)

    def title(self, names: dict[str, Any] | None = None) -> str:
        order = f" {self.order.describe()}" if self.order else ""
        return f"expect {self.topic}{order}{conditions(self.where, names)}"

    def topics(self) -> tuple[str, ...]:
        return (self.topic,)

    def gives(self) -> Iterator[str]:
        yield from self.capture
        if self.name is not None:
            yield self.name

    def _fatal(self, turn: Turn) -> tuple[Expectation, ...]:
        return Expectation.bind(self.fail_when, turn.names)

    async def run(self, turn: Turn) -> str:
        asked = expectations(self.where, self.key, self.headers, turn.names)
        begin = turn.starts.get(self.topic, 0) if self.since == "step" else 0
        watch = Watch(self.topic, asked, self.count.bind(turn.names), begin, self.order, self._fatal(turn))
        await watch.run(turn, self.within_s)
        if watch.first is None:
            return "none, as expected"
        turn.remember(self.name, handle(watch.first))
        capture(turn, self.capture, observed(watch.first))
        more = f" and {watch.fitting - 1} more" if watch.fitting > 1 else ""
        return f"{watch.first.record.position}{more}"
