"""Recordings: what comes into the sandbox from outside while somebody records, and what the services made of it."""

from __future__ import annotations

import asyncio
import base64
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from sandbox.clock import Clock
from sandbox.contracts.ids import new_id
from sandbox.contracts.redaction import redact, redact_path, redact_text
from sandbox.errors import Conflict, SandboxError, UnknownName
from sandbox.events.facts import (
    CallCaptured,
    Fact,
    FaultApplied,
    RecordProduced,
    WebSocketClosed,
    WebSocketMessageSent,
    WebSocketOpened,
)
from sandbox.kafka.tap import Tap, TappedRecord
from sandbox.observe.journal import Journal
from sandbox.runtime.kafka_clients import KafkaClients
from sandbox.runtime.services_link import ServicesLink
from sandbox.runtime.topics_view import TopicsView

__all__ = ["Recorder"]

SERVICES = ("capsule", "odyssey", "plato")
WRITERS = (*SERVICES, "audit", "dlq")
"""Whose records are what the sandbox did, and not what was done to it; `dlq` replays dead letters."""
NOISE = ("audit.events", "ecosystem.circuit-breaker.events")
"""Topics on which only the sandbox itself writes, about everything else."""
KINDS = (CallCaptured, FaultApplied, RecordProduced, WebSocketClosed, WebSocketMessageSent, WebSocketOpened)
LEASE_S = 15.0
RENEW_S = 5.0
QUIET_S = 0.6
"""So long nothing must come before a recording ends: what was done last has its outcomes by then."""
QUIET_LIMIT_S = 10.0
FORGOTTEN_S = 60.0
EVENTS_LIMIT = 20_000
BYTES_LIMIT = 32 * 1024 * 1024
BODY_LIMIT_BYTES = 256 * 1024


@dataclass(slots=True)
class _Recording:
    """`records` are all that were seen, `written` the places of those that the services wrote."""

    id: str
    topics: tuple[str, ...]
    services: tuple[str, ...]
    began_ms: int
    records: list[dict[str, Any]] = field(default_factory=list)
    written: dict[tuple[str, int, int], str] = field(default_factory=dict)
    calls: list[dict[str, Any]] = field(default_factory=list)
    streams: dict[tuple[str, str], dict[str, Any]] = field(default_factory=dict)
    done_streams: list[dict[str, Any]] = field(default_factory=list)
    faults: int = 0
    kept_bytes: int = 0
    dropped: int = 0
    missed: int = 0
    asked_s: float = 0.0
    last_news_s: float = 0.0
    trouble: str | None = None
    work: list[asyncio.Task[None]] = field(default_factory=list)

    def has_room(self, size: int) -> bool:
        """Whether one more can be kept; it is counted in any case."""
        if len(self.records) + len(self.calls) >= EVENTS_LIMIT or self.kept_bytes + size > BYTES_LIMIT:
            self.dropped += 1
            return False
        self.kept_bytes += size
        return True


