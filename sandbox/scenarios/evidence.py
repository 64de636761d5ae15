"""What a failed step is shown with: the faults in force, and what went wrong last, out of the journal."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace

from sandbox.errors import SandboxError
from sandbox.events.facts import (
    CallNotPermitted,
    DlqRecordWritten,
    DownstreamCalled,
    Fact,
    FallbackUsed,
    RetryScheduled,
)
from sandbox.observe.deed import deed_of, format_took
from sandbox.scenarios.model.units import format_age
from sandbox.scenarios.ports import FaultState
from sandbox.scenarios.result import Failure
from sandbox.scenarios.stage import Stage
from sandbox.scenarios.steps.step import Step

__all__ = ["with_evidence"]

TROUBLE: tuple[type[Fact], ...] = (
    CallNotPermitted, DlqRecordWritten, DownstreamCalled, FallbackUsed, RetryScheduled,
)  # fmt: skip
"""Kinds that tell of something gone wrong, calls between services among them."""
LOOKED_AT = 200
SHOWN = 3
GOOD_BELOW = 500


async def with_evidence(failure: Failure, step: Step, stage: Stage) -> Failure:
    """The failure with what a person looks at first: the faults, then the last calls and troubles with their age."""
    rows = [*failure.evidence]
    with suppress(SandboxError):
        rows += _labelled("faults", [_fault(name, each, stage) for name, each in (await stage.world.faults()).items()])
    with suppress(SandboxError):
        facts = await stage.world.recent(TROUBLE, LOOKED_AT)
        found = [fact for fact in facts if step.concerns(fact)]
        found = found or [fact for fact in facts if _is_trouble(fact, stage)]
        told = [_line(fact, stage) for fact in found[:SHOWN]]
        rows += _labelled("trouble" if any(label == "last" for label, _ in rows) else "last", told)
    return replace(failure, evidence=tuple(rows))


def _labelled(label: str, lines: list[str]) -> list[tuple[str, str]]:
    return [(label if place == 0 else "", line) for place, line in enumerate(lines)]


def _fault(name: str, fault: FaultState, stage: Stage) -> str:
    hits = f"hit {fault.hits} time{'' if fault.hits == 1 else 's'}"
    since = f", made {_age(fault.since_ms, stage)}" if fault.since_ms is not None else ""
    return f"{name}: {fault.text} on {fault.on}{since}, {hits}"


def _is_trouble(fact: Fact, stage: Stage) -> bool:
    """Whether it went wrong within this run."""
    if fact.correlation_id != stage.correlation_id:
        return False
    return not isinstance(fact, DownstreamCalled) or fact.status is None or fact.status >= GOOD_BELOW


def _line(fact: Fact, stage: Stage) -> str:
    deed = deed_of(fact)
    assert deed is not None, f"{fact.kind} has no line"
    took = f" ({format_took(deed.took_ms)})" if deed.took_ms is not None else ""
    parts = (f"{deed.who.upper()} {deed.what}{took}", fact.request_id or fact.correlation_id, _age(fact.at_ms, stage))
    return " · ".join(part for part in parts if part)


def _age(at_ms: int, stage: Stage) -> str:
    return format_age(stage.world.clock.now_ms() - at_ms)
