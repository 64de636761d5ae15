"""Records as a person looks at them: the newest as they come, sampled where they come too fast, or a page from
anywhere. What is decoded is bounded; how many records there were is exact, by offsets."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import AsyncGenerator, Sequence
from typing import Any

from sandbox.contracts.record import Record
from sandbox.errors import UsageError
from sandbox.kafka.reader import From, LogReader
from sandbox.kafka.tap import TappedRecord
from sandbox.runtime.begin_at import begin_at
from sandbox.runtime.kafka_clients import KafkaClients
from sandbox.runtime.record_match import RecordMatch

__all__ = ["RecordsView", "shown"]

LOOK_EVERY_S = 0.25
WATCH_FETCH_BYTES = 32 * 1024
"""Of a partition at once: what is left out is not fetched either."""
POLL_S = 0.1
SEARCH_LIMIT_S = 2.0
READ_AT_ONCE = 500
_OFFSET = re.compile(r"@(\d{1,18})\Z")
_POSITION = re.compile(r"(\d{1,6}):(\d{1,18})\Z")


class RecordsView:
    """Raises UnknownName for a topic that is not there, UsageError, KafkaUnavailable throughout."""

    def __init__(self, clients: KafkaClients) -> None:
        self._clients = clients

    def check(self, match: str) -> None:
        """Raises UsageError for a filter that is none."""
        RecordMatch(match)

    async def watch(
        self, topic: str, *, match: str = "", partition: int | None = None, after: str = "", limit: int = 50
    ) -> AsyncGenerator[dict[str, Any], None]:
        """A `Look` four times a second when something has come, the first one at once, without end; from now on, or
        from where a page says `next`.

        At most `limit` records (about) are decoded for a look, so that watching costs the same whatever flows.
        """
        matching = RecordMatch(match)
        reader = LogReader(
            self._clients.cluster, [topic], begin=_positions(topic, after) if after else From(end=True),
            partition=partition, client_id="sandbox-watch", fetch_bytes=WATCH_FETCH_BYTES,
        )  # fmt: skip
        seen = -1
        async with reader:
            keep = max(1, limit // max(1, len(await reader.positions())))
            while True:
                began_s = time.monotonic()
                now = await reader.skip(keep)
                records = await reader.poll(POLL_S, limit=limit) if now.unread else []
                if records or now.skipped or now.published != seen:
                    found = [each for each in await self._shown(records) if not matching or matching.holds(each)]
                    seen = now.published
                    yield {"published": seen, "skipped": now.skipped, "looked_at": len(records), "records": found}
                await asyncio.sleep(max(0.05, LOOK_EVERY_S - (time.monotonic() - began_s)))

    async def page(
        self,
        topic: str,
        *,
        begin: str = "latest",
        after: str = "",
        match: str = "",
        partition: int | None = None,
        limit: int = 100,
    ) -> dict[str, Any]:
        """A `RecordPage`: up to `limit` records from `begin` (earliest, latest, an instant, 10m, or @OFFSET), or from
        where an earlier page says `next`. A search stops after two seconds and says how far it came."""
        matching = RecordMatch(match)
        first = _positions(topic, after) if after else await self._first(topic, begin, partition, limit)
        reader = LogReader(
            self._clients.cluster, [topic], begin=first, partition=partition, client_id="sandbox-records"
        )
        found: list[dict[str, Any]] = []
        looked_at = 0
        until_s = time.monotonic() + SEARCH_LIMIT_S
        async with reader:
            positions = await reader.positions()
            done = await reader.caught_up()
            while not done and len(found) < limit and time.monotonic() < until_s:
                wanted = READ_AT_ONCE if matching else min(READ_AT_ONCE, limit - len(found))
                batch = await reader.poll(0.5, limit=wanted)
                for record, each in zip(batch, await self._shown(batch), strict=True):
                    if len(found) >= limit:
                        break
                    looked_at += 1
                    positions[record.topic, record.partition] = record.offset + 1
                    if not matching or matching.holds(each):
                        found.append(each)
                else:
                    done = await reader.caught_up()
        found.sort(key=lambda each: (each["timestamp_ms"] or 0, each["partition"], each["offset"]))
        following = ",".join(f"{number}:{offset}" for (_, number), offset in sorted(positions.items()))
        return {"records": found, "next": following, "looked_at": looked_at, "done": done}

    async def _first(self, topic: str, begin: str, partition: int | None, limit: int) -> From:
        if offset := _OFFSET.match(begin):
            return From(offset=int(offset[1]))
        if begin != "latest":
            return begin_at(begin, round(time.time() * 1000))
        async with LogReader(self._clients.cluster, client_id="sandbox-records") as reader:
            ends = [each for each in await reader.offsets([topic]) if partition in (None, each.partition)]
        share = max(1, limit // max(1, sum(1 for each in ends if each.end > each.begin)))
        return From(offsets={(each.topic, each.partition): max(each.begin, each.end - share) for each in ends})

    async def _shown(self, records: Sequence[Record]) -> list[dict[str, Any]]:
        values = self._clients.values
        return [shown(TappedRecord(each, await values.view(each.topic, each.value))) for each in records]


def shown(record: TappedRecord) -> dict[str, Any]:
    """A `TailedRecord`."""
    told = record.to_json()
    timestamp_ms, error = told.pop("timestampMs"), told.pop("reason", None)
    value = told["value"] if error is None else told.get("hex")
    return {**told, "timestamp_ms": timestamp_ms, "value": value, "error": error}


def _positions(topic: str, text: str) -> From:
    """`0:12,1:55`."""
    offsets: dict[tuple[str, int], int] = {}
    for part in text.split(","):
        found = _POSITION.match(part)
        if found is None:
            raise UsageError(f"{part!r} is no PARTITION:OFFSET", where="after", hint="give what a page said as `next`")
        offsets[topic, int(found[1])] = int(found[2])
    return From(end=True, offsets=offsets)