class Recorder:
    """One recording at a time. `processes` gives the processes of services that run now."""

    def __init__(
        self,
        clients: KafkaClients,
        topics: TopicsView,
        processes: Callable[[], Sequence[ServicesLink]],
        journal: Journal,
        clock: Clock,
    ) -> None:
        self._clients = clients
        self._known_topics = topics
        self._processes = processes
        self._journal = journal
        self._clock = clock
        self._recording: _Recording | None = None

    async def start(self, topics: Sequence[str], services: Sequence[str]) -> dict[str, Any]:
        """Begin; everything that happens after the return is in it. Raises Conflict, UnknownName, UpstreamUnavailable.

        Without `topics` all but the sandbox's own; without `services` capsule, odyssey and plato.
        """
        if self._recording is not None and not self._is_forgotten(self._recording):
            hint = "end it first; one whose recorder was killed ends by itself within a minute"
            raise Conflict("a recording is going on already", where="recording", hint=hint)
        await self.close()
        for name in services:
            if name not in SERVICES:
                hint = f"choose from {', '.join(SERVICES)}"
                raise UnknownName(f"no calls of {name!r} can be recorded", where="services", hint=hint)
        chosen = await self._topics(topics)
        now_s = asyncio.get_running_loop().time()
        recording = _Recording(
            new_id("rec-"), chosen, tuple(services) or SERVICES, self._clock.now_ms(), asked_s=now_s, last_news_s=now_s
        )
        await self._capture(LEASE_S)
        ready: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        recording.work = [
            asyncio.create_task(self._watch_records(recording, ready), name="recorded records"),
            asyncio.create_task(self._watch_facts(recording), name="recorded facts"),
            asyncio.create_task(self._renew(recording), name="renewed capture"),
        ]
        self._recording = recording
        try:
            await ready
        except SandboxError:
            await self.close()
            raise
        recording.began_ms = self._clock.now_ms()
        return self._told(recording)

    async def state(self, identity: str) -> dict[str, Any]:
        """How much there is by now. A recording that nobody asks after for a minute is forgotten."""
        recording = self._find(identity)
        recording.asked_s = asyncio.get_running_loop().time()
        return self._told(recording)

    async def stop(self, identity: str) -> dict[str, Any]:
        """End it once the services are done with what came last; everything that was recorded."""
        recording = self._find(identity)
        await self._until_quiet(recording)
        await self.close()
        return {**self._told(recording), "events": _events(recording), "outcomes": _outcomes(recording)}

    async def close(self) -> None:
        """Forget what is being recorded, and have the services tell no more."""
        recording, self._recording = self._recording, None
        if recording is None:
            return
        for task in recording.work:
            task.cancel()
        await asyncio.wait(recording.work)
        with suppress(SandboxError):
            await self._capture(0)

    def _find(self, identity: str) -> _Recording:
        if self._recording is None or self._recording.id != identity:
            raise UnknownName(f"there is no recording {identity!r}", where="recording")
        return self._recording

    def _is_forgotten(self, recording: _Recording) -> bool:
        return asyncio.get_running_loop().time() - recording.asked_s > FORGOTTEN_S

    async def _topics(self, asked: Sequence[str]) -> tuple[str, ...]:
        there = [each["name"] for each in await self._known_topics.all()]
        if unknown := [name for name in asked if name not in there]:
            raise UnknownName(f"there is no topic {unknown[0]!r}", where="topics", hint="`sandbox topics list`")
        if asked:
            return tuple(dict.fromkeys(asked))
        return tuple(name for name in there if not name.startswith("_") and name not in NOISE)

    async def _capture(self, for_s: float) -> None:
        for process in self._processes():
            if any(name in SERVICES for name in process.services):
                await process.admin.capture(for_s, BODY_LIMIT_BYTES)

    async def _renew(self, recording: _Recording) -> None:
        """A service that was started again tells too, a moment later."""
        while not self._is_forgotten(recording):
            await asyncio.sleep(RENEW_S)
            with suppress(SandboxError):
                await self._capture(LEASE_S)
        with suppress(SandboxError):
            await self._capture(0)
        for task in recording.work:
            if task is not asyncio.current_task():
                task.cancel()
        if self._recording is recording:
            self._recording = None

    async def _watch_records(self, recording: _Recording, ready: asyncio.Future[None]) -> None:
        clients = self._clients
        try:
            async with Tap(clients.cluster, recording.topics, clients.values) as tap:
                ready.set_result(None)
                while True:
                    for tapped in await tap.poll():
                        self._heard(recording)
                        if recording.has_room(len(tapped.record.value or b"")):
                            recording.records.append(_record(tapped))
        except SandboxError as error:
            recording.trouble = error.message
            if not ready.done():
                ready.set_exception(error)

    async def _watch_facts(self, recording: _Recording) -> None:
        after = self._journal.last
        kinds = tuple(kind.__name__ for kind in KINDS)
        while True:
            page = self._journal.read(after, kinds=kinds)
            recording.missed += page.gap
            for entry in page.entries:
                self._take(recording, entry.fact())
            after = page.next
            if after >= self._journal.last:
                await self._journal.wait_beyond(after)

    def _take(self, recording: _Recording, fact: Fact) -> None:
        if isinstance(fact, RecordProduced):
            if fact.source in WRITERS:
                self._heard(recording)
                recording.written[fact.topic, fact.partition, fact.offset] = fact.source
        elif isinstance(fact, FaultApplied):
            recording.faults += 1
        elif fact.source in recording.services:
            self._heard(recording)
            if isinstance(fact, CallCaptured):
                if recording.has_room(len(fact.body or "") + len(fact.answer or "")):
                    recording.calls.append(_call(fact))
            else:
                _stream(recording, fact)

    @staticmethod
    def _heard(recording: _Recording) -> None:
        recording.last_news_s = asyncio.get_running_loop().time()

    async def _until_quiet(self, recording: _Recording) -> None:
        loop = asyncio.get_running_loop()
        begun_s = loop.time()
        while (now_s := loop.time()) - begun_s < QUIET_LIMIT_S:
            left_s = QUIET_S - (now_s - max(recording.last_news_s, begun_s))
            if left_s <= 0:
                return
            await asyncio.sleep(left_s)

    def _told(self, recording: _Recording) -> dict[str, Any]:
        outside = len(recording.records) - sum(_place(each) in recording.written for each in recording.records)
        streams = len(recording.streams) + len(recording.done_streams)
        return {
            "id": recording.id, "began_ms": recording.began_ms, "topics": list(recording.topics),
            "services": list(recording.services), "records": outside, "calls": len(recording.calls),
            "streams": streams, "faults": recording.faults, "dropped": recording.dropped, "missed": recording.missed,
            "trouble": recording.trouble,
        }  # fmt: skip


