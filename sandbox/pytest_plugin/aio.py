"""The sandbox as a test sees it, to be awaited in any event loop. Each method of `Sandbox` is one of these."""

from __future__ import annotations

import asyncio
import contextlib
import time
import uuid
from base64 import b64encode
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sandbox.contracts.tracing import TENANT_ID, TraceContext
from sandbox.control.models import PublishRequest, Status, Trace
from sandbox.errors import UnknownName
from sandbox.pytest_plugin.backend import Backend
from sandbox.pytest_plugin.loop_thread import LoopThread, hide_told, in_loop
from sandbox.pytest_plugin.observers import AsyncBreaker, AsyncDlq, AsyncLedger
from sandbox.pytest_plugin.received import Received, Wanted, Where
from sandbox.pytest_plugin.rest import AsyncRest
from sandbox.pytest_plugin.scenario import ScenarioOutcome, run_scenario

__all__ = ["AsyncSandbox", "Sent"]

__tracebackhide__ = hide_told

SHOWN = 5


@dataclass(frozen=True, slots=True)
class Sent:
    """A record that Kafka has, and the ids that all it brings about is found by."""

    topic: str
    partition: int
    offset: int
    request_id: str
    correlation_id: str
    trace_id: str


class AsyncSandbox:
    """All of the sandbox, or with a `tenant` what one lease sees of it. Raises NotRunning when it is gone."""

    def __init__(self, backend: Backend, tenant: str | None = None) -> None:
        self.backend = backend
        self.tenant = tenant
        token = backend.token(tenant)
        self.capsule = AsyncRest(backend, "capsule", tenant, token)
        self.odyssey = AsyncRest(backend, "odyssey", tenant, token)
        self.plato = AsyncRest(backend, "plato", tenant, token)
        self.dlq = AsyncDlq(backend, tenant)
        self.ledger = AsyncLedger(backend)
        self._own_topics: set[str] = set()

    @property
    def loop(self) -> LoopThread:
        return self.backend.loop

    @property
    def endpoints(self) -> Mapping[str, str | None]:
        """kafka, schema_registry, capsule, odyssey, plato, control."""
        return self.backend.status.endpoints.model_dump()

    def name(self, own: str) -> str:
        """The real name of a topic, consumer group or subject of one's own: apart from every other lease's.

        Topics of the contracts are everybody's and keep their name. A second call changes nothing.
        """
        if self.tenant is None or own.startswith(f"{self.tenant}.") or self.backend.is_shared(own):
            return own
        return f"{self.tenant}.{own}"

    def token(self, *scopes: str) -> str:
        """A bearer token for the services, of the lease's tenant; all scopes without any."""
        return self.backend.token(self.tenant, scopes)

    @in_loop
    async def status(self) -> Status:
        return await self.backend.control.status()

    # Records

    @in_loop
    async def topics(self) -> list[str]:
        """The real names of all topics, everybody's."""
        return [topic.name for topic in await self.backend.control.topics()]

    @in_loop
    async def create_topic(self, topic: str, *, partitions: int = 1) -> str:
        """Make a topic of one's own, if it is missing; its real name. A lease's topics go with it."""
        real = self.name(topic)
        await self.backend.control.create_topic(real, partitions=partitions)
        if self.tenant is not None:
            self._own_topics.add(real)
        return real

    @in_loop
    async def publish(
        self,
        topic: str,
        value: Mapping[str, Any] | bytes | None,
        *,
        key: str | None = None,
        headers: Mapping[str, str] | None = None,
        partition: int | None = None,
    ) -> Sent:
        """Publish with acks=all. A mapping is encoded by the topic's contract, what it leaves out is filled in as in
        scenarios; bytes go as they are, None is a tombstone. Raises UsageError when the value does not fit.

        A topic of one's own that is not there yet is made.
        """
        real = await self._topic(topic)
        trace = TraceContext.accept(headers or {})
        tenant = {TENANT_ID: self.tenant} if self.tenant is not None else {}
        carried = {**tenant, **trace.headers(), **(headers or {})}
        body: dict[str, Any] = {"key": key, "headers": carried}
        if isinstance(value, bytes):
            body["value_base64"] = b64encode(value).decode("ascii")
        else:
            body["value"] = self._whole(real, value, key)
        if partition is not None:
            body["partition"] = partition
        sent = await self.backend.control.publish_record(real, PublishRequest.model_validate(body))
        ids = (trace.request_id, trace.correlation_id, trace.trace_id)
        return Sent(sent.topic, sent.partition, sent.offset, *ids)

    @in_loop
    async def expect(
        self,
        topic: str,
        where: Where | None = None,
        *,
        key: str | None = None,
        correlation_id: str | None = None,
        headers: Mapping[str, str] | None = None,
        within: float = 10.0,
    ) -> Received:
        """The first record that fits, come already or within so many seconds. Raises AssertionError without one."""
        wanted = Wanted(where, key, correlation_id, headers)
        found = await self._first(topic, wanted, within)
        if found is None:
            raise AssertionError(await self._missing(topic, wanted, within))
        return found

    @in_loop
    async def expect_none(
        self, topic: str, where: Where | None = None, *, key: str | None = None, within: float = 0.5
    ) -> None:
        """Raises AssertionError when a record that fits has come already, or comes within so many seconds."""
        wanted = Wanted(where, key)
        if (found := await self._first(topic, wanted, within)) is not None:
            raise AssertionError(f"there is a record with {wanted}: {found}")

    @in_loop
    async def records(self, topic: str, where: Where | None = None, *, key: str | None = None) -> list[Received]:
        """Those that have come so far and fit, oldest first within a partition; at most the newest some thousands."""
        wanted = Wanted(where, key)
        return [
            each for each in self.backend.log(await self._topic(topic)).records(self._seen(topic)) if wanted.fits(each)
        ]

    async def _first(self, topic: str, wanted: Wanted, within_s: float) -> Received | None:
        log = self.backend.log(await self._topic(topic))
        deadline = time.monotonic() + within_s
        seen: set[tuple[int, int]] = set()
        while True:
            for record in log.records(self._seen(topic)):
                place = (record.partition, record.offset)
                if place not in seen:
                    seen.add(place)
                    if wanted.fits(record):
                        return record
            left_s = deadline - time.monotonic()
            if left_s <= 0 or not await log.more(left_s):
                return None

    async def _missing(self, topic: str, wanted: Wanted, within_s: float) -> str:
        log = self.backend.log(await self._topic(topic))
        came = [str(each) for each in log.records(self._seen(topic))]
        if log.failure is not None:
            seen = f"it cannot be read: {log.failure.message}"
        else:
            seen = "\n  ".join([f"{len(came)} came", *came[-SHOWN:]]) if came else "none came at all"
        return f"no record of {log.topic} with {wanted} within {within_s:g} s; {seen}"

    async def _topic(self, topic: str) -> str:
        """Its real name; a lease's own topic is made when it is missing. Raises UnknownName."""
        real = self.name(topic)
        if real != topic and real not in self._own_topics:
            await self.create_topic(topic)
        return real

    def _seen(self, topic: str) -> str | None:
        """Of a shared topic a lease sees its tenant's records, of its own topics all."""
        return self.tenant if self.name(topic) == topic and self.backend.is_shared(topic) else None

    def _whole(self, topic: str, value: Mapping[str, Any] | None, key: str | None) -> Any:
        schema = self.backend.contracts.schema_of(topic)
        if value is None or schema is None:
            return value
        from sandbox.pytest_plugin.partial_record import completed

        return completed(topic, schema, value, key)

    # What happens

    def breaker(self, name: str) -> AsyncBreaker:
        """By `service/name`, for example `odyssey/capsule`."""
        return AsyncBreaker(self.backend, name)

    @contextlib.asynccontextmanager
    async def fault(self, kind: str, *, on: str, everybody: bool = False, **parameters: Any) -> AsyncIterator[str]:
        """A fault while the block runs; its id. Kinds and parameters as in `sandbox fault add`, with `_` for `-`.

        On a lease a fault of requests strikes the lease's own, and those that services make on its behalf; with
        `everybody` all requests, as other kinds of faults always do: the services are shared.
        """
        identity = await self.add_fault(kind, on, parameters, everybody=everybody)
        try:
            yield identity
        finally:
            await self.remove_fault(identity)

    @in_loop
    async def add_fault(self, kind: str, on: str, parameters: Mapping[str, Any], *, everybody: bool = False) -> str:
        given = {name.replace("_", "-"): value for name, value in parameters.items()}
        if self.tenant is not None and not everybody and "header" in await self.backend.fault_parameters(kind):
            given.setdefault("header", f"{TENANT_ID}: {self.tenant}")
        return (await self.backend.control.add_fault(kind, on, given)).id

    @in_loop
    async def remove_fault(self, identity: str) -> None:
        """Does nothing when it has ended by itself."""
        with contextlib.suppress(UnknownName):
            await self.backend.control.remove_fault(identity)

    @in_loop
    async def trace(
        self, identity: str, *, until: Callable[[Trace], Any] = lambda _: True, within: float = 10.0
    ) -> Trace:
        """Everything under a request, correlation or trace id, once `until` holds of it: services tell what they did a
        moment later. Raises AssertionError when it does not come to that in time (seconds)."""

        async def look() -> Trace | None:
            found = await self.backend.control.trace(identity)
            return found if until(found) else None

        found = await self.backend.until(look, (), within)
        if found is None:
            now = await self.backend.control.trace(identity)
            kinds = ", ".join(f"{fact['source']} {fact['kind']}" for fact in now.facts) or "nothing"
            raise AssertionError(f"the trace of {identity} is not as wanted within {within:g} s; there is {kinds}")
        return found

    @in_loop
    async def run_scenario(
        self, file: str | Path, *, seed: int | None = None, within: float = 300.0
    ) -> ScenarioOutcome:
        """Run a scenario file, or one that ships by its name. Raises AssertionError with its story when it fails."""
        return await run_scenario(self.backend, file, seed=seed, within_s=within)

    # Leases

    @contextlib.asynccontextmanager
    async def lease(self, label: str = "t") -> AsyncIterator[AsyncSandbox]:
        """The sandbox for one tenant, which nobody else is: what others do is not seen in it."""
        lease = await self.begin_lease(label)
        try:
            yield lease
        finally:
            await lease.end_lease()

    @in_loop
    async def begin_lease(self, label: str) -> AsyncSandbox:
        lease = AsyncSandbox(self.backend, f"{label}-{uuid.uuid4().hex[:12]}")
        self.backend.tenants.add(lease.tenant)
        return lease

    @in_loop
    async def end_lease(self) -> None:
        await asyncio.shield(self.backend.forget(self.tenant, self._own_topics))
