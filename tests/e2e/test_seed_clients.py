"""The seed's own clients against a running sandbox: its producer, its listener and its JavaScript.

Word for word they run on the seed's addresses, localhost:9092, :8081 and :8080: whoever holds one of these ports makes
those tests fail, by name.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import subprocess
import textwrap
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
from sandbox.control.quick_client import QuickClient

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]

TOPIC = "rim.fast-path"
VALUE = SerializationContext(TOPIC, MessageField.VALUE)
JAVASCRIPT = Path(__file__).parents[1] / "services" / "plato"
SPRING = Path(__file__).parent / "spring"
SCHEMAS = Path(__file__).parents[2] / "sandbox" / "contracts" / "schemas"


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


@pytest.mark.parametrize(
    ("source", "digest"),
    [
        (JAVASCRIPT / "seed_client.js", "32a9260910719092"),
        (SPRING / "src/main/java/seed/FastPathProducer.java", "2ea5b2ae55349fce"),
        (SPRING / "src/main/java/seed/FastPathListener.java", "4cd8048429fe6bdd"),
        (SPRING / "src/main/java/seed/HistoryService.java", "ba7de9543e66488d"),
    ],
    ids=lambda value: getattr(value, "name", ""),
)
def test_what_runs_word_for_word_is_still_the_seeds_words(source: Path, digest: str) -> None:
    """The sandbox is mended when these fail, never the words: in Java those between the lines `// ----`."""
    text = source.read_text(encoding="utf-8")
    if source.suffix == ".java":
        text = textwrap.dedent(text.split("// ----\n")[1].rpartition("\n")[0])
    assert hashlib.sha256(text.rstrip().encode()).hexdigest().startswith(digest)


def up_on_the_seeds_addresses(cli: Any, *options: str) -> None:
    done = cli.run("up", "--ports", "default", *options)
    assert done.code == 0, f"the seed's addresses need the default ports:\n{done.err}"


@pytest.mark.node
@pytest.mark.spec("JS-CONNECT", "JS-PLAN-COMPLETED", "OVERVIEW-WEBSOCKET")
def test_the_seeds_javascript_runs_word_for_word_on_its_own_address(
    cli: Any, node: tuple[str, ...], tmp_path: Path
) -> None:
    up_on_the_seeds_addresses(cli)
    page = tmp_path / "page.cjs"
    page.write_text(
        "\n".join((JAVASCRIPT / name).read_text(encoding="utf-8") for name in ("seed_page.js", "seed_client.js")),
        encoding="utf-8",
    )
    ran = subprocess.run([*node, str(page)], capture_output=True, text=True, timeout=60)
    print(ran.stdout)
    assert (ran.returncode, ran.stderr) == (0, "")
    started = [line for line in ran.stdout.splitlines() if line.startswith("Step ") and line.endswith(" started")]
    assert len(started) == 4
    run, _, artifacts = ran.stdout.partition("Plan completed successfully\nArtifacts: ")
    assert run.startswith("Connected to plan execution stream\n")
    assert json.loads(artifacts)[0]["type"] == "DECISION_REPORT"


@pytest.fixture(scope="module")
def spring(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The class path of the seed's Java in a Spring Kafka application, built by Maven."""
    out = tmp_path_factory.mktemp("spring")
    goals = ["compile", "dependency:copy-dependencies"]
    built = subprocess.run(
        ["mvn", "-B", "-q", "-f", str(SPRING / "pom.xml"), f"-Dout={out}", f"-Dschemas={SCHEMAS}", *goals],
        capture_output=True, text=True, timeout=280,
    )  # fmt: skip
    assert built.returncode == 0, built.stdout
    return f"{out / 'classes'}:{out / 'dependency'}/*"


