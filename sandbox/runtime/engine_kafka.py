"""The engine's own use of Kafka: its clients, topics, groups, dead letters and what the ledger asks of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from sandbox.clock import Clock
from sandbox.config.folders import StateFolder
from sandbox.contracts.names import Names
from sandbox.kafka.dlq_reader import DlqReader
from sandbox.kafka.groups import GroupsAdmin
from sandbox.observe.journal import Journal
from sandbox.observe.ledger import Ledger
from sandbox.runtime.dlq.desk import DlqDesk
from sandbox.runtime.dlq.ports import Health
from sandbox.runtime.groups_view import GroupsView
from sandbox.runtime.kafka_clients import KafkaClients
from sandbox.runtime.ledger_feed import LedgerFeed
from sandbox.runtime.plan import EnginePlan
from sandbox.runtime.recorder import Recorder
from sandbox.runtime.records_view import RecordsView
from sandbox.runtime.services_link import ServicesLink
from sandbox.runtime.team_contracts import load_contracts
from sandbox.runtime.topic_counts import TopicCounts
from sandbox.runtime.topics_view import TopicsView

__all__ = ["EngineKafka"]


class EngineKafka:
    """Imported once Kafka listens: all this takes as long to load as the rest of the engine, while the JVM needs the
    processor. `processes` gives all processes of services, `running` those that run now, `joined` the consumer groups
    that they report; `outgoing` is what stands between Kafka and what people publish. Close when done."""

    def __init__(
        self,
        plan: EnginePlan,
        journal: Journal,
        ledger: Ledger,
        clock: Clock,
        *,
        processes: Callable[[], Sequence[ServicesLink]],
        running: Callable[[], Sequence[ServicesLink]],
        joined: Callable[[], Mapping[str, Mapping[str, Any]]],
        health: Health,
        outgoing: Sequence[Any] = (),
    ) -> None:
        self.clients = KafkaClients(
            plan.local_bootstrap_servers,
            plan.local_url("schema-registry"),
            load_contracts(plan.contracts),
            Names(),
            client_id="engine",
            strict=True,
            registry_users=plan.registry_users,
        )
        cluster = self.clients.cluster
        self.counts = TopicCounts(cluster, joined, clock)
        self.topics = TopicsView(self.clients, journal, clock, outgoing)
        self.records = RecordsView(self.clients)
        self.groups = GroupsView(lambda: GroupsAdmin(cluster), processes, running, ledger, journal, clock)
        self.desk = DlqDesk(
            DlqReader(cluster),
            self.clients.publisher("dlq", journal, clock),
            journal,
            clock,
            StateFolder(Path(plan.state_dir)).stores / "dlq.db",
            health,
            self.clients.values,
        )
        self.ledger_feed = LedgerFeed(ledger, cluster, joined)
        self.recorder = Recorder(self.clients, self.topics, running, journal, clock)

    async def close(self) -> None:
        await self.recorder.close()
        await self.desk.stop()
        await self.counts.close()
        await self.clients.close()
