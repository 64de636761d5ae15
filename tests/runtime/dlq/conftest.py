"""A desk over DLQ topics in memory, a publisher that can be told to fail, and time that stands still."""

from __future__ import annotations

import asyncio
import itertools
import json
from collections.abc import AsyncIterator, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

from sandbox.clock import ManualClock
from sandbox.contracts.dead_letter import DeadLetter, FailureCategory
from sandbox.contracts.delivery import Published
from sandbox.contracts.record import Record
from sandbox.contracts.tracing import TraceContext
from sandbox.errors import SandboxError, UnknownName, UsageError
from sandbox.events.facts import Fact
from sandbox.kafka.cluster import KafkaUnavailable
from sandbox.kafka.dlq_reader import Positions, Progress
from sandbox.kafka.reader import PartitionOffsets
from sandbox.kafka.values import View
from sandbox.runtime.dlq.desk import DlqDesk

TOPIC = "perception.events"


class Facts:
    def __init__(self) -> None:
        self.all: list[Fact] = []

    def record(self, fact: Fact) -> None:
        self.all.append(fact)

    def of(self, kind: str) -> list[Any]:
        return [fact for fact in self.all if fact.kind == kind]


class Source:
    """DLQ topics of one partition each; `commits` is what groups have committed."""

    def __init__(self) -> None:
        self.topics: dict[str, list[Record]] = {f"{TOPIC}.dlq": []}
        self.commits: dict[tuple[str, str, int], int] = {}
        self.is_away = False

    def write(self, letter: DeadLetter) -> None:
        self.write_raw(f"{letter.record.topic}.dlq", letter.encode(), tuple(letter.headers()), letter.record.key)

    def write_raw(
        self, topic: str, value: bytes | None, headers: tuple[tuple[str, bytes], ...] = (), key: bytes | None = None
    ) -> None:
        records = self.topics.setdefault(topic, [])
        place = Record(
            topic=topic, partition=0, offset=len(records), timestamp_ms=7, key=key, value=value, headers=headers
        )
        records.append(place)

    async def ends(self) -> list[PartitionOffsets]:
        if self.is_away:
            raise KafkaUnavailable("Kafka is away")
        return [PartitionOffsets(topic, 0, 0, len(records)) for topic, records in self.topics.items()]

    async def read(self, ends: Sequence[PartitionOffsets], positions: Positions) -> AsyncIterator[Progress]:
        for each in ends:
            for start in range(positions.get((each.topic, 0), 0), each.end, 3):
                records = self.topics[each.topic][start : min(start + 3, each.end)]
                yield Progress(tuple(records), {(each.topic, 0): start + len(records)})

    async def committed(self, groups: Sequence[str]) -> Mapping[tuple[str, str, int], int]:
        return {at: offset for at, offset in self.commits.items() if at[0] in groups}

    async def close(self) -> None:
        pass


@dataclass
class Sent:
    topic: str
    key: bytes | None
    value: bytes | None
    headers: list[tuple[str, bytes]]
    partition: int | None


@dataclass
class OnItsWay:
    outcome: Published | SandboxError
    gate: asyncio.Event

    async def published(self) -> Published:
        await self.gate.wait()
        if isinstance(self.outcome, SandboxError):
            raise self.outcome
        return self.outcome


@dataclass
class Publisher:
    """Takes every record, unless `failures` has an error for it (each is used once).

    Acknowledgements wait while `gate` is shut, which it is after so many records.
    """

    sent: list[Sent] = field(default_factory=list)
    audit: list[Mapping[str, Any]] = field(default_factory=list)
    topics: dict[str, int] = field(default_factory=lambda: {TOPIC: 6, "rim.fast-path": 12, "elsewhere": 2})
    failures: list[SandboxError | None] = field(default_factory=list)
    audit_failures: list[SandboxError] = field(default_factory=list)
    gate: asyncio.Event = field(default_factory=asyncio.Event)
    shut_after: int | None = None

    def __post_init__(self) -> None:
        self.gate.set()

    async def partitions(self, topic: str) -> int:
        if topic not in self.topics:
            raise UnknownName(f"there is no topic {topic!r}", where=topic)
        return self.topics[topic]

    async def make_side_topic(self, topic: str, like: str) -> None:
        self.topics.setdefault(topic, self.topics[like])

    async def post_raw(
        self,
        topic: str,
        *,
        key: bytes | None,
        value: bytes | None,
        headers: Sequence[tuple[str, bytes]] = (),
        partition: int | None = None,
    ) -> OnItsWay:
        failure = self.failures.pop(0) if self.failures else None
        if failure is None:
            self.sent.append(Sent(topic, key, value, list(headers), partition))
        if len(self.sent) == self.shut_after:
            self.gate.clear()
        return OnItsWay(failure or Published(topic, partition or 0, 1_000 + len(self.sent)), self.gate)

    async def publish(self, topic: str, value: Mapping[str, Any], *, key: str | None, trace: TraceContext) -> Published:
        if self.audit_failures:
            raise self.audit_failures.pop(0)
        assert topic == "audit.events"
        self.audit.append(value)
        return Published(topic, 0, len(self.audit))


