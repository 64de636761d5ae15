"""One process's connections to Kafka and the registry, shared by everything in it that publishes or decodes."""

from __future__ import annotations

from sandbox.clock import Clock
from sandbox.contracts.catalog import Contracts
from sandbox.contracts.names import Names
from sandbox.events.facts import FactSink
from sandbox.kafka.cluster import Cluster
from sandbox.kafka.producer import RecordProducer
from sandbox.kafka.publisher import KafkaPublisher
from sandbox.kafka.registry_client import RegistryClient
from sandbox.kafka.serializer import AvroDeserializer, AvroSerializer
from sandbox.kafka.values import TopicValues

__all__ = ["KafkaClients"]


class KafkaClients:
    """`producer` connects at its first use. Close when done."""

    def __init__(
        self,
        bootstrap_servers: str,
        registry_url: str | None,
        contracts: Contracts,
        names: Names,
        *,
        client_id: str,
        strict: bool,
    ) -> None:
        self.contracts = contracts
        self.names = names
        self.cluster = Cluster(bootstrap_servers, names)
        self.registry = RegistryClient(registry_url or "http://127.0.0.1:8081")
        self.producer = RecordProducer(self.cluster, client_id=client_id)
        serializer = AvroSerializer(self.registry, contracts, names, strict=strict)
        self.values = TopicValues(contracts, serializer, AvroDeserializer(self.registry))

    def publisher(self, source: str, facts: FactSink, clock: Clock) -> KafkaPublisher:
        return KafkaPublisher(self.producer, self.values, source=source, facts=facts, clock=clock)

    async def close(self) -> None:
        await self.producer.stop()
        await self.registry.close()
