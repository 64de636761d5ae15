from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any, Literal

from pydantic import Field

from sandbox.contracts.names import DLQ_SUFFIX
from sandbox.scenarios.capturing import capture
from sandbox.scenarios.model.predicate import CountField, Predicate, PredicateField
from sandbox.scenarios.model.selection import Expectation, RecordSelector, Selector
from sandbox.scenarios.model.strict import Name
from sandbox.scenarios.model.units import Duration
from sandbox.scenarios.records import observed
from sandbox.scenarios.stage import Turn
from sandbox.scenarios.steps.step import KAFKA, SCENARIO, Step, conditions
from sandbox.scenarios.watching import Watch


class DlqStep(Step):
    """Dead letters of a topic since the scenario began: `$.failureCategory`, `$.retryCount`, `$.errorMessage`…"""

    verb = "dlq"
    observes = True
    topic: str = Field(alias="dlq", min_length=1)
    """The original topic; `perception.events` looks at `perception.events.dlq`."""
    where: dict[RecordSelector, PredicateField] = Field(default_factory=dict)
    """What must hold of the DLQ record: a JSONPath, `key` or `header.NAME` → predicate."""
    key: PredicateField | None = None
    """What must hold of the original key."""
    category: PredicateField | None = None
    """What must hold of the failure category: DESERIALIZATION, VALIDATION, DOWNSTREAM_FAILURE, PERSISTENCE, UNKNOWN."""
    error: PredicateField | None = None
    """What must hold of the error's text."""
    retries: PredicateField | None = None
    """What must hold of the number of retries before it was given up."""
    group: PredicateField | None = None
    """What must hold of the consumer group that gave it up."""
    headers: dict[str, PredicateField] = Field(default_factory=dict)
    """What must hold of the original record's headers, by name."""
    payload: PredicateField | None = None
    """What must hold of the original value as text: `{contains: EURUSD}`."""
    count: CountField = Field(default_factory=lambda: Predicate.parse({"gte": 1}))
    """How many dead letters fit; one or more when left out. `count: 0` watches for the whole `within`."""
    since: Literal["start", "step"] = "start"
    """Look at those since the scenario's start, or only since this step's."""
    within_s: Duration = Field(default=10.0, alias="within")
    """Look until it holds, or fail at this limit; 10s when left out."""
    fail_when: dict[RecordSelector, PredicateField] = Field(default_factory=dict, alias="fail-when")
    """Fail at once when a dead letter fulfils all of this, so that nothing is waited for that cannot come any more."""
    capture: dict[Name, RecordSelector] = Field(default_factory=dict)
    """Names for parts of the first one that fits."""

    def _asked(self) -> dict[Selector, Predicate]:
        asked: dict[Selector, Predicate] = {}
        for path, predicate in (
            ("$.failureCategory", self.category),
            ("$.errorMessage", self.error),
            ("$.retryCount", self.retries),
            ("$.consumerGroupId", self.group),
            ("$.payload", self.payload),
            ("key", self.key),
        ):
            if predicate is not None:
                asked[Selector(path)] = predicate
        headers = {Selector(f"$.headers[{json.dumps(name)}]"): each for name, each in self.headers.items()}
        return {**asked, **headers, **self.where}

    @property
    def dlq_topic(self) -> str:
        return self.topic if self.topic.endswith(DLQ_SUFFIX) else f"{self.topic}{DLQ_SUFFIX}"

    def involves(self, names: Mapping[str, Any]) -> tuple[str, ...]:
        return (KAFKA, SCENARIO)

    def title(self, names: dict[str, Any] | None = None) -> str:
        return f"dead letters of {self.topic.removesuffix(DLQ_SUFFIX)}{conditions(self._asked(), names)}"

    def topics(self) -> tuple[str, ...]:
        return (self.dlq_topic,)

    def gives(self) -> Iterator[str]:
        yield from self.capture

    async def run(self, turn: Turn) -> str:
        asked = Expectation.bind(self._asked(), turn.names)
        begin = turn.starts.get(self.dlq_topic, 0) if self.since == "step" else 0
        watch = Watch(self.dlq_topic, asked, self.count.bind(turn.names), begin)
        watch.fatal = Expectation.bind(self.fail_when, turn.names)
        await watch.run(turn, self.within_s)
        if watch.first is None:
            return "none, as expected"
        capture(turn, self.capture, observed(watch.first))
        return f"{watch.fitting} dead letter{'' if watch.fitting == 1 else 's'}"
