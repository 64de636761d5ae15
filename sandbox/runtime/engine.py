"""The engine: one process a sandbox that supervises its components, keeps the journal and serves the control API."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import signal
import sys
from collections.abc import AsyncGenerator, Callable, Mapping
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from aiohttp import web

from sandbox.clock import SystemClock
from sandbox.config.folders import StateFolder
from sandbox.errors import PortTaken, SandboxError, UnknownName
from sandbox.observe.intake import Intake
from sandbox.observe.journal import Journal
from sandbox.observe.ledger import Ledger
from sandbox.observe.log_folder import LogFolder
from sandbox.runtime.announcement import announce
from sandbox.runtime.component import ComponentState, Supervised
from sandbox.runtime.component_rows import component_rows
from sandbox.runtime.dlq.health import EngineHealth
from sandbox.runtime.embedded.aot import cache_file, training_command
from sandbox.runtime.embedded.child import Child
from sandbox.runtime.engine_faults import EngineFaults
from sandbox.runtime.full_reset import FullReset
from sandbox.runtime.overview import EngineOverview
from sandbox.runtime.plan import EnginePlan
from sandbox.runtime.ports import holder
from sandbox.runtime.resets import Resets
from sandbox.runtime.runtimes import Runtime
from sandbox.runtime.scenario_library import ScenarioLibrary
from sandbox.runtime.scenario_runs import ScenarioRuns
from sandbox.runtime.swaps import Swaps
from sandbox.runtime.traffic import Traffic

if TYPE_CHECKING:
    from sandbox.runtime.dlq.desk import DlqDesk
    from sandbox.runtime.engine_kafka import EngineKafka
    from sandbox.runtime.groups_view import GroupsView
    from sandbox.runtime.readiness import Proof
    from sandbox.runtime.recorder import Recorder
    from sandbox.runtime.records_view import RecordsView

__all__ = ["Engine"]

log = logging.getLogger(__name__)

PROOF_AGAIN_S = 0.5


class Engine:
    """Over a runtime that may have begun to start; `run` returns when told to stop and everything has stopped."""

    def __init__(self, plan: EnginePlan, token: str, runtime: Runtime) -> None:
        self.plan = plan
        self.runtime = runtime
        self.token = token
        self.clock = SystemClock()
        self.journal = Journal()
        self.ledger = Ledger(self.journal)
        self.intake = Intake(self.journal, self.clock)
        kafka, services = runtime.components()
        self.kafka = Supervised(kafka, self.journal, self.clock)
        self.services = {each.name: Supervised(each, self.journal, self.clock) for each in services}
        self._swaps = Swaps(plan)
        self.scenarios = ScenarioRuns(self._scenario_world)
        self.traffic = Traffic(self.scenarios, self.clock)
        self.library = ScenarioLibrary(StateFolder(Path(plan.state_dir)))
        self._training: Child | None = None
        self.resets = Resets(self.running, self.journal, self.clock)
        self.outgoing: list[Any] = []
        """What stands between Kafka and the records that the engine publishes for scenarios and for people."""
        self.faults = EngineFaults(
            self.services,
            self._admin,
            find=self._find,
            outgoing=self.outgoing,
            clock=self.clock,
            facts=self.journal,
            capabilities=runtime.capabilities,
            revived=lambda: self.spawn(self._prove()),
        )
        self.logs = LogFolder(StateFolder(Path(plan.state_dir)).logs)
        self.overview = EngineOverview(
            self.journal,
            self.clock,
            status=self.status,
            running=self.running,
            faults=self.faults.list,
            traffic=self.traffic.state,
            kafka=lambda: vars(self).get("own_kafka"),
            desk=self.dlq,
        )
        self.full_reset = FullReset(self)
        self.proof: list[Proof] = []
        self.proof_failure: str | None = None
        self._started_ms = self.clock.now_ms()
        self._stopping = asyncio.Event()
        self._purge = False
        self._work: set[asyncio.Task[None]] = set()

    async def run(self, make_app: Callable[[Engine], web.Application]) -> None:
        """Serve the control API, start the components, prove them ready; stop on SIGTERM, SIGINT or `shutdown`."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._stopping.set)
        runner = web.AppRunner(make_app(self), access_log=None, shutdown_timeout=0.2)
        await runner.setup()
        for host in ("127.0.0.1", "::1", *self.plan.engine_hosts):
            await self._listen(runner, host)
        self._announce()
        for supervised in self._components():
            supervised.changed = self._announce
        self.spawn(self._start_all())
        self.spawn(self._swaps.run())
        try:
            await self._stopping.wait()
        finally:
            await self._stop_all()
            await runner.cleanup()
            if self._purge:
                StateFolder(Path(self.plan.state_dir)).purge()

    async def _listen(self, runner: web.AppRunner, host: str) -> None:
        port = self.plan.ports["control"]
        try:
            await web.TCPSite(runner, host, port).start()
        except OSError as error:
            if host != "::1":  # a machine without IPv6 is no failure
                raise PortTaken(
                    f"the control API cannot listen on port {port}: {error.strerror}",
                    where=f"{host}:{port}",
                    hint=f"it is taken by {holder(port) or 'another process'}; choose other ports: `--ports auto`",
                ) from None

    def spawn(self, work: Any) -> asyncio.Task[None]:
        """Run something beside the control API; it is cancelled when the engine stops."""
        task = asyncio.create_task(work)
        self._work.add(task)
        task.add_done_callback(self._work.discard)
        return task

    def shutdown(self, *, purge: bool) -> None:
        """Begin to stop; with `purge` the data goes once everything has stopped."""
        self._purge = self._purge or purge
        self._stopping.set()

    def _components(self) -> list[Supervised]:
        return [self.kafka, *self.services.values()]

    async def _start_all(self) -> None:
        """Kafka and the services start side by side: each waits for what it needs."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._start_kafka())
            for supervised in self.services.values():
                group.create_task(supervised.start())
        await self._prove()
        if self.proof and self.plan.train:
            self._train()

    async def _start_kafka(self) -> None:
        """Then load what the engine does with it and connect, while the services join their groups."""
        await self.kafka.start()
        self.spawn(self.own_kafka.ledger_feed.run())
        self.spawn(self._open_desk())
        if self.kafka.state is ComponentState.READY:
            with contextlib.suppress(SandboxError):  # whether it works is for the proof to tell
                await self.own_kafka.clients.producer.start()

    @cached_property
    def own_kafka(self) -> EngineKafka:
        """The engine's own use of Kafka, made when it is first needed."""
        from sandbox.runtime.engine_kafka import EngineKafka

        return EngineKafka(
            self.plan,
            self.journal,
            self.ledger,
            self.clock,
            processes=lambda: [each.component for each in self.services.values()],
            running=self.running,
            joined=self.groups,
            health=EngineHealth(self._all_ready, self.breakers),
            outgoing=self.outgoing,
        )

    async def _open_desk(self) -> None:
        """Replays that the last engine's end interrupted go on at once; a desk that cannot open is tried when asked."""
        try:
            await self.own_kafka.desk.start()
        except SandboxError as error:
            log.warning("dead letters: %s", error.render())

    def _all_ready(self) -> bool:
        return all(each.state is ComponentState.READY for each in self._components())

    def _train(self) -> None:
        """Make Kafka's start-up cache for the next time, in a low-priority process of its own, unless it is there."""
        cache, java_home = Path(self.plan.cache_dir), self.plan.java_home
        home = Path(java_home) if java_home else None
        if not cache_file(cache, java_home=home).is_file():
            log_file = Path(self.plan.state_dir) / "logs" / "training.log"
            self._training = Child(training_command(cache, java_home=home), log_file=log_file, nice=15)
            self._training.start()

    async def _prove(self) -> None:
        """Use every link once, again until it holds or a component has failed."""
        from sandbox.runtime.readiness import prove

        while self._all_ready():
            try:
                proof = await prove(self.plan, self.own_kafka.clients, self.groups(), await self._swaps.look())
                self.proof = proof + await self.runtime.prove()
                self.proof_failure = None
                self._announce()
            except SandboxError as error:
                self.proof_failure = error.message
                await asyncio.sleep(PROOF_AGAIN_S)
            else:
                return

    def groups(self) -> dict[str, Any]:
        """The services' consumer groups as they report them."""
        found: dict[str, Any] = {}
        for supervised in self.services.values():
            for service in supervised.component.status.get("services", {}).values():
                found.update(service["groups"])
        return found

    async def _stop_all(self) -> None:
        """In reverse order: scenarios and proofs, services, Kafka."""
        for task in tuple(self._work):
            task.cancel()
        await asyncio.gather(*self._work, return_exceptions=True)
        if self._training is not None:
            self._training.terminate()
        await self.scenarios.stop_all()
        await self.faults.close()
        if "own_kafka" in vars(self):
            await self.own_kafka.close()
        await asyncio.gather(*(each.stop() for each in self.services.values()))
        for each in self.services.values():
            await each.component.admin.close()
        await self.kafka.stop()
        await self.runtime.close(purge=self._purge)

    def _announce(self) -> None:
        announce(Path(self.plan.state_dir), self.plan.control_url, self._components())

    def status(self) -> dict[str, Any]:
        """The object of `sandbox status --json`."""
        from sandbox import __version__

        components = self._components_json()
        ready = bool(self.proof) and all(each["state"] == ComponentState.READY for each in components)
        return {
            "name": self.plan.name,
            "state": self._state(components, ready),
            "runtime": self.plan.runtime,
            "ready": ready,
            "endpoints": self.plan.endpoints(),
            "components": components,
            "proof": [{"what": each.what, "took_ms": each.took_ms} for each in self.proof],
            "detail": self.proof_failure,
            **self._swaps.to_json(),
            "uptime_ms": self.clock.now_ms() - self._started_ms,
            "versions": {"sandbox": __version__, "python": sys.version.split()[0], "kafka": "4.4.0"},
        }

    def _state(self, components: list[dict[str, Any]], ready: bool) -> str:
        if self._stopping.is_set():
            return ComponentState.STOPPING
        states = {each["state"] for each in components}
        for state in (ComponentState.FAILED, ComponentState.DEGRADED, ComponentState.STOPPED):
            if state in states:
                return ComponentState.FAILED if state is ComponentState.FAILED else ComponentState.DEGRADED
        return ComponentState.READY if ready else ComponentState.STARTING

    def _components_json(self) -> list[dict[str, Any]]:
        return component_rows(self.kafka, self.services.values())

    # What the control API asks for

    async def operate_component(self, name: str, operation: str) -> dict[str, Any]:
        """Start, stop, restart, kill, pause or resume; a service stands for the process that runs it."""
        supervised = self._find(name)
        work = getattr(supervised, operation)()
        await work
        if operation in ("start", "restart"):
            self.spawn(self._prove())
        return next(row for row in self._components_json() if row["name"] == name or row["process"] == name)

    def component(self, name: str) -> tuple[str, str | None]:
        """State and remark of a component. Raises UnknownName."""
        self._find(name)
        row = next(row for row in self._components_json() if name in (row["name"], row["process"]))
        return row["state"], row["detail"]

    def _find(self, name: str) -> Supervised:
        for supervised in self._components():
            if name == supervised.name or name in getattr(supervised.component, "services", ()):
                return supervised
        raise self._swaps.unknown(name)

    def running(self) -> list[Any]:
        """The processes of services that run now."""
        alive = (ComponentState.READY, ComponentState.DEGRADED)
        return [each.component for each in self.services.values() if each.state in alive]

    async def breakers(self) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for process in self.running():
            found.update((await process.admin.status())["breakers"])
        return found

    async def operate_breaker(self, service: str, name: str, operation: str) -> dict[str, Any]:
        return await self._admin(service).operate_breaker(service, name, operation)

    async def limits(self) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for process in self.running():
            found.update(await process.admin.limits())
        return found

    async def change_limits(self, service: str, change: Mapping[str, Any]) -> dict[str, Any]:
        return await self._admin(service).change_limits(service, change)

    async def reset_limits(self, service: str) -> dict[str, Any]:
        return await self._admin(service).reset_limits(service)

    def _admin(self, service: str) -> Any:
        """The admin API of the process that runs a service. Raises UnknownName."""
        component = self._find(service).component
        if service not in getattr(component, "services", ()):
            raise UnknownName(f"{service!r} is no service", where="service", hint="choose from capsule, odyssey, plato")
        return component.admin

    async def topics(self) -> list[dict[str, Any]]:
        return await self.own_kafka.topics.all()

    async def topic(self, name: str) -> dict[str, Any]:
        return await self.own_kafka.topics.one(name)

    async def create_topic(self, name: str, partitions: int) -> dict[str, Any]:
        return await self.own_kafka.topics.create(name, partitions)

    async def delete_topic(self, name: str) -> dict[str, Any]:
        return await self.own_kafka.topics.delete(name)

    def tail(self, topic: str, *, start: str | int) -> AsyncGenerator[Mapping[str, Any], None]:
        return self.own_kafka.topics.tail(topic, start=start)

    @property
    def records(self) -> RecordsView:
        return self.own_kafka.records

    async def publish_record(self, topic: str, **record: Any) -> dict[str, Any]:
        return await self.own_kafka.topics.publish(topic, **record)

    @property
    def consumer_groups(self) -> GroupsView:
        return self.own_kafka.groups

    @property
    def recorder(self) -> Recorder:
        return self.own_kafka.recorder

    async def dlq(self) -> DlqDesk:
        desk = self.own_kafka.desk
        await desk.start()
        return desk

    def _scenario_world(self) -> Any:
        from sandbox.runtime.engine_world import engine_world

        return engine_world(self)

    async def set_speed(self, speed: float) -> None:
        """How many times real time the clocks of all services run."""
        for supervised in self.services.values():
            await supervised.component.admin.set_speed(speed)
