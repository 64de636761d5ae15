"""The sandbox as scenarios see it: Kafka's clients to publish and watch, the services' endpoints, the journal."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Any

from sandbox.clock import SystemClock
from sandbox.contracts.poison import Poison
from sandbox.contracts.subject_strategy import SubjectStrategy
from sandbox.errors import UsageError
from sandbox.events.facts import Fact
from sandbox.kafka.publisher import Interception, Posted
from sandbox.kafka.tap import Tap
from sandbox.observe.journal import Journal
from sandbox.observe.ledger import Ledger
from sandbox.observe.trace import under
from sandbox.runtime.engine_faults import EngineFaults
from sandbox.runtime.groups_view import GroupsView
from sandbox.runtime.kafka_clients import KafkaClients
from sandbox.runtime.resets import Resets
from sandbox.runtime.scenario_batch import OneByOne, ScenarioBatch
from sandbox.runtime.scenario_calls import open_service_calls
from sandbox.runtime.scenario_logs import ScenarioLogs
from sandbox.scenarios.assertions.assertion import MISSING
from sandbox.scenarios.ports import (
    AvroWriter,
    BreakerState,
    Calls,
    Controls,
    FaultState,
    GroupState,
    Moved,
    Outgoing,
    Seen,
    Setting,
)
from sandbox.scenarios.telling import SOURCE
from sandbox.services.settings import HttpSettings

__all__ = ["ScenarioWorld"]

RECENT_OF = 20_000
"""How many of the journal's last facts are looked through for recent ones."""


