from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from pydantic import Field

from sandbox.config.services import SERVICES
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
    in_order: bool = Field(default=False, alias="in-order")
    """Whether those began their part in this order."""
    complete: bool = False
    """Whether what caused each part of it is known too: no span hangs in the air, but those that the run itself is the
    cause of."""
    within_s: Duration = Field(default=10.0, alias="within")
    """Look until all have, or fail at this limit; 10s when left out."""

    def needs(self) -> Iterator[str]:
        yield from super().needs()
        yield from (f"own {service}" for service in self.contains if service in SERVICES)

    def title(self, names: dict[str, Any] | None = None) -> str:
        return f"trace {shown(self.identity, names)} contains {', '.join(self.contains)}"

    def _wrong(self, facts: Sequence[Mapping[str, Any]]) -> str | None:
        """What does not hold, None when all does."""
        began = _in_order(facts)
        if not began:
            return "nothing is known of it"
        if not set(self.contains).issubset(began):
            return ", ".join(began)
        if self.in_order and [service for service in began if service in self.contains] != list(self.contains):
            return f"{', '.join(began)}, in this order"
        if self.complete and (gaps := _gaps(facts)):
            return f"no cause is known of what {', '.join(gaps)} did"
        return None

    async def run(self, turn: Turn) -> str:
        identity = str(self.identity.render(turn.names))
        facts: list[Mapping[str, Any]] = []

        async def attempt() -> Verdict:
            facts[:] = await turn.world.trace(identity)
            return Verdict.NOT_YET if self._wrong(facts) else Verdict.HOLDS

        verdict = await look(attempt, Backoff(turn.world.clock), limit_s=self.within_s, clock=turn.world.clock)
        if verdict is not Verdict.HOLDS:
            expected = (
                f"{', then '.join(self.contains) if self.in_order else ', '.join(self.contains)} under {identity}"
            )
            expected += ", without a gap" if self.complete else ""
            after = f" after {format_duration(round(turn.took_s, 1))}"
            told = _told(facts)
            actual = f"{self._wrong(facts)}{after}"
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


def _start_ms(fact: Mapping[str, Any]) -> float:
    """A fact that tells how long something took is recorded at its end."""
    return float(fact.get("at_ms", 0)) - float(fact.get("took_ms") or 0.0)


def _in_order(facts: Sequence[Mapping[str, Any]]) -> list[str]:
    """Who began when. A cause is never later than its effect: a record may be handled before its writer hears of it."""
    began: dict[Any, tuple[float, int]] = {}
    cause = {each.get("span_id"): each.get("parent_span_id") for each in facts}
    for each in facts:
        span, start_ms, depth = each.get("span_id") or id(each), _start_ms(each), 0
        while span is not None and depth <= len(facts):  # up to the root, or round a circle of ids once
            began[span] = min(began.get(span, (start_ms, 0)), (start_ms, -depth))
            span, depth = cause.get(span), depth + 1
    ordered = sorted(facts, key=lambda each: began[each.get("span_id") or id(each)])
    return list(dict.fromkeys(str(each["source"]) for each in ordered))


def _gaps(facts: Sequence[Mapping[str, Any]]) -> list[str]:
    """Services with a span whose parent is no span under the id. The run's own spans are parents without facts."""
    spans = {each.get("span_id") for each in facts}
    parents: dict[str, set[str]] = {}
    for each in facts:
        if (parent := each.get("parent_span_id")) and parent not in spans:
            parents.setdefault(str(parent), set()).add(str(each["source"]))
    roots = _run_spans(facts)
    return sorted({source for parent, sources in parents.items() if parent not in roots for source in sources})


def _run_spans(facts: Sequence[Mapping[str, Any]]) -> set[str]:
    """The first span that anything under each trace id names as its cause is the caller's own."""
    first: dict[str, str] = {}
    for each in sorted(facts, key=_start_ms):
        if parent := each.get("parent_span_id"):
            first.setdefault(str(each.get("trace_id")), str(parent))
    return set(first.values())
