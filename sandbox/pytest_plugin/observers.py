"""Breakers, dead letters and the ledger, with waiting that ends as soon as what is waited for is so."""

from __future__ import annotations

from typing import Any

from sandbox.control.dlq_models import DeadLetterRow, DlqQuery, Replay, ReplayRequest
from sandbox.control.models import BreakerState
from sandbox.errors import UnknownName, UsageError
from sandbox.pytest_plugin.backend import Backend
from sandbox.pytest_plugin.loop_thread import LoopThread, hide_told, in_loop

__all__ = ["AsyncBreaker", "AsyncDlq", "AsyncLedger", "Breaker", "Dlq", "Ledger"]

__tracebackhide__ = hide_told

LETTERS_LIMIT = 1_000


class _InBackend:
    def __init__(self, backend: Backend) -> None:
        self._backend = backend

    @property
    def loop(self) -> LoopThread:
        return self._backend.loop


class AsyncBreaker(_InBackend):
    """A circuit breaker by `service/name`. It is shared by all leases. Raises UnknownName."""

    def __init__(self, backend: Backend, name: str) -> None:
        super().__init__(backend)
        self.name = name
        self._service, slash, self._own_name = name.partition("/")
        if not slash:
            raise UsageError(f"{name!r} names no breaker", where="name", hint="for example odyssey/capsule")

    @in_loop
    async def read(self) -> BreakerState:
        """All about it."""
        known = await self._backend.control.breakers()
        if self.name not in known:
            raise UnknownName(f"there is no breaker {self.name!r}", where="name", hint=f"there are {', '.join(known)}")
        return known[self.name]

    @in_loop
    async def state(self) -> str:
        """CLOSED, OPEN, HALF_OPEN, DISABLED, FORCED_OPEN or METRICS_ONLY."""
        return (await self.read()).state

    @in_loop
    async def wait_for(self, state: str, *, within: float = 10.0) -> None:
        """Raises AssertionError when it does not come to this state in time (seconds)."""

        async def is_so() -> bool | None:
            return await self.state() == state or None

        if await self._backend.until(is_so, ("BreakerTransitioned",), within) is None:
            raise AssertionError(f"breaker {self.name} is {await self.state()}, and not {state} within {within:g} s")

    @in_loop
    async def operate(self, operation: str) -> BreakerState:
        """open, close, half-open, reset, disable, force-open or metrics-only."""
        return await self._backend.control.operate_breaker(self._service, self._own_name, operation)


class AsyncDlq(_InBackend):
    """Dead letters, of the lease's tenant if there is one. `topic` is the original topic."""

    def __init__(self, backend: Backend, tenant: str | None) -> None:
        super().__init__(backend)
        self._tenant = tenant

    @in_loop
    async def letters(self, topic: str, **filters: Any) -> list[DeadLetterRow]:
        """The newest 1,000 that fit: `category`, `status`, `key`, `group`, `id`… as in `sandbox dlq list`."""
        query = DlqQuery.model_validate({"tenant": self._tenant, **_listed(filters), "limit": LETTERS_LIMIT})
        return (await self._backend.control.dead_letters(topic, query)).letters

    @in_loop
    async def depth(self, topic: str) -> int:
        """How many are PENDING."""
        query = DlqQuery(tenant=self._tenant, status=["PENDING"], limit=1)
        return (await self._backend.control.dead_letters(topic, query)).matching

    @in_loop
    async def expect(self, topic: str, *, within: float = 10.0, **filters: Any) -> DeadLetterRow:
        """The first that fits. Raises AssertionError when none does in time (seconds)."""

        async def first() -> DeadLetterRow | None:
            return next(iter(await self.letters(topic, **filters)), None)

        found = await self._backend.until(first, ("DlqRecordWritten", "DlqStatusChanged"), within)
        if found is None:
            there = [f"{each.id[:8]} {each.status} {each.failureCategory}" for each in await self.letters(topic)]
            raise AssertionError(
                f"no dead letter of {topic} with {filters or 'anything'} within {within:g} s; there are {there}"
            )
        return found

    @in_loop
    async def replay(self, topic: str, *, within: float = 30.0, **request: Any) -> Replay:
        """Send those that fit again and wait for the end of it: filters, and `target`, `dryRun`, `retryLimit`…"""
        control = self._backend.control
        started = await control.replay_dead_letters(
            topic, ReplayRequest.model_validate({"tenant": self._tenant, **_listed(request)})
        )

        async def ended() -> Replay | None:
            found = started if started.state == "dry-run" else await control.replay(started.replay)
            return found if found.state != "running" else None

        found = await self._backend.until(ended, ("DlqReplayFinished",), within)
        if found is None:
            raise AssertionError(f"the replay of {topic} has not ended within {within:g} s")
        return found


