import json
from typing import Any

import pytest

from sandbox.clock import ManualClock
from sandbox.contracts.subject_strategy import SubjectStrategy
from sandbox.errors import AssertionFailed


async def test_a_record_is_completed_and_its_ids_are_known_to_later_steps(world: Any, play: Any) -> None:
    result = await play("""
scenario: s
steps:
  - publish: rim.fast-path
    as: alert
    key: rim:entity:finance:EURUSD
    value: {stress: 0.95, status: ALERT}
  - say: >-
      {{ alert.request_id }} {{ alert.correlation_id }} {{ alert.trace_id }} {{ alert.event_id }} {{ alert.key }}
      {{ alert.topic }}-{{ alert.partition }}@{{ alert.offset }} {{ alert.value.stress }} {{ alert.count }}
""")
    sent = world.published[0]
    trace, event_id = sent.trace, sent.value["event_id"]
    assert result.steps[1].title == (
        f"{trace.request_id} {trace.correlation_id} {trace.trace_id} {event_id} rim:entity:finance:EURUSD "
        "rim.fast-path-0@0 0.95 1"
    )
    assert result.steps[0].detail == "rim.fast-path-0@0" and sent.value["status"] == "ALERT"


async def test_many_records_differ_where_their_templates_do(world: Any, play: Any) -> None:
    result = await play("""
scenario: s
vars: {place: finance}
steps:
  - publish: rim.fast-path
    key: "rim:entity:{{ place }}:{{ choice('EUR', 'USD') }}{{ sequence }}"
    headers: {X-Number: "{{ sequence }}", X-Place: "{{ place }}"}
    partition: 3
    count: 3
    rate: 2/s
    value: {price: "{{ sequence / 2 }}"}
""")
    assert [each.value["price"] for each in world.published] == [0.5, 1.0, 1.5]
    assert [each.key[-1] for each in world.published] == ["1", "2", "3"]
    assert [each.value["rim_node_id"] for each in world.published] == [each.key for each in world.published]
    assert world.published[2].headers == (("X-Number", b"3"), ("X-Place", b"finance"))
    assert world.published[0].partition == 3
    assert result.steps[0].title == "publish 3 records to rim.fast-path at 2/s"
    assert result.steps[0].detail == "3 records sent, 2/s, the last rim.fast-path-3@2"
    assert result.took_ms == pytest.approx(1000)


@pytest.mark.parametrize(
    ("options", "sent"),
    [
        ("format: json\n    value: {a: [1, null], b: é}", '{"a":[1,null],"b":"é"}'.encode()),
        ("format: json\n    value: text", b'"text"'),
        ("format: raw\n    value: not avro", b"not avro"),
        ("format: raw\n    value: {hex: 00 00 00 00 63 ff}", b"\x00\x00\x00\x00\x63\xff"),
        ("format: raw\n    value: {base64: AAECAw==}", b"\x00\x01\x02\x03"),
        ("raw: not avro", b"not avro"),
        ("raw: {hex: 00ff}", b"\x00\xff"),
        ("raw: {text: '{{ sequence }}'}", b"1"),
        ("value: null", None),
        ("format: raw\n    value: 'n{{ sequence }}'", b"n1"),
    ],
)
async def test_values_are_encoded_as_the_step_says(options: str, sent: Any, world: Any, play: Any) -> None:
    result = await play(f"scenario: s\nsteps:\n  - publish: rim.fast-path\n    key: k\n    {options}\n")
    assert result.outcome == "passed" and world.published[0].value == sent


async def test_the_subject_of_an_avro_value_may_be_named_otherwise(world: Any, play: Any) -> None:
    await play("""
scenario: s
steps:
  - publish: rim.fast-path
  - publish: rim.fast-path
    subject-strategy: record-name
  - publish: rim.fast-path
    subject-strategy: topic-record-name
""")
    strategies = [strategy for _, strategy, _, _ in world.writers]
    assert strategies == [None, SubjectStrategy.RECORD_NAME, SubjectStrategy.TOPIC_RECORD_NAME]


async def test_json_topics_take_json(world: Any, play: Any) -> None:
    await play("scenario: s\nsteps:\n  - publish: audit.events\n    value: {auditId: a}\n")
    assert world.published[0].value == b'{"auditId":"a"}' and world.published[0].key is None


@pytest.mark.parametrize(
    ("options", "message", "where"),
    [
        ("format: raw\n    value: {hex: xyz}", "the value is not hex", "story.yaml:5"),
        ("format: raw\n    value: [1]", "a raw value is a text, {text: …}, {hex: …} or {base64: …}", "story.yaml:5"),
        ('value: "{{ 5 }}"', "value: expected the fields of RimFastEvent, found 5", "story.yaml:4"),
        ('value: {stress: "{{ 1 / 0 }}"}', "{{ 1 / 0 }}: division by zero", "story.yaml:4"),
        ("format: json\n    value: \"{{ ('1' ~ '0' * 400) | float }}\"", "the value is not JSON", "story.yaml:5"),
    ],
)
async def test_a_value_that_cannot_be_sent_fails_the_step_at_its_line(
    options: str, message: str, where: str, play: Any
) -> None:
    result = await play(f"scenario: s\nsteps:\n  - publish: rim.fast-path\n    {options}\n")
    failure = result.steps[0].failure
    assert message in failure.actual and (failure.where, failure.exit_code) == (where, 2)


