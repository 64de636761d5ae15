"""What a service process is made of: one set of Kafka clients, one outbox of facts, the services on top of them."""

from __future__ import annotations

import asyncio
import contextlib
import secrets
import socket
from collections.abc import AsyncIterator, Callable, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

from aiohttp import web

from sandbox.clock import SystemClock
from sandbox.config.serve import ServeConfig
from sandbox.contracts.dead_letter import RetryPolicy
from sandbox.contracts.delivery import Subscription
from sandbox.contracts.names import Names
from sandbox.control.facts_client import FactsClient
from sandbox.errors import ComponentFailed, EnvironmentFailure, SandboxError, UpstreamUnavailable
from sandbox.kafka.boundary import ConsumerBoundary
from sandbox.kafka.consumer import GroupConsumer
from sandbox.kafka.dead_letters import DeadLetterWriter
from sandbox.kafka.probe import PROBE_TOPIC
from sandbox.kafka.registry_client import RegistryRefused
from sandbox.kafka.serializer import register_contracts
from sandbox.kafka.topics_admin import TopicsAdmin
from sandbox.observe.outbox import Outbox
from sandbox.runtime.admin import admin_app
from sandbox.runtime.kafka_clients import KafkaClients
from sandbox.runtime.served import Served
from sandbox.runtime.team_contracts import load_contracts

if TYPE_CHECKING:
    from sandbox.runtime.captures import Captures
    from sandbox.runtime.service_faults import ServiceFaults
    from sandbox.runtime.swapped_contracts import Decode, SwappedContracts

__all__ = ["ServiceParts"]

LISTEN_EVERY_S = 0.02
REGISTRY_EVERY_S = 0.05
FLUSH_LIMIT_S = 1.0
FLUSH_RECORDS_LIMIT_S = 5.0
REASON_LIMIT = 500
"""Characters; a registry's refusal holds the whole earlier schema."""
DEMO_RETRIES = RetryPolicy(first_wait_s=0.1, max_wait_s=1.0)