class ScenarioWorld:
    """The `World` of one engine. `breakers` and `set_speed` ask the service processes, `profile` and `http` are
    the sandbox's; `lacks` says why it has not what a step needs."""

    def __init__(
        self,
        clients: KafkaClients,
        journal: Journal,
        clock: SystemClock,
        endpoints: Mapping[str, str],
        *,
        breakers: Callable[[], Awaitable[Mapping[str, Any]]],
        ledger: Ledger,
        groups: GroupsView,
        resets: Resets,
        set_speed: Callable[[float], Awaitable[None]],
        faults: EngineFaults,
        outgoing: Sequence[Interception] = (),
        controls: Controls,
        lacks: Callable[[str], str | None],
        log_folder: Path,
        profile: str | None = None,
        http: HttpSettings | None = None,
    ) -> None:
        self.clock = clock
        self.facts = journal
        self.contracts = clients.contracts
        self.endpoints = endpoints
        self._clients = clients
        self._journal = journal
        self._publisher = clients.publisher(SOURCE, journal, clock, interceptions=outgoing)
        self._breakers = breakers
        self._ledger = ledger
        self._groups = groups
        self._resets = resets
        self._set_speed = set_speed
        self._faults = faults
        self.controls = controls
        self.lacks = lacks
        self._log_folder = log_folder
        self._profile = profile
        self._http = http or HttpSettings()

    @asynccontextmanager
    async def setting(self, setting: Setting) -> AsyncIterator[None]:
        self._check_profile(setting.profile)
        if setting.speed == self.clock.speed:
            yield
            return
        before = self.clock.speed
        await self._change_speed(setting.speed)
        try:
            yield
        finally:
            await self._change_speed(before)

    def _check_profile(self, asked: str | None) -> None:
        if asked == "demo" and self._profile != "demo":
            raise UsageError(
                "the scenario needs the short waits of the resilience profile `demo`",
                hint="start the sandbox with `sandbox up --profile demo`",
            )
        if asked == "real" and self._profile == "demo":
            raise UsageError(
                "the scenario needs the specification's waits, the sandbox runs with the profile `demo`",
                hint="start the sandbox with `sandbox up` without `--profile demo`",
            )

    async def _change_speed(self, speed: float) -> None:
        await self._set_speed(speed)
        self.clock.set_speed(speed)

    async def send(self, outgoing: Outgoing) -> Posted:
        about: Any = {"headers": outgoing.headers, "partition": outgoing.partition, "trace": outgoing.trace}
        value = outgoing.value
        if value is None or isinstance(value, bytes):
            key = None if outgoing.key is None else outgoing.key.encode()
            return await self._publisher.post_raw(outgoing.topic, key=key, value=value, **about)
        return await self._publisher.post(outgoing.topic, value, key=outgoing.key, **about)

    async def send_many(self, outgoing: Sequence[Outgoing]) -> Posted:
        if self._publisher.intercepted:  # a fault looks at each of them
            return OneByOne([await self.send(each) for each in outgoing])
        return await ScenarioBatch(outgoing, SOURCE, self._journal, self.clock).send(self._publisher)

    async def avro_writer(
        self,
        topic: str,
        *,
        strategy: SubjectStrategy | None = None,
        subject: str | None = None,
        version: int | None = None,
    ) -> AvroWriter:
        return await self._clients.values.avro_writer(topic, strategy=strategy, subject=subject, version=version)

    async def foreign_record(self, topic: str) -> bytes:
        return await self._clients.values.poisoned(topic, None, Poison.WRONG_SCHEMA)

    @asynccontextmanager
    async def tap(self, topics: Collection[str]) -> AsyncIterator[AsyncIterator[Seen]]:
        async with Tap(self._clients.cluster, tuple(topics), self._clients.values) as tap:
            yield _seen(tap)

    @asynccontextmanager
    async def facts_from_now(self, kinds: Collection[type[Fact]]) -> AsyncIterator[AsyncIterator[Fact]]:
        yield self._facts(self._journal.last, tuple(kind.__name__ for kind in kinds))

    async def _facts(self, after: int, kinds: tuple[str, ...]) -> AsyncIterator[Fact]:
        while True:
            page = self._journal.read(after, kinds=kinds)
            for entry in page.entries:
                yield entry.fact()
            after = page.next
            await self._journal.wait_beyond(after)

    async def recent(self, kinds: Collection[type[Fact]], count: int) -> Sequence[Fact]:
        names = tuple(kind.__name__ for kind in kinds)
        page = self._journal.read(-RECENT_OF, limit=RECENT_OF, kinds=names, scan_limit=RECENT_OF)
        return [entry.fact() for entry in reversed(page.entries[-count:])]

    async def breakers(self) -> Mapping[str, BreakerState]:
        found = await self._breakers()
        return {name: BreakerState(str(each.get("state")), each) for name, each in found.items()}

    async def ledger(self) -> Mapping[str, Mapping[str, Any]]:
        return self._ledger.to_json()["groups"]

    async def trace(self, identity: str) -> Sequence[Mapping[str, Any]]:
        return (await under(self._journal, identity)).facts

    async def group(self, group: str) -> GroupState:
        found = await self._groups.one(group)
        members = tuple(each["client"] for each in found["members"])
        return GroupState(found["state"], members, found["lag"])

    async def set_offsets(self, group: str, to: str, topics: Sequence[str]) -> Moved:
        outcome = await self._groups.reset(group, to, topics)
        return Moved(outcome["again"], outcome["skipped"])

    async def reset(self, services: Sequence[str]) -> None:
        await self._resets.reset(services)

    async def add_fault(self, kind: str, on: str, parameters: Mapping[str, Any], name: str | None) -> str:
        made = await self._faults.add({"kind": kind, "on": on, "parameters": dict(parameters), "id": name})
        return str(made["id"])

    async def remove_fault(self, identity: str) -> FaultState:
        return _fault_state(await self._faults.remove(identity))

    async def faults(self) -> Mapping[str, FaultState]:
        return {each["id"]: _fault_state(each) for each in await self._faults.list()}

    async def logs(self) -> ScenarioLogs:
        return ScenarioLogs(self._log_folder)

    def calls(self) -> AbstractAsyncContextManager[Calls]:
        return open_service_calls(self.endpoints.values(), self._http)


def _fault_state(fault: Mapping[str, Any]) -> FaultState:
    return FaultState(fault["text"], fault["on"], fault["hits"], fault.get("since_ms"))


async def _seen(tap: Tap) -> AsyncIterator[Seen]:
    async for each in tap:
        yield Seen(each.record, MISSING if each.reason is not None else each.value)