async def test_ids_given_as_headers_are_the_records_ids(world: Any, play: Any) -> None:
    result = await play("""
scenario: s
steps:
  - publish: rim.fast-path
    as: alert
    headers: {x-request-id: req-mine}
  - say: "{{ alert.request_id }}"
""")
    assert result.steps[1].title == "req-mine"
    assert world.published[0].trace.correlation_id == result.correlation_id


async def test_kafka_away_fails_the_step_as_trouble_of_the_environment(world: Any, play: Any) -> None:
    world.kafka_down = True
    result = await play("scenario: s\nsteps:\n  - publish: rim.fast-path\n")
    assert (result.exit_code, result.steps[0].failure.actual) == (3, "Kafka is away")


async def test_the_background_goes_on_beside_other_steps_until_it_is_stopped(world: Any, play: Any) -> None:
    result = await play("""
scenario: s
steps:
  - publish: rim.fast-path
    as: traffic
    background: true
    rate: 10/s
  - wait: 1s
  - say: "{{ traffic.count }}"
  - stop: traffic
  - wait: 1s
""")
    assert [step.detail for step in result.steps if step.verb in ("publish", "stop")] == [
        "goes on",
        "10 records sent, 10/s",
    ]
    assert result.steps[2].title in ("10", "11") and len(world.published) == 10
    assert result.steps[0].title == "publish records to rim.fast-path at 10/s in the background"


async def test_what_still_runs_in_the_background_ends_with_the_steps(world: Any, play: Any) -> None:
    result = await play("""
scenario: s
steps:
  - publish: rim.fast-path
    as: traffic
    background: true
    rate: 10/s
    count: 1000
  - wait: 1s
finally:
  - wait: 5s
""")
    assert result.outcome == "passed" and len(world.published) == 10


async def test_trouble_in_the_background_is_told_when_it_is_stopped(world: Any, play: Any) -> None:
    text = """
scenario: s
steps:
  - publish: rim.fast-path
    as: traffic
    background: true
    rate: 10/s
  - wait: 1s
  - stop: traffic
"""
    result = await play(text, at={0.4: lambda: setattr(world, "kafka_down", True)})
    assert (result.steps[-1].verb, result.steps[-1].failure.actual) == ("stop", "Kafka is away")


async def test_trouble_in_the_background_is_told_at_the_end_at_the_latest(world: Any, play: Any) -> None:
    world.kafka_down = True
    result = await play("""
scenario: s
steps:
  - publish: rim.fast-path
    as: traffic
    background: true
    rate: 10/s
  - wait: 1s
""")
    assert (result.outcome, result.exit_code) == ("failed", 3)
    last = result.steps[-1]
    assert (last.title, last.where, last.failure.actual) == ("publish traffic", "story.yaml:4", "Kafka is away")
    assert last.failure.exit_code != AssertionFailed.exit_code


FILES = {"rows.csv": "node,stress\nA,0.1\nB,0.2\nC,0.3\n", "rows.jsonl": '{"stress": 0.5}\n{"stress": 0.75}\n'}


async def test_each_row_of_a_file_is_a_record(world: Any, play: Any) -> None:
    result = await play(
        """
scenario: s
steps:
  - publish: rim.fast-path
    from: rows.csv
    key: "rim:entity:finance:{{ row.node }}"
    value: {stress: "{{ row.stress * 2 }}"}
""",
        files=FILES,
    )
    assert [(each.key[-1], each.value["stress"]) for each in world.published] == [("A", 0.2), ("B", 0.4), ("C", 0.6)]
    assert result.steps[0].title == "publish 3 records to rim.fast-path from rows.csv"


async def test_a_row_is_the_value_and_a_larger_count_begins_again(world: Any, play: Any) -> None:
    await play(
        "scenario: s\nsteps:\n  - publish: rim.fast-path\n    key: k\n    from: rows.jsonl\n    count: 3\n", files=FILES
    )
    assert [each.value["stress"] for each in world.published] == [0.5, 0.75, 0.5]
    assert world.published[0].value["rim_node_id"] == "k", "what a row leaves out is filled in"


async def test_in_the_background_a_file_is_sent_once(world: Any, play: Any) -> None:
    await play(
        """
scenario: s
steps:
  - publish: rim.fast-path
    as: rows
    from: rows.jsonl
    rate: 10/s
    background: true
  - wait: 5s
""",
        files=FILES,
    )
    assert len(world.published) == 2