class ServiceParts:
    """Builds the services of `config` and starts and stops them in the order in which one needs the other."""

    def __init__(self, config: ServeConfig, *, access_log: Callable[[str], None] | None = None) -> None:
        self._config = config
        self._access_log = access_log
        self._contracts = load_contracts(config.contracts_dir)
        self._names = Names(config.topic_prefix)
        own = config.ports.get("schema-registry") if "schema-registry" in config.services else None
        self._registry_url = config.registry_url or (f"http://127.0.0.1:{own}" if own else None)
        self.clock = SystemClock()
        self._token = config.token or secrets.token_urlsafe(32)
        self._engine = FactsClient(config.engine_url, self._token) if config.engine_url else None
        self._outbox = Outbox(config.instance, self._engine or _nobody, SystemClock())
        client_id = f"sandbox-{config.instance}"
        self._clients = KafkaClients(
            config.bootstrap_servers,
            self._registry_url,
            self._contracts,
            self._names,
            client_id=client_id,
            strict=False,
            registry_users=config.registry_passwords,
        )
        self.served: dict[str, Served] = {name: self._build(name) for name in config.services}
        self._push: asyncio.Task[None] | None = None
        self._registry_opened = asyncio.Event()
        self._schemas_known = asyncio.Event()

    @contextlib.asynccontextmanager
    async def admin_api(self, process: Any) -> AsyncIterator[None]:
        """Serve the admin API and push facts while in here; facts that wait are flushed at the end."""
        runner = web.AppRunner(admin_app(process, self._token), access_log=None, shutdown_timeout=0.2)
        await runner.setup()
        try:
            await web.TCPSite(runner, self._config.admin_bind, self._config.admin_port).start()
        except OSError as error:
            raise EnvironmentFailure(
                f"the admin API cannot listen on port {self._config.admin_port}: {error.strerror}",
                hint="choose another with SANDBOX_SERVE_ADMIN_PORT",
            ) from None
        self._push = asyncio.create_task(self._outbox.run(), name="outbox") if self._engine else None
        try:
            yield
        finally:
            await runner.cleanup()
            if self._push is not None:
                await self._outbox.flush(0.5)
                self._push.cancel()
                await asyncio.gather(self._push, return_exceptions=True)
            if self._engine is not None:
                await self._engine.close()

    async def start(self) -> None:
        """Open the services while Kafka comes up; then topics and groups, and registry and schemas beside them.

        Records are held until the schemas are there, which decoding them takes.
        """
        services = [served for name, served in self.served.items() if name != "schema-registry"]
        async with asyncio.TaskGroup() as group:
            group.create_task(self._until_listening())
            for served in services:
                group.create_task(self._open(served))
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._join_groups(services))
                group.create_task(self._start_registry())
                if services:
                    group.create_task(self._clients.producer.start())
        except BaseException:
            await asyncio.gather(*(served.leave() for served in services))
            raise
        self._schemas_known.set()
        for served in services:
            served.release()

    async def _open(self, served: Served) -> None:
        try:
            await served.open()
        except SandboxError as error:
            served.failure = error.message

    async def _join_groups(self, services: Sequence[Served]) -> None:
        """Make the topics and begin to join the groups that read them.

        Kafka shows a topic only when it has laid out the partitions of those made before, which takes it a few
        milliseconds each: the many of the contracts come after those that are waited for.
        """
        async with TopicsAdmin(self._clients.cluster) as topics:
            await topics.wake_coordinator()
            await topics.create([PROBE_TOPIC])
            await self._registry_opened.wait()
            await topics.create(self._contracts.topics.values())
        for served in services:
            if not served.failure:
                served.join(held=True)

    async def _room_for_records(self) -> None:
        """Decoding takes the schemas, and facts must not come faster than the engine takes them."""
        await self._schemas_known.wait()
        await self._outbox.room()

    async def _start_registry(self) -> None:
        """The registry, where it is one of ours here, and the contracts' schemas in it, wherever it runs."""
        if registry := self.served.get("schema-registry"):
            await registry.open()
            registry.join()
        self._registry_opened.set()
        if self._registry_url:
            await self._register()

    async def _until_listening(self) -> None:
        """Cheaper than a Kafka client's own attempts while the broker is still coming up."""
        host, _, port = self._config.bootstrap_servers.split(",")[0].rpartition(":")
        while True:
            try:
                _, writer = await asyncio.open_connection(host.strip("[]"), int(port))
            except (OSError, socket.gaierror):
                await asyncio.sleep(LISTEN_EVERY_S)
            else:
                writer.close()
                return

    async def _register(self) -> None:
        """Register the contracts' schemas as soon as the registry answers, wherever it runs.

        Raises ComponentFailed when it refuses one.
        """
        while True:
            try:
                await register_contracts(self._clients.registry, self._contracts, self._names)
            except UpstreamUnavailable as error:
                if "schema-registry" in self.served:
                    raise
                self._wait_for(error.message)
                await asyncio.sleep(REGISTRY_EVERY_S)
            except RegistryRefused as error:
                way_out = "; `sandbox up --fresh` begins without the earlier versions" if error.status == 409 else ""
                reason = error.message if len(error.message) <= REASON_LIMIT else f"{error.message[:REASON_LIMIT]}…"
                raise ComponentFailed(f"{error.where}: {reason}{way_out}", hint=error.hint) from error
            else:
                self._wait_for(None)
                return

    def _wait_for(self, what: str | None) -> None:
        for served in self.served.values():
            served.waiting = what

    async def stop(self) -> None:
        """Services first, all at once, then the registry, then what they stood on."""
        services = [served for name, served in self.served.items() if name != "schema-registry"]
        await asyncio.gather(*(served.stop() for served in services), return_exceptions=True)
        await self._clients.close()
        if registry := self.served.get("schema-registry"):
            await registry.stop()

    async def flush_records(self) -> None:
        """Everything published is acknowledged, and ids of schemas are asked for anew. Raises KafkaUnavailable."""
        await self._clients.producer.flush(FLUSH_RECORDS_LIMIT_S)
        self._clients.forget_schemas()

    async def flush_facts(self) -> None:
        """Give the engine, if there is one, a moment to take the facts that wait."""
        if self._engine is not None:
            await self._outbox.flush(FLUSH_LIMIT_S)

    def fail(self, reason: str) -> None:
        """Nothing that is not up yet will come up."""
        for served in self.served.values():
            if served.status()["state"] == "starting":
                served.failure = f"{reason}: {served.waiting}" if served.waiting else reason

    @cached_property
    def captures(self) -> Captures:
        """Made when somebody records: a process that nobody records does not load it."""
        from sandbox.runtime.captures import Captures

        return Captures(self.served, self._outbox)

    @cached_property
    def faults(self) -> ServiceFaults:
        """Made when somebody asks: a process without faults does not load them."""
        from sandbox.runtime.service_faults import ServiceFaults

        return ServiceFaults(self.served, self.clock, self._outbox)

    def breakers(self) -> dict[str, Any]:
        """Every breaker of this process by `service/name`."""
        return {
            f"{name}/{breaker}": found
            for name, served in self.served.items()
            for breaker, found in getattr(served.service, "breakers", {}).items()
        }

    def _build(self, name: str) -> Served:
        config = self._config
        if name == "schema-registry":
            return Served(self._registry_service(), bind=config.bind, port=config.ports.get(name), consumers=list)
        deliveries: list[Any] = []
        outgoing: list[Any] = []
        service = self._service(name, outgoing)
        return Served(
            service,
            bind=config.bind,
            port=config.ports.get(name),
            consumers=lambda: self._consumers(name, service.subscriptions(), deliveries),
            deliveries=deliveries,
            outgoing=outgoing,
        )

    def _registry_service(self) -> Any:
        from sandbox.kafka.compacted_log import CompactedLog
        from sandbox.registry.auth import BasicAuth
        from sandbox.registry.ports import LogRecord, RecordTooLarge
        from sandbox.registry.service import RegistryService

        log = CompactedLog(self._clients.cluster, make_record=LogRecord, too_large=RecordTooLarge)
        users = self._config.registry_passwords
        auth = BasicAuth(users) if users else None
        return RegistryService(
            log, self._outbox, self.clock, auth=auth, urls={**self._urls(), **self._config.public_urls}
        )

    def _service(self, name: str, outgoing: list[Any]) -> Any:
        from sandbox.services.ports import ServiceContext
        from sandbox.services.settings import HttpSettings

        config, swapped = self._config, self._swapped(name)
        publisher = self._clients.publisher(name, self._outbox, self.clock, interceptions=outgoing)
        context = ServiceContext(
            clock=self.clock,
            facts=self._outbox,
            publisher=swapped.publisher(publisher) if swapped else publisher,
            urls=self._urls(),
            public_urls=config.public_urls,
            access_log=self._access_log,
            state_dir=config.state_dir,
            profile=config.profile,
            dialect=config.dialect,
            http=HttpSettings(
                auth=config.auth,
                secret=self._token,
                api_keys=config.key_scopes,
                rate_limits=config.rate_limits != "off",
                limits_profile=config.rate_limits,
            ),
        )
        return _service_class(name)(context)

    def _consumers(
        self, service: str, subscriptions: Sequence[Subscription], deliveries: list[Any]
    ) -> list[GroupConsumer]:
        """A consumer for each subscription of which the contracts have a topic."""
        swapped = self._swapped(service) if subscriptions else None
        decode = self._clients.values.decode
        if swapped:
            subscriptions = [found for each in subscriptions if (found := swapped.subscription(each)) is not None]
            decode = swapped.decode(decode)
        return [self._consumer(service, each, decode, deliveries) for each in subscriptions]

    def _swapped(self, service: str) -> SwappedContracts | None:
        """None with the built-in contracts, which all services can live with."""
        if self._config.contracts_dir is None:
            return None
        from sandbox.runtime.swapped_contracts import SwappedContracts

        return SwappedContracts(service, self._contracts)

    def _consumer(
        self, service: str, subscription: Subscription, decode: Decode, deliveries: list[Any]
    ) -> GroupConsumer:
        publisher = self._clients.publisher(service, self._outbox, self.clock)
        boundary = ConsumerBoundary(
            subscription,
            group=self._names.group(subscription.group),
            service=service,
            decode=decode,
            dead_letters=DeadLetterWriter(publisher, self.clock),
            facts=self._outbox,
            clock=self.clock,
            policy=DEMO_RETRIES if self._config.profile == "demo" else None,
            room=self._room_for_records,
            interferences=deliveries,
        )
        return GroupConsumer(self._clients.cluster, subscription, boundary.handle_run, instance=self._config.instance)

    def _urls(self) -> dict[str, str]:
        config = self._config
        own = {name: f"http://127.0.0.1:{port}" for name, port in config.ports.items()}
        told = {"capsule": config.capsule_url, "plato": config.plato_url, "schema-registry": self._registry_url}
        known = {**own, **{name: url for name, url in told.items() if url}}
        return {name: url for name, url in known.items() if name not in config.without}


def _service_class(name: str) -> Any:
    """Imported by name, so that a process loads only the services that it runs."""
    if name == "capsule":
        from sandbox.services.capsule.service import CapsuleService

        return CapsuleService
    if name == "odyssey":
        from sandbox.services.odyssey.service import OdysseyService

        return OdysseyService
    if name == "plato":
        from sandbox.services.plato.service import PlatoService

        return PlatoService
    from sandbox.services.audit.service import AuditService

    return AuditService


async def _nobody(_: bytes) -> None:
    """Where facts go without an engine: they wait in the outbox, oldest out."""
