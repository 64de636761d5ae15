"""The whole sandbox back to its start, behind a barrier: nothing from before comes after.

All services come to rest first: they drop the records and requests under way, take no new ones, and have what they
published acknowledged. Only then are topics, registry and offsets emptied, and only after that do services go on.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from sandbox.events.facts import SandboxReset, ServiceReset
from sandbox.runtime.component import ComponentState

if TYPE_CHECKING:
    from sandbox.kafka.groups import GroupsAdmin
    from sandbox.runtime.engine import Engine
    from sandbox.runtime.services_link import ServicesLink

__all__ = ["FullReset"]

log = logging.getLogger(__name__)

REST_S = 60.0
"""How long services rest at most, should the engine die meanwhile."""
FLUSH_LIMIT_S = 5.0
MEMBERS_LIMIT_S = 15.0
"""How long to wait for a member of ours that was killed: Kafka gives it up after its session timeout of 10 s."""
MEMBERS_EVERY_S = 0.05
INTERNAL_TOPICS = ("_schemas", "_sandbox.probe")


class FullReset:
    """One at a time."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._turn = asyncio.Lock()

    async def run(self) -> dict[str, Any]:
        """What was removed, as `EverythingReset` of the control API.

        Raises KafkaUnavailable and UpstreamUnavailable; the services go on in any case.
        """
        async with self._turn:
            began_ns, engine = time.monotonic_ns(), self._engine
            runs = await engine.scenarios.stop_all()
            faults = len(await engine.faults.remove_all())
            started = await self._start_what_is_down()
            desk = await engine.dlq()
            processes = engine.running()
            try:
                async with desk.emptied() as letters:
                    await self._rest(processes)
                    removed = await self._empty()
            finally:
                await self._rise(processes)
            services = [name for each in processes for name in each.services if name != "schema-registry"]
            self._tell(services, removed)
            return {
                "services": services,
                **removed,
                "faults": faults,
                "runs": runs,
                "letters": letters,
                "started": started,
                "tookMs": (time.monotonic_ns() - began_ns) // 1_000_000,
            }

    async def _start_what_is_down(self) -> list[str]:
        """Resume what is paused, start what is stopped or failed; the names of these."""
        started = []
        for each in (self._engine.kafka, *self._engine.services.values()):
            if each.state is ComponentState.DEGRADED and each.detail == "paused":
                await each.resume()
            elif each.state in (ComponentState.STOPPED, ComponentState.FAILED):
                await each.start()
            else:
                continue
            started.append(each.name)
        return started

    async def _rest(self, processes: Sequence[ServicesLink]) -> None:
        resting = await asyncio.gather(*(each.admin.begin_reset(REST_S) for each in processes), return_exceptions=True)
        if failed := next((each for each in resting if isinstance(each, BaseException)), None):
            raise failed
        await self._engine.own_kafka.clients.producer.flush(FLUSH_LIMIT_S)

    async def _rise(self, processes: Sequence[ServicesLink]) -> None:
        """Whatever happened. A process that cannot be told goes on by itself after `REST_S`."""
        risen = await asyncio.gather(*(each.admin.end_reset() for each in processes), return_exceptions=True)
        for process, each in zip(processes, risen, strict=True):
            if isinstance(each, BaseException):
                log.warning("%s rests for %g s at most: %s", process.name, REST_S, each)
        await asyncio.gather(*(each.look() for each in self._engine.services.values()))

    async def _empty(self) -> dict[str, Any]:
        """Topics, then offsets, with the registry beside them."""
        from sandbox.kafka.groups import GroupsAdmin

        cluster = self._engine.own_kafka.clients.cluster
        async with GroupsAdmin(cluster) as groups, asyncio.TaskGroup() as tasks:
            subjects = tasks.create_task(self._clean_registry())
            topics = await self._empty_topics(groups)
            offsets = await self._forget_offsets(groups)
        left = [*self._replaced(), *offsets.pop("left"), *subjects.result()["left"]]
        return {**topics, **offsets, "subjects": subjects.result()["subjects"], "left": left}

    async def _empty_topics(self, groups: GroupsAdmin) -> dict[str, Any]:
        from sandbox.kafka.topics_admin import TopicsAdmin

        clients = self._engine.own_kafka.clients
        contracts = clients.contracts.topics
        async with TopicsAdmin(clients.cluster) as admin:
            names = await admin.names(internal=True)
            strange = [
                each
                for each in names
                if each not in contracts and each not in INTERNAL_TOPICS and not each.startswith("__")
            ]
            if strange:
                await admin.delete(strange)
            kept = [each for each in names if each in contracts]
            before = await groups.offsets(kept)
            await admin.empty([each.topic for each in before if each.end > each.begin])
            if len(kept) < len(contracts):
                await admin.create(contracts.values())
        return {"records": sum(each.end - each.begin for each in before), "topics": strange}

    async def _forget_offsets(self, groups: GroupsAdmin) -> dict[str, Any]:
        """Of every group without members; the ledger begins anew where the topics do."""
        engine = self._engine
        ours = {name: tuple(each["topics"]) for name, each in engine.groups().items()}
        names = await groups.names()
        gone = await asyncio.gather(*(self._forget(groups, name, is_ours=name in ours) for name in names))
        engine.ledger.begin_anew()
        begins = await groups.offsets(sorted({topic for topics in ours.values() for topic in topics}))
        for group, topics in ours.items():
            for each in begins:
                if each.topic in topics:
                    engine.ledger.moved(group, each.topic, each.partition, each.begin)
        why = "has members, which go on from where they are: stop its consumers, then reset again"
        left = [{"what": f"group {name}", "why": why} for name, is_gone in zip(names, gone, strict=True) if not is_gone]
        return {"groups": [name for name, is_gone in zip(names, gone, strict=True) if is_gone], "left": left}

    async def _forget(self, groups: GroupsAdmin, name: str, *, is_ours: bool) -> bool:
        tries = round(MEMBERS_LIMIT_S / MEMBERS_EVERY_S) if is_ours else 1
        for attempt in range(tries):
            if attempt:
                await asyncio.sleep(MEMBERS_EVERY_S)
            if await groups.delete(name):
                return True
        return False

    async def _clean_registry(self) -> dict[str, Any]:
        from sandbox.kafka.registry_cleaner import RegistryCleaner
        from sandbox.kafka.registry_client import RegistryClient

        plan, clients = self._engine.plan, self._engine.own_kafka.clients
        if "schema-registry" not in plan.services:
            return {"subjects": [], "left": []}
        registry = clients.fresh_registry()
        assert isinstance(registry, RegistryClient)
        async with registry:
            subjects = await RegistryCleaner(registry, clients.contracts, clients.names).clean()
        clients.forget_schemas()
        return {"subjects": subjects, "left": []}

    def _replaced(self) -> list[dict[str, str]]:
        """Real services stand in for these: what they keep is theirs."""
        plan = self._engine.plan
        return [
            {"what": name, "why": f"is replaced by {url}: reset it by its own means"}
            for name, url in plan.replace.items()
        ]

    def _tell(self, services: Sequence[str], removed: dict[str, Any]) -> None:
        engine = self._engine
        now_ms = engine.clock.now_ms()
        for name in services:
            engine.journal.record(ServiceReset(at_ms=now_ms, source="engine", service=name))
        told = {name: tuple(removed[name]) for name in ("topics", "subjects", "groups")}
        engine.journal.record(SandboxReset(at_ms=now_ms, source="engine", records=removed["records"], **told))