def _place(record: Mapping[str, Any]) -> tuple[str, int, int]:
    return record["topic"], record["partition"], record["offset"]


def _record(tapped: TappedRecord) -> dict[str, Any]:
    shown, record = tapped.to_json(), tapped.record
    decoded = tapped.reason is None and shown["format"] in ("avro", "json")
    headers = {name: redact(value, name) for name, value in shown["headers"].items() if value is not None}
    value = redact(shown["value"]) if decoded or record.value is None else None
    raw = None if decoded or record.value is None else base64.b64encode(record.value).decode()
    return {
        "kind": "record", "at_ms": record.timestamp_ms, "topic": record.topic, "partition": record.partition,
        "offset": record.offset, "key": None if shown["key"] is None else redact_text(shown["key"]),
        "headers": headers, "format": shown["format"], "value": value, "raw": raw,
    }  # fmt: skip


def _call(fact: CallCaptured) -> dict[str, Any]:
    return {
        "kind": "call", "at_ms": fact.began_ms, "service": fact.source, "method": fact.method, "path": fact.path,
        "headers": dict(fact.headers), "body": fact.body, "status": fact.status, "answer": fact.answer,
        "cut": fact.cut, "request_id": fact.request_id,
    }  # fmt: skip


def _stream(recording: _Recording, fact: Fact) -> None:
    assert isinstance(fact, WebSocketOpened | WebSocketMessageSent | WebSocketClosed)
    whose = (fact.client, fact.path)
    if isinstance(fact, WebSocketOpened):
        recording.streams[whose] = {
            "kind": "stream", "at_ms": fact.at_ms, "until_ms": fact.at_ms, "service": fact.source,
            "path": redact_path(fact.path), "types": [], "code": None,
        }  # fmt: skip
        return
    stream = recording.streams.get(whose)
    if stream is None:  # opened before the recording
        return
    stream["until_ms"] = fact.at_ms
    if isinstance(fact, WebSocketMessageSent):
        stream["types"].append(fact.type)
    else:
        stream["code"] = fact.code
        recording.done_streams.append(recording.streams.pop(whose))


def _events(recording: _Recording) -> list[dict[str, Any]]:
    """What came from outside, in order."""
    records = (each for each in recording.records if not each["topic"].endswith(".dlq"))
    outside = [each for each in records if _place(each) not in recording.written]
    streams = [*recording.done_streams, *recording.streams.values()]
    events = [*outside, *recording.calls, *streams]
    return sorted(events, key=lambda each: each["at_ms"])


def _outcomes(recording: _Recording) -> list[dict[str, Any]]:
    """What the services wrote: the number of records by topic, and the records."""
    written = [each for each in recording.records if recording.written.get(_place(each)) in SERVICES]
    counts = Counter(each["topic"] for each in written)
    return [
        {"topic": topic, "count": count, "records": [each for each in written if each["topic"] == topic]}
        for topic, count in sorted(counts.items())
    ]
