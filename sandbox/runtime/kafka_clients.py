"""One process's connections to Kafka and the registry, shared by everything in it that publishes or decodes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sandbox.clock import Clock
from sandbox.contracts.catalog import Contracts
from sandbox.contracts.names import Names
from sandbox.errors import UpstreamUnavailable
from sandbox.events.facts import FactSink
from sandbox.kafka.cluster import Cluster
from sandbox.kafka.producer import RecordProducer
from sandbox.kafka.publisher import Interception, KafkaPublisher
from sandbox.kafka.registry_client import RegistryClient
from sandbox.kafka.serializer import AvroDeserializer, AvroSerializer
from sandbox.kafka.values import TopicValues

__all__ = ["KafkaClients"]


class KafkaClients:
    """`producer` connects at its first use; the registry is used as the first of `registry_users` (passwords by user).
    Close when done."""

    def __init__(
        self,
        bootstrap_servers: str,
        registry_url: str | None,
        contracts: Contracts,
        names: Names,
        *,
        client_id: str,
        strict: bool,
        registry_users: Mapping[str, str] | None = None,
    ) -> None:
        self.contracts = contracts
        self.names = names
        self.cluster = Cluster(bootstrap_servers, names)
        user, password = next(iter((registry_users or {}).items()), (None, None))
        self._registry = lambda: (
            RegistryClient(registry_url, user=user, password=password) if registry_url else NoRegistry()
        )
        self.registry = self._registry()
        self.producer = RecordProducer(self.cluster, client_id=client_id)
        serializer = AvroSerializer(self.registry, contracts, names, strict=strict)
        self.values = TopicValues(contracts, serializer, AvroDeserializer(self.registry))

    def forget_schemas(self) -> None:
        """Ask the registry anew for all of them: it was emptied."""
        if isinstance(self.registry, RegistryClient):
            self.registry.forget()
        self.values.forget_schemas()

    def publisher(
        self, source: str, facts: FactSink, clock: Clock, *, interceptions: Sequence[Interception] = ()
    ) -> KafkaPublisher:
        return KafkaPublisher(
            self.producer, self.values, source=source, facts=facts, clock=clock, interceptions=interceptions
        )

    def fresh_registry(self) -> RegistryClient | NoRegistry:
        """A client that remembers nothing yet, so that its calls really go out. Close it."""
        return self._registry()

    async def close(self) -> None:
        await self.producer.stop()
        await self.registry.close()


class NoRegistry:
    """Stands where a RegistryClient would, in a sandbox that was started without a registry: every question fails."""

    async def _refuse(self, *_: Any) -> Any:
        raise UpstreamUnavailable(
            "this sandbox has no schema registry",
            where="schema-registry",
            hint="start it without `--without schema-registry`, or with `--replace schema-registry=URL`",
        )

    register = lookup = schema = latest = version = subjects = _refuse

    async def close(self) -> None:
        """There is nothing to close."""
