"""Avro in Confluent's wire format, both ways, and every way in which bytes can be wrong."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sandbox.contracts.catalog import Contracts
from sandbox.contracts.dead_letter import FailureCategory, RecordFailure
from sandbox.contracts.framing import frame, unframe
from sandbox.contracts.names import Names
from sandbox.contracts.subject_strategy import SubjectStrategy
from sandbox.errors import UpstreamUnavailable, UsageError
from sandbox.kafka.avro_schema import prepared
from sandbox.kafka.registry_client import RegistryRefused, SchemaUnknown
from sandbox.kafka.serializer import AvroDeserializer, AvroSerializer, register_contracts

CONTRACTS = Contracts.load()
NAMES = Names()


class Registry:
    """The part of RegistryClient that serializers use, in memory."""

    def __init__(self) -> None:
        self.ids: dict[tuple[str, str], int] = {}
        self.by_id: dict[int, Any] = {}
        self.away = False
        self.asked = 0

    async def register(self, subject: str, schema: Any) -> int:
        text = json.dumps(schema)
        schema_id = self.ids.setdefault((subject, text), len(self.ids) + 1)
        self.by_id[schema_id] = schema
        return schema_id

    async def lookup(self, subject: str, schema: Any) -> int:
        self.asked += 1
        if self.away:
            raise UpstreamUnavailable("the Schema Registry does not answer")
        try:
            return self.ids[subject, json.dumps(schema)]
        except KeyError:
            raise SchemaUnknown("Schema not found", status=404, code=40403, where=subject) from None

    async def schema(self, schema_id: int) -> Any:
        self.asked += 1
        if self.away:
            raise UpstreamUnavailable("the Schema Registry does not answer")
        if schema_id not in self.by_id:
            raise SchemaUnknown("Schema not found", status=404, code=40403, where=str(schema_id))
        return self.by_id[schema_id]


@pytest.fixture
async def known() -> Registry:
    registry = Registry()
    await register_contracts(registry, CONTRACTS, NAMES)  # type: ignore[arg-type]
    return registry


@pytest.fixture
def serializer(known: Registry) -> AvroSerializer:
    return AvroSerializer(known, CONTRACTS, NAMES)  # type: ignore[arg-type]


@pytest.fixture
def deserializer(known: Registry) -> AvroDeserializer:
    return AvroDeserializer(known)  # type: ignore[arg-type]


async def failure_of(deserializer: AvroDeserializer, data: bytes, reader: Any = None) -> RecordFailure:
    with pytest.raises(RecordFailure) as caught:
        await deserializer.deserialize(data, reader)
    return caught.value


@pytest.mark.spec("KAFKA-AVRO")
async def test_a_value_comes_back_as_it_went_in(
    serializer: AvroSerializer, deserializer: AvroDeserializer, fast_path: dict[str, Any]
) -> None:
    data = await serializer.serialize("rim.fast-path", fast_path)
    back = await deserializer.deserialize(data)
    assert {name: back[name] for name in fast_path if name != "vector_timestamp"} == {
        name: value for name, value in fast_path.items() if name != "vector_timestamp"
    }
    assert back["vector_timestamp"]["logical_clock"] == 0, "the default is filled in"


async def test_a_timestamp_is_a_number_both_ways(serializer: AvroSerializer, deserializer: AvroDeserializer) -> None:
    value = {
        "capsule_id": "cap_1",
        "scope_id": "rim:a:b:c",
        "timestamp": 1_733_220_000_123,
        "resolution": 60,
        "vantage_mode": "omniscient",
        "idempotency_key": "k",
        "created_at": 1_733_220_000_456,
    }
    back = await deserializer.deserialize(await serializer.serialize("capsule.snapshots", value))
    assert back["timestamp"] == 1_733_220_000_123
    assert back["created_at"] == 1_733_220_000_456


async def test_ids_given_at_start_need_no_registry(fast_path: dict[str, Any]) -> None:
    away = Registry()
    away.away = True
    serializer = AvroSerializer(away, CONTRACTS, NAMES, ids={"rim.fast-path-value": 42})  # type: ignore[arg-type]
    assert unframe(await serializer.serialize("rim.fast-path", fast_path))[0] == 42
    assert away.asked == 0


async def test_an_unregistered_schema_is_not_registered_on_the_way(fast_path: dict[str, Any]) -> None:
    empty = Registry()
    serializer = AvroSerializer(empty, CONTRACTS, NAMES)  # type: ignore[arg-type]
    with pytest.raises(UsageError, match=r"not registered under rim\.fast-path-value"):
        await serializer.serialize("rim.fast-path", fast_path)
    assert empty.ids == {}
    await register_contracts(empty, CONTRACTS, NAMES)  # type: ignore[arg-type]
    assert await serializer.serialize("rim.fast-path", fast_path), "a later try finds it"


async def test_a_field_that_does_not_fit_is_named(serializer: AvroSerializer, fast_path: dict[str, Any]) -> None:
    with pytest.raises(UsageError) as caught:
        await serializer.serialize("rim.fast-path", {**fast_path, "price": "dear", "sterss": 1})
    assert caught.value.where == "rim.fast-path"
    assert "price: must be null or double" in caught.value.message
    assert "sterss: is not a field of RimFastEvent (did you mean stress?)" in caught.value.message


async def test_a_lax_serializer_leaves_out_what_the_schema_has_not(
    known: Registry, deserializer: AvroDeserializer, fast_path: dict[str, Any]
) -> None:
    lax = AvroSerializer(known, CONTRACTS, NAMES, strict=False)  # type: ignore[arg-type]
    back = await deserializer.deserialize(await lax.serialize("rim.fast-path", {**fast_path, "more": 1}))
    assert "more" not in back


async def test_ids_do_not_depend_on_the_run() -> None:
    first, second = Registry(), Registry()
    assert await register_contracts(first, CONTRACTS, NAMES) == await register_contracts(second, CONTRACTS, NAMES)  # type: ignore[arg-type]


RECORD = "com.z254.butterfly.common.hft.avro.RimFastEvent"


@pytest.mark.parametrize("strategy", SubjectStrategy)
async def test_the_schemas_may_all_be_registered_by_another_strategy(
    strategy: SubjectStrategy, fast_path: dict[str, Any]
) -> None:
    registry = Registry()
    ids = await register_contracts(registry, CONTRACTS, NAMES, strategy)  # type: ignore[arg-type]
    serializer = AvroSerializer(registry, CONTRACTS, NAMES, strategy=strategy)  # type: ignore[arg-type]
    data = await serializer.serialize("rim.fast-path", fast_path)
    assert unframe(data)[0] == ids[strategy.subject("rim.fast-path", RECORD, NAMES)]


@pytest.mark.parametrize("strategy", [SubjectStrategy.RECORD_NAME, SubjectStrategy.TOPIC_RECORD_NAME])
async def test_a_call_may_ask_for_another_strategy_whose_subject_is_registered_at_its_first_use(
    strategy: SubjectStrategy, known: Registry, deserializer: AvroDeserializer, fast_path: dict[str, Any]
) -> None:
    serializer = AvroSerializer(known, CONTRACTS, NAMES)  # type: ignore[arg-type]
    before = dict(known.ids)
    data = await serializer.serialize("rim.fast-path", fast_path, strategy=strategy)
    added = known.ids.keys() - before.keys()
    assert {subject for subject, _ in added} == {strategy.subject("rim.fast-path", RECORD, NAMES)}
    assert unframe(data)[0] == known.ids[added.pop()]
    assert (await deserializer.deserialize(data))["status"] == fast_path["status"]
    again = await serializer.serialize("rim.fast-path", fast_path)
    assert unframe(again)[0] == before["rim.fast-path-value", json.dumps(CONTRACTS.schemas["RimFastEvent"])]


async def test_a_schema_that_the_registry_refuses_is_the_callers_to_mend(
    known: Registry, fast_path: dict[str, Any]
) -> None:
    async def refuse(subject: str, schema: Any) -> int:
        raise RegistryRefused("incompatible", status=409, code=40901, where=subject)

    known.register = refuse  # type: ignore[method-assign]
    serializer = AvroSerializer(known, CONTRACTS, NAMES)  # type: ignore[arg-type]
    with pytest.raises(UsageError, match="cannot be used: incompatible"):
        await serializer.serialize("rim.fast-path", fast_path, strategy=SubjectStrategy.RECORD_NAME)


async def test_bytes_that_are_not_framed_are_named(deserializer: AvroDeserializer) -> None:
    failure = await failure_of(deserializer, b'{"not": "avro"}')
    assert failure.category is FailureCategory.DESERIALIZATION
    assert "magic byte is 0x7b" in failure.message
    assert "too short" in (await failure_of(deserializer, b"\x00\x01")).message


async def test_an_unknown_schema_id_is_named(deserializer: AvroDeserializer) -> None:
    failure = await failure_of(deserializer, frame(999, b""))
    assert failure.category is FailureCategory.DESERIALIZATION
    assert "schema id 999" in failure.message


async def test_a_body_of_another_shape_is_named(deserializer: AvroDeserializer) -> None:
    failure = await failure_of(deserializer, frame(1, b"\x06ab"))
    assert failure.category is FailureCategory.DESERIALIZATION
    assert "RimFastEvent) does not decode" in failure.message


async def test_a_registry_that_is_away_is_not_the_records_fault(
    known: Registry, deserializer: AvroDeserializer
) -> None:
    known.away = True
    failure = await failure_of(deserializer, frame(1, b""))
    assert failure.category is FailureCategory.DOWNSTREAM_FAILURE
    known.away = False
    assert (await failure_of(deserializer, frame(1, b""))).category is FailureCategory.DESERIALIZATION


async def test_a_known_schema_is_asked_for_once(
    known: Registry, serializer: AvroSerializer, deserializer: AvroDeserializer, fast_path: dict[str, Any]
) -> None:
    data = await serializer.serialize("rim.fast-path", fast_path)
    known.asked = 0
    for _ in range(3):
        await deserializer.deserialize(data)
    assert known.asked == 1


OLDER = {
    "type": "record",
    "name": "RimFastEvent",
    "namespace": "com.z254.butterfly.common.hft.avro",
    "fields": [{"name": "rim_node_id", "type": "string"}, {"name": "a", "type": "int"}, {"name": "b", "type": "int"}],
}


@pytest.mark.spec("REGISTRY-EVOLUTION")
async def test_an_older_writer_is_read_with_the_readers_schema(known: Registry, deserializer: AvroDeserializer) -> None:
    newer = {**OLDER, "fields": [*OLDER["fields"][:2], {"name": "c", "type": "string", "default": "new"}]}
    await known.register("rim.fast-path-value", OLDER)
    older_id = len(known.ids)
    data = frame(older_id, b"\x02x\x02\x04")
    assert await deserializer.deserialize(data) == {"rim_node_id": "x", "a": 1, "b": 2}
    reader = prepared(newer)
    assert await deserializer.deserialize(data, reader) == {"rim_node_id": "x", "a": 1, "c": "new"}


async def test_a_writer_that_the_reader_cannot_take_is_named(known: Registry, deserializer: AvroDeserializer) -> None:
    await known.register("rim.fast-path-value", OLDER)
    reader = prepared(CONTRACTS.schemas["RimFastEvent"])
    failure = await failure_of(deserializer, frame(len(known.ids), b"\x02x\x02\x04"), reader)
    assert failure.category is FailureCategory.DESERIALIZATION


READER = prepared(CONTRACTS.schemas["RimFastEvent"])


@given(body=st.binary(max_size=300), schema_id=st.integers(1, 8))
@settings(max_examples=200, deadline=None)
def test_no_bytes_get_past_the_deserializer_but_as_a_value_or_a_record_failure(body: bytes, schema_id: int) -> None:
    async def read(reader: Any) -> Any:
        registry = Registry()
        await register_contracts(registry, CONTRACTS, NAMES)  # type: ignore[arg-type]
        try:
            return await AvroDeserializer(registry).deserialize(frame(schema_id, body), reader)  # type: ignore[arg-type]
        except RecordFailure as failure:
            return failure.category

    for reader in (None, READER):
        outcome = asyncio.run(read(reader))
        assert isinstance(outcome, dict) or outcome is FailureCategory.DESERIALIZATION
