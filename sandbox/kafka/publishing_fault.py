"""The injection point of records that are sent: an applied fault as an `Interception` of a publisher."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from sandbox.contracts.delivery import Published
from sandbox.contracts.poison import Poison
from sandbox.errors import SandboxError
from sandbox.faults.applied import AppliedFault
from sandbox.kafka.publisher import KafkaPublisher, Leaving, Posted, Send

__all__ = ["AppliedPublishingFault"]


class AppliedPublishingFault:
    """Lets `applied` act on the records that it strikes. While it holds one back, the next of its key overtake it."""

    def __init__(self, applied: AppliedFault) -> None:
        self.applied = applied
        self._held: list[_Held] = []
        self._timers: set[asyncio.Task[None]] = set()

    async def __call__(self, record: Leaving, publisher: KafkaPublisher, send: Send) -> Posted:
        behind = [each for each in self._held if each.waits_for(record)]
        if not behind:
            point = await self._point(record, publisher, send)
            return await (self.applied.act(point) if self.applied.strikes(point) else send(record))
        sent = await send(record)
        for each in behind:
            await each.overtaken()
        return sent

    async def _point(self, record: Leaving, publisher: KafkaPublisher, send: Send) -> _Record:
        """What only some faults look at is found out only for those."""
        fault = self.applied.fault
        partition = record.partition
        if getattr(fault, "partition", None) is not None:
            partition = await publisher.partition_of(record)
        value = await publisher.content_of(record) if getattr(fault, "payload", None) is not None else None
        return _Record(record, partition, value, publisher, send, self._hold)

    def _hold(self, held: _Held, at_latest: Callable[[], Awaitable[None]]) -> None:
        self._held.append(held)
        timer = asyncio.create_task(self._let_go(held, at_latest), name=f"held record of {held.record.topic}")
        self._timers.add(timer)
        timer.add_done_callback(self._timers.discard)

    async def _let_go(self, held: _Held, at_latest: Callable[[], Awaitable[None]]) -> None:
        waiting = asyncio.ensure_future(at_latest())
        try:
            await asyncio.wait({waiting, held.future}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            waiting.cancel()
            self._held.remove(held)
        await held.go()


class _Record:
    """A `faults.points.OutgoingRecord`."""

    def __init__(
        self,
        record: Leaving,
        partition: int | None,
        value: Any,
        publisher: KafkaPublisher,
        send: Send,
        hold: Callable[[_Held, Callable[[], Awaitable[None]]], None],
    ) -> None:
        self.topic = record.topic
        self.partition = partition
        self.key = None if record.key is None else record.key.decode("utf-8", "replace")
        self.value = value
        self._record = record
        self._publisher = publisher
        self._send = send
        self._hold = hold

    async def send(self) -> Posted:
        return await self._send(self._record)

    async def send_poisoned(self, way: Poison) -> Posted:
        return await self._send(await self._publisher.poisoned(self._record, way))

    def send_behind(self, records: int, at_latest: Callable[[], Awaitable[None]]) -> Posted:
        held = _Held(self._record, self._send, records)
        self._hold(held, at_latest)
        return held


class _Held:
    """A record that is held back until `left` others of its key have gone out."""

    def __init__(self, record: Leaving, send: Send, left: int) -> None:
        self.record = record
        self.future: asyncio.Future[Posted] = asyncio.get_running_loop().create_future()
        self._send = send
        self._left = left
        self._going = False

    def waits_for(self, other: Leaving) -> bool:
        return not self._going and (other.topic, other.key) == (self.record.topic, self.record.key)

    async def overtaken(self) -> None:
        self._left -= 1
        if self._left <= 0:
            await self.go()

    async def go(self) -> None:
        """Send it now, unless that was done."""
        if self._going:
            return
        self._going = True
        try:
            self.future.set_result(await self._send(self.record))
        except SandboxError as error:
            self.future.set_exception(error)
            self.future.exception()  # nobody may be waiting: not to be reported as forgotten
        except BaseException:
            self.future.cancel()
            raise

    @property
    def done(self) -> bool:
        future = self.future
        return future.done() and (future.cancelled() or future.exception() is not None or future.result().done)

    async def published(self) -> Published:
        return await (await asyncio.shield(self.future)).published()
