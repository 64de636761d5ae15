from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import Field

from sandbox.scenarios.looking import Backoff, Verdict, look
from sandbox.scenarios.model.predicate import CountField, Predicate
from sandbox.scenarios.model.selection import Expectation, Observed, Selector
from sandbox.scenarios.model.units import Duration, Rate, format_duration
from sandbox.scenarios.result import ExpectationFailed, Failure
from sandbox.scenarios.stage import Turn
from sandbox.scenarios.steps.letters import LetterStep
from sandbox.scenarios.steps.step import KAFKA, SCENARIO

COUNTS = ("replayed", "skipped", "failed", "left")


class DlqReplayStep(LetterStep):
    """Send dead letters again, byte for byte, and wait until that is done."""

    verb = "dlq-replay"
    topic: str = Field(alias="dlq-replay", min_length=1)
    """The original topic."""
    target: str = Field(default="RAW", alias="to")
    """RAW (the original topic; when left out), SHADOW (a side topic) or the name of a topic."""
    rate_per_s: Rate | None = Field(default=None, alias="rate")
    """How fast; as fast as possible when left out."""
    limit: int | None = Field(default=None, ge=1)
    """At most so many."""
    replayed: CountField = Field(default_factory=lambda: Predicate.parse({"gte": 1}))
    """How many are sent again; one or more when left out."""
    failed: CountField = Field(default_factory=lambda: Predicate.parse(0))
    """How many could not be; none when left out."""
    within_s: Duration = Field(default=30.0, alias="within")
    """How long it may take; 30s when left out."""

    def involves(self, names: Mapping[str, Any]) -> tuple[str, ...]:
        return (SCENARIO, KAFKA)

    def title(self, names: dict[str, Any] | None = None) -> str:
        return f"replay the dead letters of {self.topic}{self.told(names)}"

    async def run(self, turn: Turn) -> str:
        controls = turn.world.controls
        options = {"target": self.target, "rate_per_s": self.rate_per_s, "max_messages": self.limit}
        with self.placed():
            status: Mapping[str, Any] = await controls.replay(self.topic, self.letters(turn), options)

        async def attempt() -> Verdict:
            nonlocal status
            status = await controls.replay_status(status["replay"])
            return Verdict.NOT_YET if status["state"] == "running" else Verdict.HOLDS

        clock = turn.world.clock
        verdict = await look(attempt, Backoff(clock), limit_s=self.within_s, clock=clock)
        told = ", ".join(f"{status.get(name, 0)} {name}" for name in COUNTS)
        if verdict is not Verdict.HOLDS:
            raise ExpectationFailed(
                Failure("a replay that ends", f"{told} after {format_duration(round(turn.took_s, 1))}, and going on")
            )
        asked = {Selector("replayed"): self.replayed, Selector("failed"): self.failed}
        expected = Expectation.bind(asked, turn.names)
        sight = Observed(parts={name: status.get(name, 0) for name in COUNTS})
        if any(each.mismatch(sight) for each in expected):
            raise ExpectationFailed(Failure(", ".join(each.describe() for each in expected), told))
        return told
