"""A topic's contract decides how its values are written, read and shown."""

from __future__ import annotations

from typing import Any

import pytest

from sandbox.contracts.catalog import Contracts
from sandbox.contracts.dead_letter import FailureCategory, RecordFailure
from sandbox.contracts.framing import frame, schema_id_of
from sandbox.contracts.poison import Poison, least_value
from sandbox.contracts.subject_strategy import SubjectStrategy
from sandbox.errors import UsageError
from sandbox.kafka.values import TopicValues, View


@pytest.mark.spec("KAFKA-AVRO")
async def test_an_avro_topic_is_written_as_avro_and_others_as_json(
    values: TopicValues, fast_path: dict[str, Any]
) -> None:
    assert schema_id_of(await values.encode("rim.fast-path", fast_path)) is not None
    assert await values.encode("audit.events", {"a": "ü"}) == b'{"a":"\xc3\xbc"}'
    assert await values.encode("my.own", {"a": 1}) == b'{"a":1}'


@pytest.mark.parametrize("value", [{"a": object()}, {"a": float("nan")}])
async def test_what_is_not_json_is_refused(values: TopicValues, value: dict[str, Any]) -> None:
    with pytest.raises(UsageError, match="not JSON"):
        await values.encode("audit.events", value)


@pytest.mark.spec("CONSUMER-AVRO")
async def test_a_value_is_decoded_by_its_topic(values: TopicValues, fast_path: dict[str, Any]) -> None:
    data = await values.encode("rim.fast-path", fast_path)
    assert (await values.decode("rim.fast-path", data))["stress"] == 0.9
    assert (await values.decode("my.own", data))["stress"] == 0.9, "framed bytes on a topic without a contract"
    assert await values.decode("audit.events", b'{"a": 1}') == {"a": 1}


@pytest.mark.parametrize(
    ("topic", "data", "reason"),
    [
        ("rim.fast-path", None, "no value"),
        ("rim.fast-path", b"", "0 bytes are too short"),
        ("rim.fast-path", b'{"a": 1}', "magic byte is 0x7b"),
        ("audit.events", b"\x00\x00", "not JSON"),
        ("audit.events", b"[1]", "is a list"),
        ("audit.events", b"\xff", "not JSON"),
        ("my.own", b"plain words", "not JSON"),
    ],
)
async def test_what_a_consumer_cannot_decode_is_a_record_failure(
    values: TopicValues, topic: str, data: bytes | None, reason: str
) -> None:
    with pytest.raises(RecordFailure, match=reason) as caught:
        await values.decode(topic, data)
    assert caught.value.category is FailureCategory.DESERIALIZATION


@pytest.mark.parametrize("strategy", SubjectStrategy)
async def test_consumers_and_onlookers_read_a_value_by_its_id_whatever_its_subject_is_called(
    strategy: SubjectStrategy, values: TopicValues, fast_path: dict[str, Any]
) -> None:
    data = await values.encode("rim.fast-path", fast_path, strategy=strategy)
    assert (await values.decode("rim.fast-path", data))["status"] == "ALERT"
    assert (await values.view("rim.fast-path", data)).format == "avro"
    assert (await values.view("a topic of one's own", data)).value["status"] == "ALERT"


async def test_an_onlooker_sees_every_value(values: TopicValues, fast_path: dict[str, Any]) -> None:
    data = await values.encode("rim.fast-path", fast_path)
    assert (await values.view("rim.fast-path", data)).format == "avro"
    assert await values.view("audit.events", b"[1]") == View("json", [1])
    assert await values.view("my.own", b"plain words") == View("text", "plain words")
    assert await values.view("my.own", b"\x01\x02") == View("binary")
    assert await values.view("my.own", frame(99, b"")) == View("binary")
    assert await values.view("rim.fast-path", None) == View("none")


async def test_an_onlooker_is_told_why_a_value_does_not_decode(values: TopicValues) -> None:
    view = await values.view("rim.fast-path", b"hello")
    assert (view.format, view.value) == ("text", None)
    assert "magic byte is 0x68" in (view.reason or "")
    assert (await values.view("rim.fast-path", b"\x01\xff")).format == "binary"
    assert "not JSON" in ((await values.view("audit.events", b"nope")).reason or "")


@pytest.mark.parametrize("way", Poison)
@pytest.mark.parametrize("topic", ["rim.fast-path", "perception.events", "plato.plans"])
async def test_no_consumer_of_a_topic_reads_a_poisoned_record(topic: str, way: Poison, values: TopicValues) -> None:
    schema = Contracts.load().schema_of(topic)
    good = await values.encode(topic, least_value(schema))
    assert await values.decode(topic, good)
    with pytest.raises(RecordFailure) as caught:
        await values.decode(topic, await values.poisoned(topic, good, way))
    assert caught.value.category is FailureCategory.DESERIALIZATION
