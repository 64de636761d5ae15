"""What happened when, as lanes to draw: everything in units of the picture, so that the page only has to draw it."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from sandbox.events.facts import FaultRemoved, StepFinished
from sandbox.observe.deed import format_took
from sandbox.scenarios.report.run_log import BUCKET_MS, RunLog, place_of

__all__ = ["HEIGHT", "LEFT", "WIDTH", "Bar", "Lane", "Mark", "Timeline"]

WIDTH = 1120
LEFT = 200
"""Where the plot begins: the names of the lanes stand before it."""
RIGHT = WIDTH - 16
HEIGHT = {"bars": 30, "marks": 24, "rate": 40}
"""Of a lane, by its kind."""
COLUMN = 5
"""Width of one column of a rate, and the distance within which marks become one."""
TOPICS_SHOWN = 8
INNER_ROWS = 6
OVERLAP = 1.5
"""How far the bars of two steps, one right after the other, may stand in each other."""
NAME_CHARS = 28
LETTERS = {
    "CLOSED": "C", "OPEN": "O", "HALF_OPEN": "H", "FORCED_OPEN": "F", "DISABLED": "D", "METRICS_ONLY": "M",
}  # fmt: skip
TICKS_S = (0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 1800, 3600, 7200)
OPEN_ENDED = "until the end"


@dataclass(frozen=True, slots=True)
class Bar:
    """From `x` on, `width` wide; `look` is its class, `text` stands in it where there is room, `title` says it all."""

    x: float
    width: float
    look: str
    text: str
    title: str
    href: str | None = None

    @property
    def shown(self) -> str:
        room = int((self.width - 8) / 6.6)
        return self.text if len(self.text) <= room else (f"{self.text[: room - 1]}…" if room >= 4 else "")


@dataclass(frozen=True, slots=True)
class Mark:
    """Something that took no time. `sign` is what is drawn."""

    x: float
    sign: str
    look: str
    title: str


@dataclass(frozen=True, slots=True)
class Lane:
    """One line of the picture. `note` stands small under the name; `path` is the outline of a rate."""

    kind: str
    name: str
    y: float
    note: str = ""
    bars: tuple[Bar, ...] = ()
    marks: tuple[Mark, ...] = ()
    path: str = ""
    look: str = ""

    @property
    def height(self) -> int:
        return HEIGHT[self.kind]

    @property
    def short_name(self) -> str:
        return self.name if len(self.name) <= NAME_CHARS else f"{self.name[: NAME_CHARS - 1]}…"


class Timeline:
    """The lanes of one run: steps, faults, breakers, topics, dead letters, requests, troubles."""

    def __init__(self, run: RunLog) -> None:
        assert run.started is not None
        self._run = run
        self._begin_ms = run.started.at_ms
        self._span_ms = max(1, (_last_ms(run) - self._begin_ms))
        self.lanes: list[Lane] = []
        self._y = 0.0
        self._steps()
        self._faults()
        self._breakers()
        self._topics()
        self._moments()

    @property
    def height(self) -> float:
        return self._y

    @property
    def ticks(self) -> list[tuple[float, str]]:
        """Where the lines of the time axis stand, and what they are called."""
        span_s = self._span_ms / 1000
        step_s = next((each for each in TICKS_S if span_s / each <= 12), TICKS_S[-1])
        return [
            (self._x(self._begin_ms + n * step_s * 1000), _clock(n * step_s)) for n in range(int(span_s / step_s) + 1)
        ]

    @property
    def failures(self) -> list[float]:
        """Where a step failed."""
        return [self._x(step.at_ms) for step in self._run.failures]

    def _x(self, at_ms: float) -> float:
        part = min(1.0, max(0.0, (at_ms - self._begin_ms) / self._span_ms))
        return round(LEFT + part * (RIGHT - LEFT), 1)

    def _add(self, kind: str, name: str, **parts: Any) -> None:
        lane = Lane(kind, name, self._y, **parts)
        self.lanes.append(lane)
        self._y += lane.height

    def _bar(self, from_ms: float, to_ms: float, look: str, text: str, title: str, href: str | None = None) -> Bar:
        x = self._x(from_ms)
        return Bar(x, max(2.0, round(self._x(to_ms) - x, 1)), look, text, title, href)

    def _steps(self) -> None:
        """The steps of the file; below them those inside steps, each where it does not cover another."""
        outer = self._run.numbered
        self._add("bars", "steps", bars=tuple(self._step(step) for step in outer if step.outcome != "skipped"))
        rows: list[list[Bar]] = []
        for step in self._run.leaves:
            if place_of(step) == str(step.number) or step.outcome == "skipped":
                continue
            bar = self._step(step)
            free = next((row for row in rows if row[-1].x + row[-1].width <= bar.x + OVERLAP), None)
            if free is not None:
                free.append(bar)
            elif len(rows) < INNER_ROWS:
                rows.append([bar])
        for number, row in enumerate(rows):
            self._add("bars", "inside them" if number == 0 else "", bars=tuple(row))

    def _step(self, step: StepFinished) -> Bar:
        place = place_of(step)
        title = f"step {place}: {step.title} · {step.outcome} in {format_took(step.took_ms)}"
        href = f"#{self._run_id}-{place}"
        return self._bar(self._run.began_ms(step), step.at_ms, step.outcome, place, title, href)

    @property
    def _run_id(self) -> str:
        assert self._run.started is not None
        return self._run.started.run

    def _faults(self) -> None:
        ends = {fact.fault_id: fact for fact in self._run.faults if isinstance(fact, FaultRemoved)}
        for fact in self._run.faults:
            if isinstance(fact, FaultRemoved):
                continue
            end = ends.get(fact.fault_id)
            told = f"{fact.fault} on {fact.target}"
            hits = f"hit {end.hits} time{'' if end.hits == 1 else 's'}" if end else OPEN_ENDED
            to_ms = end.at_ms if end else self._begin_ms + self._span_ms
            bar = self._bar(fact.at_ms, to_ms, "fault", told, f"{fact.fault_id}: {told}, {hits}")
            self._add("bars", f"fault {fact.fault_id}", note=hits, bars=(bar,))

    def _breakers(self) -> None:
        changes = defaultdict(list)
        for fact in sorted(self._run.breakers, key=lambda each: each.at_ms):
            changes[fact.breaker if "/" in fact.breaker else f"{fact.source}/{fact.breaker}"].append(fact)
        for name, facts in changes.items():
            moments = [(self._begin_ms, facts[0].from_state), *((each.at_ms, each.to_state) for each in facts)]
            ends = [*(at_ms for at_ms, _ in moments[1:]), self._begin_ms + self._span_ms]
            bars = []
            for (from_ms, state), to_ms in zip(moments, ends, strict=True):
                letter = LETTERS.get(state, "?")
                bar = self._bar(
                    from_ms,
                    to_ms,
                    f"state-{letter}",
                    f"{letter} {state}",
                    f"{state} for {format_took(to_ms - from_ms)}",
                )
                bars.append(bar if bar.shown == bar.text else replace(bar, text=letter))
            self._add("bars", f"breaker {name}", note=f"{len(facts)} changes", bars=tuple(bars))

    def _topics(self) -> None:
        totals: Counter[str] = Counter()
        for (topic, _), count in self._run.records.items():
            totals[topic] += count
        shown = [topic for topic, _ in totals.most_common(TOPICS_SHOWN)]
        for topic in shown:
            self._rate(topic, {bucket: count for (of, bucket), count in self._run.records.items() if of == topic})
        if others := [topic for topic in totals if topic not in shown]:
            several: Counter[int] = Counter()
            for (of, bucket), count in self._run.records.items():
                if of in others:
                    several[bucket] += count
            self._rate(f"{len(others)} more topics", several)

    def _rate(self, topic: str, buckets: Mapping[int, int]) -> None:
        columns: Counter[int] = Counter()
        for bucket, count in buckets.items():
            columns[int((self._x(bucket * BUCKET_MS) - LEFT) // COLUMN)] += count
        column_s = max(BUCKET_MS, COLUMN * self._span_ms / (RIGHT - LEFT)) / 1000
        most = max(columns.values())
        room = HEIGHT["rate"] - 10
        points = []
        for column in sorted({n for each in columns for n in (each - 1, each, each + 1) if n >= 0}):
            y = self._y + HEIGHT["rate"] - 2 - room * columns[column] / most
            points.append(f"L{LEFT + column * COLUMN:g} {y:.1f}H{min(RIGHT, LEFT + (column + 1) * COLUMN):g}")
        floor = self._y + HEIGHT["rate"] - 2
        path = f"M{LEFT} {floor:g}" + "".join(_joined(points, floor)) + f"L{RIGHT} {floor:g}Z"
        total = sum(buckets.values())
        note = f"{total:,} record{'' if total == 1 else 's'}, ≤ {most / column_s:,.3g}/s"
        self._add("rate", topic, note=note, path=path, look="rate")

    def _moments(self) -> None:
        letters: dict[str, list[tuple[int, str]]] = defaultdict(list)
        for fact in self._run.dead_letters:
            letters[fact.topic].append(
                (fact.at_ms, f"{fact.group} gave up {fact.topic}: {fact.category}, {fact.error}")
            )
        for topic, moments in letters.items():
            self._marks(f"DLQ {topic}", "◆", "bad", moments)
        by_class: dict[int, list[tuple[int, str]]] = defaultdict(list)
        for served in self._run.requests:
            asked = f"{served.source.upper()} {served.method} {served.path}"
            text = f"{asked} → {served.status} in {format_took(served.took_ms)}"
            by_class[served.status // 100].append((served.at_ms, text))
        for kind, moments in sorted(by_class.items()):
            sign, look = _REQUESTS.get(kind, ("■", "warn"))
            self._marks(f"requests {kind}xx", sign, look, moments)
        for name, (kinds, sign, look) in _TROUBLES.items():
            found = [
                (fact["at_ms"], f"{fact['source']}: {_words(fact)}")
                for fact in self._run.facts
                if fact["kind"] in kinds
            ]
            self._marks(name, sign, look, found)

    def _marks(self, name: str, sign: str, look: str, moments: Iterable[tuple[int, str]]) -> None:
        columns: dict[int, list[str]] = defaultdict(list)
        for at_ms, text in sorted(moments):
            columns[int((self._x(at_ms) - LEFT) // (2 * COLUMN))].append(text)
        if not columns:
            return
        marks = [
            Mark(
                LEFT + (column + 0.5) * 2 * COLUMN,
                sign,
                f"{look} {'many' if len(texts) > 1 else ''}".strip(),
                _several(texts),
            )
            for column, texts in columns.items()
        ]
        total = sum(len(texts) for texts in columns.values())
        self._add("marks", name, note=f"{total:,}", marks=tuple(marks))


_REQUESTS = {2: ("|", "good"), 3: ("|", "good"), 4: ("▲", "warn"), 5: ("✗", "bad")}
_TROUBLES = {
    "retries": (("RetryScheduled",), "↻", "warn"),
    "calls not permitted": (("CallNotPermitted",), "⊘", "bad"),
    "fallbacks": (("FallbackUsed",), "↩", "warn"),
    "plans": (("PlanStarted", "PlanFinished"), "▸", "good"),
}
_TITLE_LINES = 12


def _joined(points: list[str], floor: float) -> Iterable[str]:
    """Columns that stand apart go down to the floor between them."""
    end = f"{LEFT}"
    for point in points:
        start = point[1:].split(" ")[0]
        if start != end:
            yield f"L{end} {floor:g}L{start} {floor:g}"
        yield point
        end = point.rpartition("H")[2]
    yield f"L{end} {floor:g}"


def _several(texts: list[str]) -> str:
    more = [f"and {len(texts) - _TITLE_LINES} more"] if len(texts) > _TITLE_LINES else []
    return "\n".join([*texts[:_TITLE_LINES], *more])


def _words(fact: Mapping[str, Any]) -> str:
    names = (
        "kind",
        "at_ms",
        "source",
        "request_id",
        "correlation_id",
        "trace_id",
        "span_id",
        "parent_span_id",
        "tenant",
    )
    return ", ".join(f"{name} {value}" for name, value in fact.items() if name not in names)


def _last_ms(run: RunLog) -> int:
    assert run.started is not None
    ends = [run.finished.at_ms] if run.finished else [step.at_ms for step in run.steps]
    return max([run.started.at_ms, *ends])


def _clock(seconds: float) -> str:
    if seconds < 60:
        return f"{seconds:g} s"
    minutes, rest = divmod(seconds, 60)
    return f"{minutes:.0f}:{rest:02.0f}"
