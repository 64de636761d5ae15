"""Writes to the log and follows it: a write is done when this instance has read it back and nobody was before it."""

from __future__ import annotations

import asyncio
import logging
import random
from collections import OrderedDict
from collections.abc import Callable, Sequence

from sandbox.errors import SandboxError, UnknownName, UpstreamUnavailable, UsageError
from sandbox.registry import refusal
from sandbox.registry.ports import LogRecord, RecordTooLarge, SchemaLog
from sandbox.registry.records import Poisoned, SchemaValue, base_header, base_of, schema_key
from sandbox.registry.state import Place, RegistryState

__all__ = ["LogWriter", "LostRace"]

RETRY_WAIT_S = 1.0
REPAIR_WAIT_S = 2.0
REPAIR_TRIES = 20
APPLY_WAIT_S = 5.0
CATCH_UP_WAIT_S = 2.0
REJECTIONS_KEPT = 10_000

_log = logging.getLogger(__name__)


class LostRace(Exception):
    """Another instance wrote first: decide again on the state as it is now."""


class LogWriter:
    """Owns the log's connection, the task that follows it, and the state.

    `on_poisoned(record, reason)` is told of records that are skipped, those of other registries in conflict included.
    """

    def __init__(
        self,
        log: SchemaLog,
        state: RegistryState,
        *,
        on_poisoned: Callable[[LogRecord, str], None],
        rng: random.Random,
    ) -> None:
        self._log = log
        self._state = state
        self._on_poisoned = on_poisoned
        self._rng = rng
        self._waiting: dict[asyncio.Future[None], int] = {}
        self._rejected: OrderedDict[int, str] = OrderedDict()
        self._replayed = asyncio.Event()
        self._broken = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []
        self.last_error: str | None = None

    @property
    def is_ready(self) -> bool:
        """Whether everything that was in the log at the start has been read."""
        return self._replayed.is_set()

    async def start(self, wait_s: float) -> None:
        """Start to follow; returns when the log is read, or after `wait_s` (reading then goes on behind)."""
        self._tasks = [asyncio.create_task(self._run()), asyncio.create_task(self._keep_repaired())]
        try:
            async with asyncio.timeout(wait_s):
                await self._replayed.wait()
        except TimeoutError:
            _log.warning("the registry's log could not be read within %s s: %s", wait_s, self.last_error)

    async def stop(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._tasks = []
        await self._log.stop()

    async def _run(self) -> None:
        while True:
            try:
                await self._log.start()
                self.last_error = None
                await self._log.follow(self._apply, self._replayed.set)
            except SandboxError as error:
                self.last_error = error.message
            await asyncio.sleep(RETRY_WAIT_S)

    def _apply(self, records: Sequence[LogRecord]) -> None:
        for record in records:
            try:
                reason = self._state.apply(record)
            except Poisoned as error:
                self._on_poisoned(record, str(error))
                continue
            if reason is not None:
                self._rejected[record.offset] = reason
                if base_of(record) is None:
                    self._on_poisoned(record, reason)
        if self._state.unrepaired:
            self._broken.set()
        while len(self._rejected) > REJECTIONS_KEPT:
            self._rejected.popitem(last=False)
        for waiter, position in list(self._waiting.items()):
            if position <= self._state.position and not waiter.done():
                waiter.set_result(None)

    async def append(self, key: bytes, value: bytes | None, what: str) -> None:
        """Write a record that nobody can race (settings: the last one wins). Raises Refusal 42209, 50002, 50003."""
        await self._write(key, value, (), what)

    async def put_version(self, value: SchemaValue, what: str, *, forced: bool = False) -> None:
        """Write a version. Raises LostRace, once the key is repaired, and Refusal as `append`.

        `forced` writes what IMPORT asks for, over whatever the version held before.
        """
        place = (value.subject, value.version)
        headers = () if forced else base_header(self._state.last_offset(place))
        await self._write_version(place, value.encode(), headers, what)

    async def remove_version(self, place: Place, what: str) -> None:
        """Write a version's tombstone. Raises as `put_version`."""
        await self._write_version(place, None, base_header(self._state.last_offset(place)), what)

    async def _write_version(
        self, place: Place, value: bytes | None, headers: Sequence[tuple[str, bytes]], what: str
    ) -> None:
        offset = await self._write(schema_key(*place), value, headers, what)
        if offset in self._rejected:
            reason = self._rejected[offset]
            await self._repair(place, what)
            raise LostRace(reason)

    async def _write(self, key: bytes, value: bytes | None, headers: Sequence[tuple[str, bytes]], what: str) -> int:
        self.require_ready(what)
        try:
            offset = await self._log.append(key, value, headers=headers)
        except UnknownName as error:
            self.last_error = error.message
            raise refusal.unreachable(what) from None
        except (RecordTooLarge, UsageError):
            size_bytes = len(value or b"")
            raise refusal.Refusal(42209, f"Schema is too large: {size_bytes} bytes do not fit Kafka's limit") from None
        except UpstreamUnavailable as error:
            self.last_error = error.message
            raise refusal.unreachable(what) from None
        await self._read_up_to(offset + 1, what)
        return offset

    @property
    def failure(self) -> str | None:
        """Why the log is no longer followed, should that ever end by itself."""
        follower = self._tasks[0] if self._tasks else None
        if follower is None or not follower.done() or follower.cancelled():
            return None
        return f"following the log ended: {follower.exception()!r}"

    def require_ready(self, what: str) -> None:
        """Raises Refusal 50003 until the log is read, 50001 when it is no longer followed."""
        if self.failure is not None:
            raise refusal.store_failed(self.failure)
        if not self.is_ready:
            raise refusal.unreachable(what)

    async def catch_up(self) -> bool:
        """Read what other instances have written by now; False when there was nothing new or Kafka is away."""
        before = self._state.position
        try:
            async with asyncio.timeout(CATCH_UP_WAIT_S):
                await self._read_up_to(await self._log.end_offset(), "read")
        except (UpstreamUnavailable, refusal.Refusal, TimeoutError):
            return False
        return self._state.position > before

    async def _read_up_to(self, position: int, what: str) -> None:
        if self._state.position >= position:
            return
        waiter = asyncio.get_running_loop().create_future()
        self._waiting[waiter] = position
        try:
            async with asyncio.timeout(APPLY_WAIT_S):
                await waiter
        except TimeoutError:
            raise refusal.timed_out(what) from None
        finally:
            del self._waiting[waiter]

    async def _repair(self, place: Place, what: str) -> None:
        """Write what a version's key really holds over a rejected record, so that compaction cannot bring it back."""
        for _ in range(REPAIR_TRIES):
            rejected = self._state.unrepaired.get(place)
            if rejected is None:
                return
            held = self._state.version(*place)
            value = None
            if held is not None:
                stored = held.schema
                value = SchemaValue(held.subject, held.number, stored.id, stored.definition, held.deleted).encode()
            await self._write(schema_key(*place), value, base_header(rejected), what)

    async def _keep_repaired(self) -> None:
        """Repair what a writer left behind that ended between losing a race and repairing it."""
        while True:
            await self._broken.wait()
            before = dict(self._state.unrepaired)
            await asyncio.sleep(REPAIR_WAIT_S * (1 + self._rng.random()))
            for place, offset in before.items():
                if self.is_ready and self._state.unrepaired.get(place) == offset:
                    try:
                        await self._repair(place, "repair")
                    except refusal.Refusal as error:
                        self.last_error = error.message
            if not self._state.unrepaired:
                self._broken.clear()
