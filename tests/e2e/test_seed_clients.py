"""The seed's own clients against a running sandbox: its producer's settings, its listener, its JavaScript."""

from __future__ import annotations

import json
import shutil
import subprocess
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from confluent_kafka import Consumer, Producer
from confluent_kafka.schema_registry import SchemaRegistryClient
from confluent_kafka.schema_registry.avro import AvroDeserializer, AvroSerializer
from confluent_kafka.serialization import MessageField, SerializationContext

from sandbox.contracts.catalog import Contracts

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]

TOPIC = "rim.fast-path"
VALUE = SerializationContext(TOPIC, MessageField.VALUE)
JAVASCRIPT = Path(__file__).parents[1] / "services" / "plato"


def event(event_id: str, local_id: str) -> dict[str, Any]:
    return {
        "rim_node_id": f"rim:entity:finance:{local_id}", "event_id": event_id, "instrument_id": None,
        "vector_timestamp": {"event_ts_ms": 1_733_220_000_000, "ingest_ts_ms": 1_733_220_000_005, "logical_clock": 0},
        "critical_metrics": {"spread": 2.5}, "price": 1.05, "volume": None, "stress": 0.1, "status": "OK",
        "source_topic": None, "metadata": None,
    }  # fmt: skip


def publish(bootstrap_servers: str, registry_url: str, value: dict[str, Any]) -> None:
    """What the seed's `KafkaTemplate<String, RimFastEvent>` does: acks=all, idempotence, 3 retries, Avro."""
    delivered: list[Any] = []
    with SchemaRegistryClient({"url": registry_url}) as registry:
        serialize = AvroSerializer(registry, json.dumps(Contracts.load().schemas["RimFastEvent"]))
        producer = Producer(
            {"bootstrap.servers": bootstrap_servers, "acks": "all", "enable.idempotence": True, "retries": 3}
        )
        producer.produce(
            TOPIC, key=value["rim_node_id"], value=serialize(value, VALUE),
            on_delivery=lambda error, message: delivered.append(error),
        )  # fmt: skip
        assert producer.flush(20) == 0
    assert delivered == [None]


def listen(bootstrap_servers: str, registry_url: str, event_id: str, limit_s: float = 30.0) -> dict[str, Any]:
    """The seed's listener in a group of its own: decoded events, until the one that is looked for."""
    settings = {"bootstrap.servers": bootstrap_servers, "group.id": f"reader-of-{event_id}"}
    consumer = Consumer({**settings, "auto.offset.reset": "earliest"})
    with SchemaRegistryClient({"url": registry_url}) as registry:
        deserialize = AvroDeserializer(registry)
        consumer.subscribe([TOPIC])
        try:
            for _ in range(int(limit_s)):
                for message in consumer.consume(100, timeout=1.0):
                    assert message.error() is None
                    found = deserialize(message.value(), VALUE)
                    if found["event_id"] == event_id:
                        assert message.key().decode() == found["rim_node_id"]
                        return found
        finally:
            consumer.close()
    raise AssertionError(f"{event_id} did not come within {limit_s} s")


def ask(url: str) -> Any:
    with urllib.request.urlopen(url, timeout=10) as answer:
        return json.loads(answer.read())


@pytest.mark.spec("PRODUCER-RETRIES", "PRODUCER-TYPES", "KAFKA-AVRO", "CONSUMER-AVRO", "KAFKA-GROUPS")
def test_what_the_seeds_producer_publishes_every_group_reads(
    shared: tuple[Any, dict[str, Any]], wait_for: Callable[..., Any]
) -> None:
    _, status = shared
    kafka, registry, capsule, odyssey = (
        status["endpoints"][name] for name in ("kafka", "schema_registry", "capsule", "odyssey")
    )
    sent = event("evt-seed-producer", "SEEDPRODUCER")
    publish(kafka, registry, sent)
    assert listen(kafka, registry, sent["event_id"]) == sent

    def consumed(service: str) -> Any:
        found = ask(f"{service}/api/v1/events?size=200")["data"]
        return [each["outcome"] for each in found if each["eventId"] == sent["event_id"]]

    wait_for(lambda: consumed(capsule) == consumed(odyssey) == ["processed"])
    [stored] = ask(f"{capsule}/api/v1/history/{sent['rim_node_id']}")["data"]
    assert stored["content"]["dynamics"]["price"] == 1.05
    assert ask(f"{odyssey}/api/v1/entities/{sent['rim_node_id']}")["data"]["stress"]["stressScore"] == 0.1


@pytest.mark.node
@pytest.mark.spec("JS-CONNECT", "JS-PLAN-COMPLETED", "PRODUCER-BOOTSTRAP", "PRODUCER-REGISTRY", "OVERVIEW-WEBSOCKET")
def test_the_seeds_clients_run_word_for_word_on_its_own_addresses(cli: Any, tmp_path: Path) -> None:
    """On localhost:9092, :8081 and :8080; another sandbox or program on one of these ports fails this test by name."""
    node = shutil.which("node")
    assert node, "the node tests need Node.js 20.10 or later: there is no node on the PATH"
    done = cli.run("up", "--ports", "default")
    assert done.code == 0, f"the seed's addresses need the default ports:\n{done.err}"
    sent = event("evt-word-for-word", "WORDFORWORD")
    publish("localhost:9092", "http://localhost:8081", sent)
    assert listen("localhost:9092", "http://localhost:8081", sent["event_id"]) == sent
    page = tmp_path / "page.cjs"
    page.write_text(
        "\n".join((JAVASCRIPT / name).read_text(encoding="utf-8") for name in ("seed_page.js", "seed_client.js")),
        encoding="utf-8",
    )
    ran = subprocess.run(
        [node, "--experimental-websocket", "--no-warnings", str(page)], capture_output=True, text=True, timeout=60
    )
    print(ran.stdout)
    assert (ran.returncode, ran.stderr) == (0, "")
    started = [line for line in ran.stdout.splitlines() if line.startswith("Step ") and line.endswith(" started")]
    assert len(started) == 4
    run, _, artifacts = ran.stdout.partition("Plan completed successfully\nArtifacts: ")
    assert run.startswith("Connected to plan execution stream\n")
    assert json.loads(artifacts)[0]["type"] == "DECISION_REPORT"
