"""What goes on right now: the step and its wait, what comes next, rates of publishing, faults in force."""

from __future__ import annotations

import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Sequence

from sandbox.events.facts import (
    BreakerTransitioned,
    Fact,
    FaultApplied,
    FaultRemoved,
    RecordProduced,
    StepFinished,
    StepStarted,
)
from sandbox.scenarios.report.painter import Spans

__all__ = ["Progress"]

RATE_OVER_S = 2.0
NEXT_SHOWN = 3
TOPICS_SHOWN = 4
LABEL_CHARS = 9
PUBLISHER = "scenario"
MOMENTS_LIMIT = 100_000


class Progress:
    """Takes facts as they come and gives the lines to show at any moment. `plan` is (file:line, title) of the steps
    ahead, `speed` how fast the sandbox's clock runs, on which limits are counted."""

    def __init__(
        self,
        plan: Sequence[tuple[str, str]] = (),
        *,
        speed: float = 1.0,
        now_s: Callable[[], float] = time.monotonic,
    ) -> None:
        self._lock = threading.Lock()  # lines are asked for by the thread that draws
        self._plan = tuple(plan)
        self._speed = speed
        self._now_s = now_s
        self._began: dict[str, tuple[StepStarted, float]] = {}
        self._at = -1
        self._faults: dict[str, FaultApplied] = {}
        self._breakers: dict[str, str] = {}
        self._moments: dict[str, deque[float]] = {}

    def on_fact(self, fact: Fact) -> None:
        with self._lock:
            self._take(fact)

    def _take(self, fact: Fact) -> None:
        if isinstance(fact, StepStarted):
            self._reach(fact.where)
            if fact.number:
                self._began[fact.path or str(fact.number)] = (fact, self._now_s())
        elif isinstance(fact, StepFinished):
            self._began.pop(fact.path or str(fact.number), None)
        elif isinstance(fact, FaultApplied):
            self._faults[fact.fault_id] = fact
        elif isinstance(fact, FaultRemoved):
            self._faults.pop(fact.fault_id, None)
        elif isinstance(fact, BreakerTransitioned):
            name = fact.breaker if "/" in fact.breaker else f"{fact.source}/{fact.breaker}"
            self._breakers[name] = fact.to_state
        elif isinstance(fact, RecordProduced) and fact.source == PUBLISHER:
            self._moments.setdefault(fact.topic, deque(maxlen=MOMENTS_LIMIT)).append(self._now_s())

    def _reach(self, where: str) -> None:
        ahead = [place for place, (at, _) in enumerate(self._plan) if at == where and place > self._at]
        if ahead:
            self._at = ahead[0]

    def lines(self, steps: int) -> list[Spans]:
        """At most a dozen lines; `steps` is how many the run has."""
        with self._lock:
            return self._lines(steps)

    def _lines(self, steps: int) -> list[Spans]:
        lines = [self._step(path, fact, since_s, steps) for path, (fact, since_s) in self._began.items()]
        if told := self._rates():
            lines.append(_row("sending", told))
        if self._faults:
            told = " · ".join(f"{each.fault} on {each.target}" for each in self._faults.values())
            lines.append(_row("faults", told, "warn"))
        if moved := [f"{name} {state}" for name, state in self._breakers.items() if state != "CLOSED"]:
            lines.append(_row("breakers", " · ".join(moved), "warn"))
        titles = [title for _, title in self._plan[self._at + 1 : self._at + 1 + NEXT_SHOWN]]
        for place, title in enumerate(titles):
            lines.append(_row("then" if place == 0 else "", title))
        return lines

    def _step(self, path: str, fact: StepStarted, since_s: float, steps: int) -> Spans:
        took_s = max(0.0, self._now_s() - since_s) * self._speed
        limit = f" of {fact.within_ms / 1000:g}" if fact.within_ms else ""
        told = f"{took_s:.1f}{limit} s"
        return [("◌ ", "who"), (f"step {path} of {steps}  ", "dim"), (fact.title, "bold"), (f"  {told}", "who")]

    def _rates(self) -> str:
        since_s = self._now_s() - RATE_OVER_S
        rates: Counter[str] = Counter()
        for topic, moments in self._moments.items():
            while moments and moments[0] < since_s:
                moments.popleft()
            rates[topic] = len(moments)
        busy = [(topic, count / RATE_OVER_S) for topic, count in rates.most_common(TOPICS_SHOWN) if count]
        return " · ".join(f"{topic} {rate:,.1f}/s" for topic, rate in busy)


def _row(label: str, text: str, style: str = "dim") -> Spans:
    return [(f"  {label:<{LABEL_CHARS}}", "dim"), (text, style)]
