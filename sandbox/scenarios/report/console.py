"""The run as a story on the terminal: what is said, done and seen, and between the lines what the services do."""

from __future__ import annotations

import textwrap
from collections import Counter
from typing import TextIO

from sandbox.events.facts import Fact, ScenarioFinished, ScenarioStarted, StepFinished, StepStarted
from sandbox.observe.deed import format_took
from sandbox.scenarios.model.units import format_duration
from sandbox.scenarios.report.in_order import InOrder
from sandbox.scenarios.report.painter import Painter, Spans, painter_for
from sandbox.scenarios.report.progress import Progress
from sandbox.scenarios.report.run_log import place_of
from sandbox.scenarios.report.story import deed_of
from sandbox.scenarios.result import Failure

__all__ = ["ConsoleReport"]

ALIKE_SHOWN = 3
"""Deeds of one kind by one service that are shown in full; of the rest only the number."""
WHO_CHARS = 9
SIGNS = {"passed": ("✓", "good"), "failed": ("✗", "bad")}
"""Of a step that is done; any other outcome has a dash."""


class ConsoleReport:
    """Follows the first run it hears of. The last line is written by `close`, so that late facts come before it."""

    def __init__(self, stream: TextIO, painter: Painter | None = None, progress: Progress | None = None) -> None:
        self._painter = painter or painter_for(stream)
        self._progress = progress or Progress()
        self._run = ""
        self._started: ScenarioStarted | None = None
        self._finished: ScenarioFinished | None = None
        self._failed: list[StepFinished] = []
        self._counts: Counter[str] = Counter()
        self._alike: Counter[tuple[str, str]] = Counter()
        self._limits: dict[str, str] = {}
        self._order = InOrder(self._tell)

    def on_fact(self, fact: Fact) -> None:
        if self._is_ours(fact):
            self._progress.on_fact(fact)
        self._order.add(fact)

    def _is_ours(self, fact: Fact) -> bool:
        if isinstance(fact, ScenarioStarted) and not self._run:
            self._run = fact.run
        return not isinstance(fact, StepStarted | StepFinished) or fact.run == self._run

    def _tell(self, fact: Fact) -> None:
        if isinstance(fact, ScenarioStarted):
            if self._started is None:
                self._begin(fact)
        elif self._started is None:
            return
        elif isinstance(fact, StepStarted | StepFinished | ScenarioFinished):
            if fact.run == self._started.run:
                self._on_step(fact)
        else:
            self._on_deed(fact)

    def close(self) -> None:
        self._order.flush()
        self._painter.live(None)
        self._more()
        if self._started is not None:
            self._sum_up()
        self._painter.close()

    def _begin(self, fact: ScenarioStarted) -> None:
        self._started = fact
        self._line([("▶ ", "good"), (fact.scenario, "bold")])
        if fact.purpose:
            for line in textwrap.wrap(fact.purpose, self._painter.width - 2):
                self._line([(f"  {line}", "dim")])
        self._line([(f"  {fact.run} · seed {fact.seed} · {fact.correlation_id}", "dim")])
        self._painter.live(lambda: self._progress.lines(fact.steps))

    def _on_step(self, fact: StepStarted | StepFinished | ScenarioFinished) -> None:
        if isinstance(fact, ScenarioFinished):
            self._finished = fact
            self._painter.live(None)
        elif isinstance(fact, StepStarted):
            if fact.number == 0:
                self._more()
                self._line([("", "")])
                self._line([(f"  {fact.title}", "bold")])
            else:
                limit = f" within {format_duration(fact.within_ms / 1000)}" if fact.within_ms else ""
                self._limits[place_of(fact)] = limit
        elif fact.number:
            self._step_done(fact)

    def _step_done(self, fact: StepFinished) -> None:
        inner = "  " * place_of(fact).count(".")
        if fact.outcome == "failed" and fact.failure is None and fact.detail is None:
            return  # a step inside it failed, and was told
        if fact.outcome == "failed":
            self._failed.append(fact)
            self._failure(fact, inner)
            return
        if not inner:
            self._counts[fact.outcome] += 1
        sign, style = SIGNS.get(fact.outcome, ("-", "warn"))
        spans: Spans = [(f"  {inner}{sign} ", style), (fact.title, "")]
        detail = fact.outcome if fact.outcome == "interrupted" else fact.detail
        if detail:
            spans.append((f" · {detail}", "dim"))
        self._line(spans, fact.took_ms)

    def _failure(self, fact: StepFinished, inner: str) -> None:
        failure = Failure.from_json(fact.failure or {})
        head = f"  {inner}✗ step {place_of(fact)} of {self._steps}  "
        title = f"{fact.title}{self._limits.get(place_of(fact), '')}"
        where = failure.where or fact.where
        gap = max(2, self._painter.width - len(head) - len(title) - len(where))
        self._line([(head, "bad"), (title, "bold"), (" " * gap + where, "dim")])
        for line in failure.lines():
            self._line([(f"      {inner}{line}", _row_style(line))])

    def _on_deed(self, fact: Fact) -> None:
        assert self._started is not None
        deed = deed_of(fact, self._started.correlation_id or "")
        if deed is None:
            return
        self._alike[deed.who, deed.alike] += 1
        if self._alike[deed.who, deed.alike] > ALIKE_SHOWN:
            return
        since_ms = fact.at_ms - self._started.at_ms
        spans: Spans = [
            (f"    {since_ms:>+7,} ms  ", "dim"),
            (f"{deed.who.upper():<{WHO_CHARS}} ", "who"),
            (deed.what, "warn" if deed.bad else ""),
        ]
        self._line(spans, deed.took_ms)

    def _more(self) -> None:
        """Say how many deeds were left out of this chapter, and begin to count anew."""
        for (who, alike), count in self._alike.items():
            if count > ALIKE_SHOWN:
                self._line([(f"{'':16}{who.upper():<{WHO_CHARS}} {alike}: {count - ALIKE_SHOWN:,} more", "dim")])
        self._alike.clear()

    def _sum_up(self) -> None:
        assert self._started is not None
        self._line([("", "")])
        if self._finished is None:
            self._line([("  ? ", "warn"), ("the end of the run was not seen", "")])
            return
        finished = self._finished
        took = format_took(finished.took_ms)
        if finished.outcome == "passed":
            self._line([("  ✓ passed", "good"), (f" · {self._counts['passed']} steps{self._skipped} in {took}", "")])
            return
        if finished.outcome == "skipped":
            self._line([("  - skipped", "warn")])
            return
        again = f"seed {self._started.seed}: --seed gives the same traffic again"
        if finished.outcome == "interrupted":
            self._line([("  - interrupted", "warn"), (f" after {took} · {again}", "")])
            return
        numbers = ", ".join(place_of(each) for each in self._failed)
        self._line(
            [("  ✗ failed", "bad"), (f" at step {numbers} of {self._steps}{self._skipped} after {took} · {again}", "")]
        )

    @property
    def _skipped(self) -> str:
        return f", {self._counts['skipped']} skipped" if self._counts["skipped"] else ""

    @property
    def _steps(self) -> int:
        return self._started.steps if self._started else 0

    def _line(self, spans: Spans, took_ms: float | None = None) -> None:
        """A line, shortened to the width, with a time at its right end."""
        room = self._painter.width - (0 if took_ms is None else 11)
        fitting, used = [], 0
        for text, style in spans:
            if took_ms is not None and used + len(text) > room:
                text = text[: max(0, room - used - 1)] + "…" if room > used else ""
            fitting.append((text, style))
            used += len(text)
        if took_ms is not None:
            fitting.append((f"{'':{max(1, room - used)}}{format_took(took_ms):>10}", "dim"))
        self._painter.line(fitting)


def _row_style(line: str) -> str:
    """What was found instead, and what to do, stand out from the rest of a failure."""
    return {"actual": "bad", "hint": "warn"}.get(line.split(" ", 1)[0], "")
