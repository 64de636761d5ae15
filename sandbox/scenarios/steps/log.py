from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import Field

from sandbox.scenarios.assertions.assertion import MISSING
from sandbox.scenarios.capturing import capture
from sandbox.scenarios.looking import Backoff, Verdict, look
from sandbox.scenarios.model.predicate import CountField, Predicate, PredicateField
from sandbox.scenarios.model.selection import Expectation, LogSelector, Observed, Selector
from sandbox.scenarios.model.strict import Name, TemplateField
from sandbox.scenarios.model.units import Duration, format_duration
from sandbox.scenarios.ports import LogLine
from sandbox.scenarios.result import ExpectationFailed, Failure
from sandbox.scenarios.stage import Turn
from sandbox.scenarios.steps.step import Step, conditions, known_party

ANY = "any"
IDS = ("requestId", "correlationId", "traceId")
SHOWN = 5


class LogStep(Step):
    """Lines that a component logged since the scenario began: its level, its text, the id that it stands under."""

    verb = "log"
    observes = True
    component: str = Field(alias="log", min_length=1)
    """capsule, odyssey, plato, audit, schema-registry, kafka, or `any`."""
    level: PredicateField | None = None
    """What must hold of the level: ERROR, or `{in: [WARN, ERROR]}`."""
    message: PredicateField | None = None
    """What must hold of the text: `{contains: fallback}`."""
    under: TemplateField | None = None
    """Only lines of this request, correlation or trace id."""
    where: dict[LogSelector, PredicateField] = Field(default_factory=dict)
    """What must hold of the other members of a line: a JSONPath such as `$.status` → predicate."""
    count: CountField = Field(default_factory=lambda: Predicate.parse({"gte": 1}))
    """How many lines fit; one or more when left out. `count: 0` watches for the whole `within`."""
    within_s: Duration = Field(default=10.0, alias="within")
    """Look until it holds, or fail at this limit; 10s when left out."""
    capture: dict[Name, LogSelector] = Field(default_factory=dict)
    """Names for parts of the first line that fits."""

    def needs(self) -> Iterator[str]:
        yield from super().needs()
        yield "logs"
        if self.component not in (ANY, "kafka", "engine"):
            yield f"own {self.component}"

    def _asked(self) -> dict[Selector, Predicate]:
        own = {"level": self.level, "message": self.message}
        return {**{Selector(name): each for name, each in own.items() if each is not None}, **self.where}

    def involves(self, names: Mapping[str, Any]) -> tuple[str, ...]:
        return (known_party(self.component),)

    def title(self, names: dict[str, Any] | None = None) -> str:
        return f"log of {self.component}{conditions(self._asked(), names)}"

    def gives(self) -> Iterator[str]:
        yield from self.capture

    async def run(self, turn: Turn) -> str:
        asked = Expectation.bind(self._asked(), turn.names)
        under = None if self.under is None else str(self.under.render(turn.names))
        count = self.count.bind(turn.names)
        to_the_end = count.holds(0)
        looked_at: list[Observed] = []
        fitting: list[Observed] = []
        place = 0

        async def attempt() -> Verdict:
            nonlocal place
            lines = await turn.stage.log_lines()
            for line in lines[place:]:
                if self._about(line, under):
                    sight = _observe(line)
                    looked_at.append(sight)
                    if all(each.mismatch(sight) is None for each in asked):
                        fitting.append(sight)
            place = len(lines)
            if count.out_of_reach(len(fitting)):
                return Verdict.HOPELESS
            return Verdict.HOLDS if count.holds(len(fitting)) and not to_the_end else Verdict.NOT_YET

        clock = turn.world.clock
        verdict = await look(attempt, Backoff(clock), limit_s=self.within_s, clock=clock)
        if verdict is not Verdict.HOLDS and not (to_the_end and count.holds(len(fitting))):
            told = ", ".join(each.describe() for each in asked)
            who = "" if self.component == ANY else f" of {self.component}"
            expected = f"{count.describe()} line(s){who}{f' with {told}' if told else ''}"
            after = format_duration(round(turn.took_s, 1))
            actual = f"{len(fitting)} of {len(looked_at)} lines fit in {after}"
            last = [*(fitting if verdict is Verdict.HOPELESS else looked_at)][-SHOWN:]
            evidence = tuple(("lines" if number == 0 else "", _show(each)) for number, each in enumerate(last))
            raise ExpectationFailed(Failure(expected, actual, evidence))
        if not fitting:
            return "none, as expected"
        capture(turn, self.capture, fitting[0])
        return f"{len(fitting)} line{'' if len(fitting) == 1 else 's'}, the first: {_show(fitting[0])}"

    def _about(self, line: LogLine, under: str | None) -> bool:
        if self.component not in (ANY, line.component):
            return False
        return under is None or under in (line.fields.get(name) for name in IDS)


def _observe(line: LogLine) -> Observed:
    fields: Mapping[str, Any] = line.fields
    parts = {name: fields.get(name, MISSING) for name in ("level", "message", "logger")}
    return Observed(document=dict(fields), parts={**parts, "component": line.component})


def _show(sight: Observed) -> str:
    level = "" if sight.parts["level"] is MISSING else f"{sight.parts['level']} "
    return f"{level}{sight.parts['component']}: {sight.parts['message']}"
