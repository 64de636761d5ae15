"""One story out of the journal: every fact of a request, correlation or trace id, in the order in which it happened."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Any

from sandbox.observe.journal import Journal

__all__ = ["Timeline", "under"]


@dataclass(frozen=True, slots=True)
class Timeline:
    """`facts` in the order of `at_ms`, then of the sequence number. `truncated` says that `limit` cut it short."""

    identity: str
    trace_ids: tuple[str, ...]
    facts: tuple[dict[str, Any], ...]
    truncated: bool

    @property
    def took_ms(self) -> int:
        """From the earliest beginning to the last fact; 0 when there is none. What took time is told of at its end."""
        if not self.facts:
            return 0
        return round(self.facts[-1]["at_ms"] - min(each["at_ms"] - each.get("took_ms", 0) for each in self.facts))

    def to_json(self) -> dict[str, Any]:
        return {
            "id": self.identity,
            "trace_ids": list(self.trace_ids),
            "took_ms": self.took_ms,
            "truncated": self.truncated,
            "facts": list(self.facts),
        }


async def under(journal: Journal, identity: str, *, limit: int = 2_000) -> Timeline:
    """The facts that carry `identity`, and those of the traces which they belong to.

    Services hand the trace id on where a caller gave only a request id, so the second look finds the hops that the
    first cannot. Only facts that the journal still keeps are found.
    """
    direct = await _collect(journal, identity, limit)
    traces = tuple(sorted({each["trace_id"] for each in direct.values() if "trace_id" in each} - {identity}))
    found = dict(direct)
    for trace_id in traces:
        if len(found) > limit:
            break
        found.update(await _collect(journal, trace_id, limit))
    ordered = sorted(found.values(), key=lambda each: (each["at_ms"], each["seq"]))
    every_trace = tuple(sorted({each["trace_id"] for each in ordered if "trace_id" in each}))
    return Timeline(identity, every_trace, tuple(ordered[:limit]), len(ordered) > limit)


async def _collect(journal: Journal, identity: str, limit: int) -> dict[int, dict[str, Any]]:
    found: dict[int, dict[str, Any]] = {}
    after, last = 0, journal.last
    while after < last and len(found) <= limit:
        page = journal.read(after, limit=limit + 1 - len(found), under=identity, scan_limit=5_000)
        found.update((entry.seq, entry.data) for entry in page.entries)
        after = page.next
        await asyncio.sleep(0)  # a long journal must not hold up who appends to it
    return found