class AsyncLedger(_InBackend):
    """What the consumer groups did with their records, of all tenants."""

    @in_loop
    async def groups(self) -> dict[str, dict[str, Any]]:
        return (await self._backend.control.ledger()).groups

    @in_loop
    async def group(self, name: str) -> dict[str, Any]:
        """processed, dead_lettered, skipped, duplicate, in_flight, lost… Raises UnknownName."""
        known = await self.groups()
        if name not in known:
            raise UnknownName(f"the ledger knows no group {name!r}", where="group", hint=f"known: {', '.join(known)}")
        return known[name]

    @in_loop
    async def wait_for(self, group: str, *, within: float = 10.0, **numbers: int) -> dict[str, Any]:
        """The group once all these numbers stand: `wait_for("capsule", in_flight=0, lost=0)`."""

        async def settled() -> dict[str, Any] | None:
            found = await self.group(group)
            return found if all(found.get(name) == number for name, number in numbers.items()) else None

        found = await self._backend.until(settled, ("RecordConsumed",), within)
        if found is None:
            now = {name: (await self.group(group)).get(name) for name in numbers}
            raise AssertionError(f"group {group} has {now}, and not {numbers} within {within:g} s")
        return found


def _listed(filters: dict[str, Any]) -> dict[str, Any]:
    """One of a list may be given alone."""
    return {
        name: [value] if name in ("id", "category", "status") and isinstance(value, str) else value
        for name, value in filters.items()
    }


class Breaker:
    """`AsyncBreaker` for tests that do not await."""

    def __init__(self, aio: AsyncBreaker) -> None:
        self.aio = aio

    @property
    def state(self) -> str:
        """CLOSED, OPEN, HALF_OPEN, DISABLED, FORCED_OPEN or METRICS_ONLY."""
        return self.aio.loop.run(self.aio.state())

    def read(self) -> BreakerState:
        """All about it."""
        return self.aio.loop.run(self.aio.read())

    def wait_for(self, state: str, *, within: float = 10.0) -> None:
        """Raises AssertionError when it does not come to this state in time (seconds)."""
        self.aio.loop.run(self.aio.wait_for(state, within=within))

    def operate(self, operation: str) -> BreakerState:
        """open, close, half-open, reset, disable, force-open or metrics-only."""
        return self.aio.loop.run(self.aio.operate(operation))


class Dlq:
    """`AsyncDlq` for tests that do not await."""

    def __init__(self, aio: AsyncDlq) -> None:
        self.aio = aio

    def letters(self, topic: str, **filters: Any) -> list[DeadLetterRow]:
        """The newest 1,000 that fit: `category`, `status`, `key`, `group`, `id`… as in `sandbox dlq list`."""
        return self.aio.loop.run(self.aio.letters(topic, **filters))

    def depth(self, topic: str) -> int:
        """How many are PENDING."""
        return self.aio.loop.run(self.aio.depth(topic))

    def expect(self, topic: str, *, within: float = 10.0, **filters: Any) -> DeadLetterRow:
        """The first that fits. Raises AssertionError when none does in time (seconds)."""
        return self.aio.loop.run(self.aio.expect(topic, within=within, **filters))

    def replay(self, topic: str, *, within: float = 30.0, **request: Any) -> Replay:
        """Send those that fit again and wait for the end of it: filters, and `target`, `dryRun`, `retryLimit`…"""
        return self.aio.loop.run(self.aio.replay(topic, within=within, **request))


class Ledger:
    """`AsyncLedger` for tests that do not await."""

    def __init__(self, aio: AsyncLedger) -> None:
        self.aio = aio

    def groups(self) -> dict[str, dict[str, Any]]:
        return self.aio.loop.run(self.aio.groups())

    def group(self, name: str) -> dict[str, Any]:
        """processed, dead_lettered, skipped, duplicate, in_flight, lost… Raises UnknownName."""
        return self.aio.loop.run(self.aio.group(name))

    def wait_for(self, group: str, *, within: float = 10.0, **numbers: int) -> dict[str, Any]:
        """The group once all these numbers stand: `wait_for("capsule", in_flight=0, lost=0)`."""
        return self.aio.loop.run(self.aio.wait_for(group, within=within, **numbers))