@pytest.mark.java
@pytest.mark.spec("PRODUCER-BOOTSTRAP", "PRODUCER-REGISTRY", "PRODUCER-RETRIES", "PRODUCER-TYPES")
@pytest.mark.spec("CONSUMER-TOPIC", "CONSUMER-GROUP", "CONSUMER-AVRO", "REGISTRY-EVOLUTION")
def test_the_seeds_java_runs_word_for_word_in_the_place_of_odyssey(
    cli: Any, spring: str, wait_for: Callable[..., Any]
) -> None:
    """KafkaTemplate and @KafkaListener in group `odyssey-reflex`.

    Java registers its own schema, with `avro.java.string`, as the subject's next version, and CAPSULE reads that too.
    """
    up_on_the_seeds_addresses(cli, "--without", "odyssey")
    ran = subprocess.run(["java", "-cp", spring, "seed.FastPathMain"], capture_output=True, text=True, timeout=90)
    print(ran.stdout, ran.stderr)
    assert ran.returncode == 0, ran.stderr
    published, evaluated = ran.stdout.splitlines()
    assert published.startswith("published rim.fast-path-")
    found = json.loads(evaluated.removeprefix("evaluated "))
    assert (found["rim_node_id"], found["event_id"], found["price"]) == (
        "rim:entity:finance:SPRING",
        "evt-spring",
        1.05,
    )
    assert ask("http://localhost:8081/subjects/rim.fast-path-value/versions") == [1, 2]
    wait_for(lambda: ask("http://localhost:8083/api/v1/history/rim:entity:finance:SPRING")["data"])


class History:
    """The seed's `getHistory` behind Resilience4j's annotations, asked over standard input."""

    def __init__(self, classpath: str, capsule_url: str, log: Path) -> None:
        self._log = log
        environ = {**os.environ, "CAPSULE_URL": capsule_url}
        command = ["java", "-cp", classpath, "seed.HistoryMain"]
        with log.open("w") as stderr:
            self._process = subprocess.Popen(
                command, env=environ, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=stderr, text=True
            )
        assert self._answer() == "ready CLOSED"

    def ask(self, scope: str) -> str:
        assert self._process.stdin
        self._process.stdin.write(f"{scope}\n")
        self._process.stdin.flush()
        return self._answer()

    def fallbacks(self) -> list[str]:
        return re.findall("WARN seed.HistoryService - Fallback for getHistory: (.*)", self._log.read_text("utf-8"))

    def close(self) -> None:
        self._process.communicate(timeout=30)

    def _answer(self) -> str:
        assert self._process.stdout
        line = self._process.stdout.readline().rstrip()
        assert line, self._log.read_text("utf-8")
        return line


@pytest.mark.java
@pytest.mark.spec("BREAKER-NAME", "BREAKER-OPENS", "BREAKER-CLOSES", "BREAKER-TIME-LIMIT", "BREAKER-HISTORY")
@pytest.mark.spec("FALLBACK-CALLED", "FALLBACK-LOG", "FALLBACK-EMPTY")
def test_the_seeds_breaker_runs_word_for_word_against_a_capsule_that_fails_and_comes_back(
    cli: Any, spring: str, wait_for: Callable[..., Any], tmp_path: Path
) -> None:
    status = cli.ok(
        "up", "--ports", "auto", "--only", "schema-registry", "--only", "capsule", "--isolate", "--json"
    ).json
    url, scope = status["endpoints"]["capsule"], "rim:entity:energy:BRENT"
    token = (cli.state_root / status["name"] / "token").read_text("ascii").strip()
    control = QuickClient(status["endpoints"]["control"], token, timeout_s=30)
    history = History(spring, url, tmp_path / "spring.log")
    try:
        assert history.ask(scope) == "5 CLOSED", "the five capsules that every sandbox begins with"
        control.post("/v1/components/capsule/pause", {})
        assert history.ask(scope) == "0 CLOSED"
        assert "1000ms" in history.fallbacks()[-1], "given up after its time limit"
        control.post("/v1/components/capsule/resume", {})
        control.post("/v1/components/capsule/stop", {})
        assert [history.ask(scope) for _ in range(3)] == ["0 CLOSED", "0 CLOSED", "0 OPEN"], "4 of 5 have failed"
        assert history.ask(scope) == "0 OPEN"
        assert history.fallbacks()[-1] == "CircuitBreaker 'capsule' is OPEN and does not permit further calls"
        control.post("/v1/components/capsule/start", {})
        wait_for(lambda: history.ask(scope) == "5 CLOSED", limit_s=20)
    finally:
        history.close()
