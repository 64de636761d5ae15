"""The stories that were told last, by their correlation ids: to choose from, and to find one by what is in it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from sandbox.events.facts import fact_from_json
from sandbox.observe.deed import deed_of
from sandbox.tui.feed import Feed

__all__ = ["KINDS", "Stories", "StoryLine", "find_identity"]

KINDS = (
    "RequestServed", "RecordProduced", "RecordConsumed", "DlqRecordWritten", "ScenarioStarted", "PlanStarted",
    "CallNotPermitted", "RetryScheduled", "WebSocketOpened",
)  # fmt: skip
STORIES_KEPT = 200
LOOK_BACK_FACTS = 20_000
PAGE_FACTS = 1_000
_TRACEPARENT = re.compile(r"[0-9a-f]{2}-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}\Z")
_NAMES = ("plan_id", "run_id", "run", "dlq_id", "replay", "replay_id", "fault_id")


@dataclass(frozen=True, slots=True)
class StoryLine:
    """What began it and how it went so far. Times are epoch milliseconds."""

    id: str
    begun_ms: int
    last_ms: int
    who: str
    what: str
    facts: int = 1
    bad: int = 0


class Stories:
    """The last ones, the newest first in `lines`. Facts may come twice: they count once."""

    def __init__(self) -> None:
        self._lines: dict[str, StoryLine] = {}
        self._next = 0
        self._journal: str | None = None

    def take(self, journal: str, facts: Iterable[Mapping[str, Any]]) -> None:
        if journal != self._journal:
            self._lines.clear()
            self._journal, self._next = journal, 0
        for data in facts:
            if data.get("seq", self._next) < self._next:
                continue
            self._next = data.get("seq", self._next) + 1
            self._add(data)
        while len(self._lines) > STORIES_KEPT:
            oldest = min(self._lines.values(), key=lambda line: line.last_ms)
            del self._lines[oldest.id]

    @property
    def lines(self) -> list[StoryLine]:
        return sorted(self._lines.values(), key=lambda line: (-line.begun_ms, line.id))

    def _add(self, data: Mapping[str, Any]) -> None:
        identity = data.get("correlation_id") or data.get("request_id") or data.get("trace_id")
        if not identity or str(data.get("route", "")).startswith("/actuator"):
            return
        try:
            fact = fact_from_json(data)
        except ValueError:
            return
        deed = deed_of(fact)
        bad = int(deed is not None and deed.bad)
        what = deed.what if deed is not None else f"scenario {data.get('scenario', '')}"
        begun_ms = round(fact.at_ms - (deed.took_ms or 0 if deed else 0))
        known = self._lines.get(identity)
        if known is None:
            self._lines[identity] = StoryLine(identity, begun_ms, fact.at_ms, fact.source, what, 1, bad)
            return
        grown = replace(known, last_ms=max(known.last_ms, fact.at_ms), facts=known.facts + 1, bad=known.bad + bad)
        if begun_ms < known.begun_ms:
            grown = replace(grown, begun_ms=begun_ms, who=fact.source, what=what)
        self._lines[identity] = grown


async def find_identity(feed: Feed, text: str) -> str:
    """The id to ask a trace for: `text` itself, or the one of the plan, run, dead letter, replay or record
    (`topic-partition@offset`) that it names among the newest facts. Raises SandboxError."""
    text = text.strip()
    if match := _TRACEPARENT.match(text.lower()):
        return match[1]
    if (await feed.ask(lambda client: client.facts(-LOOK_BACK_FACTS, under=text, limit=1))).facts:
        return text
    after = -LOOK_BACK_FACTS
    found = text
    for _ in range(LOOK_BACK_FACTS // PAGE_FACTS):
        page = await feed.ask(lambda client, after=after: client.facts(after, limit=PAGE_FACTS))
        for data in page.facts:
            named = {str(data[name]) for name in _NAMES if name in data}
            if "offset" in data:
                named.add(f"{data.get('topic')}-{data.get('partition')}@{data['offset']}")
            if text in named or any(text == each for each in data.get("dlq_ids") or ()):
                identity = data.get("correlation_id") or data.get("request_id") or data.get("trace_id")
                if identity:
                    return str(identity)
        if not page.facts or page.next <= after:
            break
        after = page.next
    return found
