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


TOPIC = "name: a, format: json, partitions: 1, retention_days: 1"
AVRO = "name: a, format: avro, partitions: 1, retention_days: 1"


@pytest.mark.parametrize(
    ("topics", "line", "message", "hint"),
    [
        ("topics:\n  - {name: [", 2, "is not YAML", None),
        ("topics:\n- {name: a, format: xml, partitions: 1, retention_days: 1}", 2, "format: .*'avro' or 'json'", None),
        ("topics:\n- {name: a, format: json, partitions: 0, retention_days: 1}", 2, "partitions: .* 1", None),
        ("topics:\n- name: a\n  partitons: 1\n  format: json", 2, "partitions is missing", "known keys: name, key"),
        (f"topics:\n- {{{TOPIC}}}\n- {{{TOPIC}x}}", 3, "retention_days: .* valid number", None),
        (
            f"topics:\n- {{{TOPIC},\n   retention_day: 1}}",
            3,
            "unknown key 'retention_day'",
            "did you mean retention_days",
        ),
        (f"dead_letter: {{}}\ntopics: [{{{TOPIC}}}]", 1, "unknown key 'dead_letter'", "did you mean dead_letters?"),
        (f"dead_letters: {{partition: 3}}\ntopics: [{{{TOPIC}}}]", 1, "unknown key 'partition'", "mean partitions?"),
        (
            f"topics:\n- {{{AVRO}, schema: RimFastEven}}",
            2,
            "a names the schema RimFastEven",
            "did you mean RimFastEvent",
        ),
        (f"topics:\n- {{{AVRO}, schema: ../../secret}}", 2, "schema: ", None),
        (f"topics:\n- {{{AVRO}}}", 2, "an avro topic needs `schema`", None),
        (f"topics:\n- {{{TOPIC}, schema: RimFastEvent}}", 2, "no use for `schema`", None),
        (f"topics:\n- {{{TOPIC}}}\n- {{{TOPIC}}}", 3, "topic a is there already", None),
        ("", 0, "is empty", "docs/contracts.md"),
    ],
)
def test_a_mistake_in_the_topics_file_is_told_with_its_line_and_the_way_out(
    folder: Path, topics: str, line: int, message: str, hint: str | None
) -> None:
    file = folder / "topics.yaml"
    file.write_text(topics, encoding="utf-8")
    with pytest.raises(InvalidFile, match=message) as caught:
        Contracts.load(folder)
    assert caught.value.exit_code == 2
    assert (caught.value.where or "").startswith(f"{file}:{line}" if line else str(file))
    assert (hint or "") in (caught.value.hint or "")


def test_a_folder_of_ones_own_replaces_the_built_in_contracts(folder: Path) -> None:
    (folder / "topics.yaml").write_text(f"topics: [{{{TOPIC}, dead_letters: true}}]", encoding="utf-8")
    assert list(Contracts.load(folder).topics) == ["a", "a.dlq"]
    assert "rim.fast-path" in Contracts.load(BUILT_IN).topics


def test_a_folder_that_is_not_there_or_has_no_topics_says_where_to_start_from(folder: Path) -> None:
    (folder / "topics.yaml").unlink()
    for place, message in ((folder / "nowhere", "there is no such folder"), (folder, "is missing")):
        with pytest.raises(InvalidFile, match=message) as caught:
            Contracts.load(place)
        assert str(place) in (caught.value.where or "") and "topics.yaml" in (caught.value.hint or "")


def test_a_file_may_not_lead_out_of_the_folder(folder: Path, tmp_path: Path) -> None:
    secret = tmp_path / "secret.avsc"
    secret.write_text('{"type": "record", "name": "Secret", "fields": []}', encoding="utf-8")
    link = folder / "schemas" / "Secret.avsc"
    link.symlink_to(secret)
    with pytest.raises(InvalidFile, match="leads out of the contracts folder") as caught:
        Contracts.load(folder)
    assert caught.value.where == str(link)
    link.unlink()
    link.symlink_to(folder / "schemas" / "RimFastEvent.avsc")
    assert "Secret" in Contracts.load(folder).schemas, "a link inside the folder is none of anybody's business"
    (folder / "topics.yaml").rename(tmp_path / "topics.yaml")
    (folder / "topics.yaml").symlink_to(tmp_path / "topics.yaml")
    with pytest.raises(InvalidFile, match="leads out"):
        Contracts.load(folder)


def test_a_folder_of_schemas_may_not_lead_out_either(folder: Path, tmp_path: Path) -> None:
    (folder / "schemas").rename(tmp_path / "elsewhere")
    (folder / "schemas").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(InvalidFile, match="leads out"):
        Contracts.load(folder)


@pytest.mark.parametrize(
    ("text", "place", "message"),
    [('{"type": "record",\n "name": }', ":2:10", "is not JSON"), ('"string"', "", "must be a record")],
)
def test_a_schema_that_is_no_record_in_json_is_named(folder: Path, text: str, place: str, message: str) -> None:
    file = folder / "schemas" / "RimFastEvent.avsc"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(InvalidFile, match=message) as caught:
        Contracts.load(folder)
    assert caught.value.where == f"{file}{place}"