async def test_a_row_that_does_not_fit_is_named(play: Any) -> None:
    result = await play(
        "scenario: s\nsteps:\n  - publish: rim.fast-path\n    from: bad.jsonl\n",
        files={"bad.jsonl": '{"stress": 1}\n{"stres": 1}\n'},
    )
    failure = result.steps[0].failure
    assert failure.actual == "value: RimFastEvent has no field 'stres' (row bad.jsonl:2)"


@pytest.mark.parametrize(
    ("poison", "value"),
    [("bad-magic", b"\x7f23"), ("undecodable", b"\xff" * 16), ("wrong-schema", b"not for rim.fast-path")],
)
async def test_poison_is_a_record_that_nobody_can_read(poison: str, value: bytes, world: Any, play: Any) -> None:
    result = await play(f"scenario: s\nsteps:\n  - publish: rim.fast-path\n    raw: '123'\n    poison: {poison}\n")
    assert world.published[0].value == value
    assert result.steps[0].title == f"publish 1 record to rim.fast-path with {poison}"


async def test_a_schema_of_the_registry_writes_the_value(world: Any, play: Any) -> None:
    fields = [{"name": "order_id", "type": "string"}, {"name": "amount", "type": "double", "default": 1.5}]
    world.registered["orders-value", 3] = {"type": "record", "name": "Order", "fields": fields}
    text = "scenario: s\ntopics: [orders]\nsteps:\n  - publish: orders\n    schema: orders-value:3\n    value: {}\n"
    await play(text.format("{order_id: o-1}"))
    assert world.published[0].value == {"order_id": "o-1", "amount": 1.5}
    result = await play(text.format("{order: o-1}"))
    assert "Order has no field 'order'" in result.steps[0].failure.actual
    assert result.steps[0].failure.where == "story.yaml:6"


@pytest.mark.parametrize(
    ("pace", "count", "took_s", "title"),
    [
        ("ramp: 10/s to 30/s\n    count: 40", 40, 2.0, "40 records to rim.fast-path at 10/s to 30/s"),
        ("ramp: 0/s to 20/s\n    for: 2s", 20, 1.95, "records to rim.fast-path at 0/s to 20/s for 2s"),
        ("burst: 5 every 2s\n    for: 5s", 15, 4.0, "records to rim.fast-path in bursts of 5 every 2s for 5s"),
        ("rate: 10/s\n    for: 2s", 20, 1.9, "records to rim.fast-path at 10/s for 2s"),
        ("rate: '{{ 5 * 2 }}/s'\n    count: 11", 11, 1.0, "11 records to rim.fast-path at 10/s"),
        ("stages: [to 10/s over 2s, 10/s for 1s]", 20, 2.9, "records to rim.fast-path at up to 10/s for 3s"),
    ],
)
async def test_a_pace_may_change(pace: str, count: int, took_s: float, title: str, world: Any, play: Any) -> None:
    result = await play(f"scenario: s\nsteps:\n  - publish: rim.fast-path\n    {pace}\n")
    assert len(world.published) == count
    assert result.took_ms / 1000 == pytest.approx(took_s, abs=0.1)
    assert result.steps[0].title == f"publish {title}"


async def test_some_come_twice_and_some_late(world: Any, play: Any) -> None:
    result = await play("""
scenario: s
steps:
  - publish: audit.events
    key: k
    count: 10
    duplicates: every 5
    out-of-order: every 4
    value: {n: "{{ sequence }}"}
""")
    assert [json.loads(each.value)["n"] for each in world.published] == [1, 2, 3, 5, 5, 4, 6, 7, 9, 8, 10, 10]
    assert world.published[3] is world.published[4], "the same record with the same ids"
    assert "12 records sent, 2 of them twice, 2 out of order" in result.steps[0].detail


@pytest.mark.parametrize("seed", [3, 4])
async def test_the_same_seed_gives_the_same_traffic_byte_for_byte(seed: int, world: Any, play: Any) -> None:
    text = """
scenario: s
steps:
  - publish: audit.events
    as: noise
    background: true
    rate: 7/s
    value: {x: "{{ random.uniform(0, 1) }}"}
  - publish: rim.fast-path
    key: "rim:entity:finance:{{ choice('EUR', 'USD', 'JPY') }}"
    headers: {X-Number: "{{ random.int(1, 6) }}"}
    count: 50
    rate: 20/s
    jitter: 50%
    duplicates: 10%
    out-of-order: 10%
    format: json
    value:
      price: "{{ random.gauss(1, 0.1) }}"
      wait: "{{ random.exponential(2) }}"
      status: "{{ random.choice(['OK', 'ALERT']) }}"
      at: "{{ now() }}"
"""

    async def traffic(seed: int) -> list[Any]:
        world.published.clear()
        world.clock = ManualClock()
        await play(text, seed=seed)
        return [(each.topic, each.key, each.value, each.headers) for each in world.published]

    first = await traffic(seed)
    assert len(first) > 50 and await traffic(seed) == first
    assert await traffic(seed + 1) != first
