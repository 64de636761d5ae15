"""What the control API tells of Kafka while there is none: the truth, before whoever asks has stopped waiting."""

from __future__ import annotations

import inspect
import socket
from collections.abc import Iterator

import pytest

from sandbox.clock import ManualClock
from sandbox.contracts.catalog import Contracts
from sandbox.contracts.names import Names
from sandbox.control.quick_client import QuickClient
from sandbox.events.facts import Fact
from sandbox.kafka import cluster, dlq_reader
from sandbox.kafka.cluster import ASKED_CONNECT_LIMIT_S, KafkaUnavailable
from sandbox.kafka.dlq_reader import DlqReader
from sandbox.runtime import topics_view
from sandbox.runtime.kafka_clients import KafkaClients
from sandbox.runtime.topics_view import TopicsView


@pytest.fixture
def clients(monkeypatch: pytest.MonkeyPatch) -> Iterator[KafkaClients]:
    """Of a Kafka on a port that is taken and not listened on."""
    for module in (cluster, topics_view, dlq_reader):
        monkeypatch.setattr(module, "ASKED_CONNECT_LIMIT_S", 0.2)
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        servers = f"127.0.0.1:{taken.getsockname()[1]}"
        yield KafkaClients(servers, None, Contracts.load(), Names(), client_id="test", strict=False)


def test_whoever_asks_the_control_api_waits_longer_than_the_engine() -> None:
    assert inspect.signature(QuickClient).parameters["timeout_s"].default > ASKED_CONNECT_LIMIT_S


class NoFacts:
    def record(self, fact: Fact) -> None:
        raise AssertionError(f"nothing has happened: {fact}")


async def test_topics_are_told_to_be_out_of_reach(clients: KafkaClients) -> None:
    view = TopicsView(clients, NoFacts(), ManualClock())
    with pytest.raises(KafkaUnavailable, match="does not answer while connecting"):
        await view.all()
    with pytest.raises(KafkaUnavailable):
        await view.publish("rim.fast-path", value={}, value_base64=None, key=None, headers={}, partition=None)


async def test_dead_letters_are_told_to_be_out_of_reach(clients: KafkaClients) -> None:
    reader = DlqReader(clients.cluster)
    with pytest.raises(KafkaUnavailable, match="does not answer while starting to read"):
        await reader.ends()
    await reader.close()
