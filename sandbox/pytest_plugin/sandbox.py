"""The sandbox as a test sees it that does not await."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from sandbox.control.models import Status, Trace
from sandbox.pytest_plugin.aio import AsyncSandbox, Sent
from sandbox.pytest_plugin.loop_thread import hide_told
from sandbox.pytest_plugin.observers import Breaker, Dlq, Ledger
from sandbox.pytest_plugin.received import Received, Where
from sandbox.pytest_plugin.rest import Rest
from sandbox.pytest_plugin.scenario import ScenarioOutcome

__all__ = ["Sandbox"]

__tracebackhide__ = hide_told


class Sandbox:
    """Each method does what the one of the same name in `AsyncSandbox` (`.aio`) does, and waits for it."""

    def __init__(self, aio: AsyncSandbox) -> None:
        self.aio = aio
        """The same to be awaited."""
        self.capsule = Rest(aio.capsule)
        self.odyssey = Rest(aio.odyssey)
        self.plato = Rest(aio.plato)
        self.dlq = Dlq(aio.dlq)
        self.ledger = Ledger(aio.ledger)
        self._run = aio.loop.run

    @property
    def tenant(self) -> str | None:
        """The lease's; None for the whole sandbox."""
        return self.aio.tenant

    @property
    def endpoints(self) -> Mapping[str, str | None]:
        """kafka, schema_registry, capsule, odyssey, plato, control."""
        return self.aio.endpoints

    def name(self, own: str) -> str:
        """The real name of a topic, consumer group or subject of one's own: apart from every other lease's.

        Topics of the contracts are everybody's and keep their name. A second call changes nothing.
        """
        return self.aio.name(own)

    def token(self, *scopes: str) -> str:
        """A bearer token for the services, of the lease's tenant; all scopes without any."""
        return self.aio.token(*scopes)

    def status(self) -> Status:
        return self._run(self.aio.status())

    def topics(self) -> list[str]:
        """The real names of all topics, everybody's."""
        return self._run(self.aio.topics())

    def create_topic(self, topic: str, *, partitions: int = 1) -> str:
        """Make a topic of one's own, if it is missing; its real name. A lease's topics go with it."""
        return self._run(self.aio.create_topic(topic, partitions=partitions))

    def publish(
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
        return self._run(self.aio.publish(topic, value, key=key, headers=headers, partition=partition))

    def expect(
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
        return self._run(
            self.aio.expect(
                topic, where, key=key, correlation_id=correlation_id, headers=headers, within=within
            )
        )  # fmt: skip

    def expect_none(
        self, topic: str, where: Where | None = None, *, key: str | None = None, within: float = 0.5
    ) -> None:
        """Raises AssertionError when a record that fits has come already, or comes within so many seconds."""
        self._run(self.aio.expect_none(topic, where, key=key, within=within))

    def records(self, topic: str, where: Where | None = None, *, key: str | None = None) -> list[Received]:
        """Those that have come so far and fit, oldest first within a partition; at most the newest some thousands."""
        return self._run(self.aio.records(topic, where, key=key))

    def breaker(self, name: str) -> Breaker:
        """By `service/name`, for example `odyssey/capsule`."""
        return Breaker(self.aio.breaker(name))

    @contextlib.contextmanager
    def fault(self, kind: str, *, on: str, everybody: bool = False, **parameters: Any) -> Iterator[str]:
        """A fault while the block runs; its id. Kinds and parameters as in `sandbox fault add`, with `_` for `-`.

        On a lease a fault of requests strikes the lease's own, and those that services make on its behalf; with
        `everybody` all requests, as other kinds of faults always do: the services are shared.
        """
        identity = self._run(self.aio.add_fault(kind, on, parameters, everybody=everybody))
        try:
            yield identity
        finally:
            self._run(self.aio.remove_fault(identity))

    def trace(self, identity: str, *, until: Callable[[Trace], Any] = lambda _: True, within: float = 10.0) -> Trace:
        """Everything under a request, correlation or trace id, once `until` holds of it: services tell what they did a
        moment later. Raises AssertionError when it does not come to that in time (seconds)."""
        return self._run(self.aio.trace(identity, until=until, within=within))

    def run_scenario(self, file: str | Path, *, seed: int | None = None, within: float = 300.0) -> ScenarioOutcome:
        """Run a scenario file, or one that ships by its name. Raises AssertionError with its story when it fails."""
        return self._run(self.aio.run_scenario(file, seed=seed, within=within))

    @contextlib.contextmanager
    def lease(self, label: str = "t") -> Iterator[Sandbox]:
        """The sandbox for one tenant, which nobody else is: what others do is not seen in it."""
        lease = Sandbox(self._run(self.aio.begin_lease(label)))
        try:
            yield lease
        finally:
            self._run(lease.aio.end_lease())
