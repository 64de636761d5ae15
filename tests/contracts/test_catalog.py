from pathlib import Path

import fastavro
import pytest

from sandbox.contracts.catalog import BUILT_IN, DAY_MS, Contracts
from sandbox.errors import InvalidFile

EXPECTED = {
    "rim.fast-path": (12, 7), "perception.events": (6, 30), "perception.signals": (6, 14), "capsule.snapshots": (6, 30),
    "odyssey.paths": (6, 14), "odyssey.actors": (3, 14), "plato.plans": (3, 90), "plato.governance": (3, 90),
    "audit.events": (1, 90), "ecosystem.circuit-breaker.events": (3, 7),
}  # fmt: skip


@pytest.mark.spec("CONSUMER-TOPIC")
def test_the_built_in_topics_have_the_platforms_partitions_and_retention() -> None:
    topics = Contracts.load().topics
    found = {name: (topic.partitions, topic.retention_ms // DAY_MS) for name, topic in topics.items()}
    assert {name: found[name] for name in EXPECTED} == EXPECTED


def test_every_consumed_topic_has_a_dead_letter_topic() -> None:
    topics = Contracts.load().topics
    for name in ("rim.fast-path", "perception.events", "perception.signals", "capsule.snapshots", "odyssey.paths"):
        dead = topics[f"{name}.dlq"]
        assert (dead.partitions, dead.retention_ms, dead.format, dead.is_dead_letters) == (3, 90 * DAY_MS, "json", True)


def test_every_avro_topic_has_a_schema_that_parses() -> None:
    pairs = list(Contracts.load().avro_topics())
    assert len(pairs) == 8
    for _, schema in pairs:
        fastavro.parse_schema(schema)


@pytest.mark.spec("PRODUCER-TYPES")
def test_the_fast_event_is_the_platforms() -> None:
    schema = Contracts.load().schema_of("rim.fast-path")
    assert schema and f"{schema['namespace']}.{schema['name']}" == "com.z254.butterfly.common.hft.avro.RimFastEvent"
    assert [field["name"] for field in schema["fields"]] == [
        "rim_node_id", "event_id", "instrument_id", "vector_timestamp", "critical_metrics", "price", "volume", "stress",
        "status", "source_topic", "metadata",
    ]  # fmt: skip


def folder_with(tmp_path: Path, topics: str) -> Path:
    (tmp_path / "schemas").mkdir()
    (tmp_path / "topics.yaml").write_text(topics, encoding="utf-8")
    return tmp_path


HEAD = "dead_letters: {key: original key, format: json, partitions: 3, retention_days: 90}\n"


@pytest.mark.parametrize(
    ("topics", "message"),
    [
        ("topics: [", "is not YAML"),
        (HEAD + "topics: [{name: a, format: xml, partitions: 1, retention_days: 1}]", "format"),
        (HEAD + "topics: [{name: a, format: json, partitions: 0, retention_days: 1}]", "partitions"),
        (HEAD + "topics: [{name: a, format: json, partitons: 1, retention_days: 1}]", "partit"),
        (HEAD + "topics: [{name: a, format: avro, schema: Gone, partitions: 1, retention_days: 1}]", "Gone"),
    ],
)
def test_a_wrong_topics_file_is_named_with_the_place(tmp_path: Path, topics: str, message: str) -> None:
    with pytest.raises(InvalidFile, match=message) as caught:
        Contracts.load(folder_with(tmp_path, topics))
    assert "topics.yaml" in (caught.value.where or "")


def test_a_folder_of_ones_own_replaces_the_built_in_contracts(tmp_path: Path) -> None:
    folder = folder_with(tmp_path, HEAD + "topics: [{name: orders, format: json, partitions: 2, retention_days: 1}]")
    assert list(Contracts.load(folder).topics) == ["orders"]
    assert "rim.fast-path" in Contracts.load(BUILT_IN).topics
