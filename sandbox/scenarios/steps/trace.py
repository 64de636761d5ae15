from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import Field

from sandbox.scenarios.looking import Backoff, Verdict, look
from sandbox.scenarios.model.strict import TemplateField
from sandbox.scenarios.model.units import Duration, format_duration
from sandbox.scenarios.result import ExpectationFailed, Failure
from sandbox.scenarios.stage import Turn
from sandbox.scenarios.steps.step import Step
from sandbox.scenarios.template.tree import shown


class TraceStep(Step):
    """Which services worked under a request, correlation or trace id: over REST, Kafka, breakers, DLQ and WebSocket."""

    verb = "trace"
    observes = True
    identity: TemplateField = Field(alias="trace")
    """The id: `"{{ alert.request_id }}"`."""
    contains: tuple[str, ...] = Field(min_length=1)
    """Services that did something under it: capsule, odyssey, plato, audit."""
    within_s: Duration = Field(default=10.0, alias="within")
    """Look until all have, or fail at this limit; 10s when left out."""

    def title(self, names: dict[str, Any] | None = None) -> str:
        return f"trace {shown(self.identity, names)} contains {', '.join(self.contains)}"

    async def run(self, turn: Turn) -> str:
        identity = str(self.identity.render(turn.names))
        facts: list[Mapping[str, Any]] = []

        async def attempt() -> Verdict:
            facts[:] = await turn.world.trace(identity)
            return Verdict.HOLDS if {each["source"] for each in facts}.issuperset(self.contains) else Verdict.NOT_YET

        verdict = await look(attempt, Backoff(turn.world.clock), limit_s=self.within_s, clock=turn.world.clock)
        if verdict is not Verdict.HOLDS:
            expected = f"{', '.join(self.contains)} under {identity}"
            after = f" after {format_duration(round(turn.took_s, 1))}"
            told = _told(facts)
            actual = f"{', '.join(told)}{after}" if told else f"nothing is known of it{after}"
            raise ExpectationFailed(Failure(expected, actual, tuple(told.items())))
        return f"{len(facts)} facts by {', '.join(_told(facts))}"


def _told(facts: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    """Service → what it did, in the order in which they began."""
    kinds: dict[str, Counter[str]] = {}
    for fact in facts:
        kinds.setdefault(str(fact["source"]), Counter())[str(fact["kind"])] += 1
    return {
        source: " · ".join(kind if count == 1 else f"{kind} {count}×" for kind, count in counted.items())
        for source, counted in kinds.items()
    }