class Health:
    def __init__(self) -> None:
        self.found: Collection[str] | None = ()

    async def unwell(self) -> Collection[str] | None:
        return self.found


class Values:
    """JSON for every topic; a value with a field `bad` does not fit."""

    async def encode(self, topic: str, value: Mapping[str, Any]) -> bytes:
        if "bad" in value:
            raise UsageError("bad: is no field of the schema", where=topic)
        return json.dumps(value).encode()

    async def view(self, topic: str, data: bytes | None) -> View:
        try:
            return View("json", json.loads(data or b""))
        except ValueError:
            return View("binary", reason="the value is not JSON")


class Office:
    """A desk with everything around it."""

    def __init__(self, path: Path | None) -> None:
        self.source = Source()
        self.publisher = Publisher()
        self.facts = Facts()
        self.clock = ManualClock()
        self.health = Health()
        self._path = path
        self._numbers = itertools.count(1)
        self._offsets = itertools.count(10)
        self.desk = self._desk()

    def _desk(self) -> DlqDesk:
        return DlqDesk(
            self.source,
            self.publisher,
            self.facts,
            self.clock,
            self._path,
            self.health,
            Values(),
            new_id=lambda: str(next(self._numbers)),
        )

    async def restart(self) -> None:
        """The engine ended, however, and another one starts."""
        await self.desk.stop()
        self.desk = self._desk()
        await self.desk.start()

    def fail(
        self,
        value: bytes | None = b"v",
        *,
        key: bytes | None = b"k",
        headers: tuple[tuple[str, bytes], ...] = (),
        category: str = "DOWNSTREAM_FAILURE",
        group: str = "capsule",
        offset: int | None = None,
        partition: int = 2,
        topic: str = TOPIC,
        **changes: Any,
    ) -> DeadLetter:
        """A group gives up on a record and writes its dead letter."""
        offset = next(self._offsets) if offset is None else offset
        record = Record(
            topic=topic,
            partition=partition,
            offset=offset,
            timestamp_ms=5,
            key=key,
            value=value,
            headers=headers,
        )
        letter = DeadLetter(
            id=f"{group}-{offset}",
            record=record,
            category=FailureCategory(category),
            error_type="Error",
            error_message="no",
            stack_trace="",
            consumer_group=group,
            source_service=group,
            retry_count=3,
            dlq_timestamp_ms=self.clock.now_ms(),
        )
        letter = replace(letter, **changes)
        self.source.write(letter)
        return letter

    def fail_again(self, letter: DeadLetter, number: int = -1) -> DeadLetter:
        """The record that was sent as `number`th fails once more in the group of `letter`."""
        sent = self.publisher.sent[number]
        return self.fail(
            sent.value,
            key=sent.key,
            headers=tuple(sent.headers),
            group=letter.consumer_group,
            category=letter.category.value,
        )

    async def standing(self, topic: str = TOPIC) -> dict[str, str]:
        """Letter → status."""
        from sandbox.runtime.dlq.letter_filter import LetterFilter

        return {each["id"]: each["status"] for each in (await self.desk.list(topic, LetterFilter()))["letters"]}

    async def depth(self, topic: str = TOPIC) -> int:
        return {each["topic"]: each["depth"] for each in await self.desk.topics()}[topic]

    async def until(self, condition: Callable[[], Any]) -> None:
        """Let tasks run until something holds, without moving time."""
        for _ in range(2_000):
            if condition():
                return
            await asyncio.sleep(0)
        raise AssertionError("it did not come to that")

    async def finished(self, replay: dict[str, Any]) -> dict[str, Any]:
        """The replay once it has ended."""
        await self.until(lambda: self.desk.replay_status(replay["replay"])["state"] != "running")
        return self.desk.replay_status(replay["replay"])


@pytest.fixture
async def office(tmp_path: Path) -> AsyncIterator[Office]:
    office = Office(tmp_path / "dlq.db")
    await office.desk.start()
    yield office
    await office.desk.stop()
