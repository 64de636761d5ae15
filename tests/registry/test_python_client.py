"""confluent-kafka's own registry client and serializers against this registry."""

import asyncio
import json

import pytest
from confluent_kafka.schema_registry import Schema, SchemaReference, SchemaRegistryClient, topic_subject_name_strategy
from confluent_kafka.schema_registry.avro import AvroDeserializer, AvroSerializer
from confluent_kafka.schema_registry.error import SchemaRegistryError
from confluent_kafka.schema_registry.json_schema import JSONDeserializer, JSONSerializer
from confluent_kafka.serialization import MessageField, SerializationContext

from sandbox.contracts.catalog import Contracts
from sandbox.contracts.framing import schema_id_of
from sandbox.registry.auth import BasicAuth

SUBJECT = "rim.fast-path-value"
VALUE = SerializationContext("rim.fast-path", MessageField.VALUE)
EVENT = {
    "rim_node_id": "rim:entity:finance:EURUSD",
    "event_id": None,
    "instrument_id": "EURUSD",
    "vector_timestamp": {"event_ts_ms": 1, "ingest_ts_ms": 2, "logical_clock": 3},
    "critical_metrics": {"vol": 0.5},
    "price": 1.08,
    "volume": None,
    "stress": 0.9,
    "status": "ALERT",
    "source_topic": None,
    "metadata": None,
}


@pytest.fixture
def schema():
    return json.dumps(Contracts.load().schemas["RimFastEvent"])


@pytest.fixture
async def connect():
    clients = []

    def connect_to(api, **conf):
        clients.append(SchemaRegistryClient({"url": str(api.client.make_url("")).rstrip("/"), **conf}))
        return clients[-1]

    yield connect_to
    for client in clients:
        client.__exit__(None, None, None)


async def in_thread(call, *arguments, **options):
    return await asyncio.to_thread(call, *arguments, **options)


@pytest.mark.spec("KAFKA-AVRO", "REGISTRY-STORE")
async def test_the_avro_serializer_registers_and_the_deserializer_finds(api, connect, schema):
    client = connect(api)
    serializer = AvroSerializer(client, schema)
    data = await in_thread(serializer, EVENT, VALUE)
    assert schema_id_of(data) == 1
    assert await api.get("/subjects") == (200, [SUBJECT])
    assert await in_thread(AvroDeserializer(connect(api)), data, VALUE) == EVENT


async def test_without_registering_only_known_schemas_are_used(api, connect, schema):
    conf = {"auto.register.schemas": False}
    with pytest.raises(SchemaRegistryError) as caught:
        await in_thread(AvroSerializer(connect(api), schema, conf=conf), EVENT, VALUE)
    assert (caught.value.http_status_code, caught.value.error_code) == (404, 40401)
    await api.register(SUBJECT, schema)
    data = await in_thread(AvroSerializer(connect(api), schema, conf=conf), EVENT, VALUE)
    assert schema_id_of(data) == 1


async def test_the_latest_version_can_be_used_for_writing(api, connect, schema):
    await api.register(SUBJECT, schema)
    wider = json.loads(schema)
    wider["fields"].append({"name": "note", "type": ["null", "string"], "default": None})
    await api.register(SUBJECT, wider)
    conf = {"auto.register.schemas": False, "use.latest.version": True}
    data = await in_thread(AvroSerializer(connect(api), schema, conf=conf), EVENT, VALUE)
    assert schema_id_of(data) == 2


@pytest.mark.spec("REGISTRY-COMPATIBILITY")
async def test_an_incompatible_writer_is_stopped(api, connect, schema):
    await api.register(SUBJECT, schema)
    broken = schema.replace('"critical_metrics"', '"metrics"')
    with pytest.raises(SchemaRegistryError) as caught:
        await in_thread(AvroSerializer(connect(api), broken), {**EVENT, "metrics": {}}, VALUE)
    assert caught.value.http_status_code == 409
    assert "READER_FIELD_MISSING_DEFAULT_VALUE" in caught.value.error_message


async def test_the_strategies_name_subjects_by_topic_and_record(api, connect, schema):
    record = "com.z254.butterfly.common.hft.avro.RimFastEvent"
    subjects = {
        SUBJECT: topic_subject_name_strategy,
        record: lambda ctx, name: name,
        f"rim.fast-path-{record}": lambda ctx, name: f"{ctx.topic}-{name}",
    }
    for strategy in subjects.values():
        conf = {"subject.name.strategy": strategy}
        data = await in_thread(AvroSerializer(connect(api), schema, conf=conf), EVENT, VALUE)
        assert schema_id_of(data) == 1
    assert (await api.get("/subjects"))[1] == sorted(subjects)


async def test_references_are_resolved_by_the_serializers(api, connect):
    kind = {"type": "enum", "name": "com.Kind", "symbols": ["A", "B"]}
    event = {"type": "record", "name": "com.Event", "fields": [{"name": "kind", "type": "com.Kind"}]}
    client = connect(api)
    await in_thread(client.register_schema, "kind", Schema(json.dumps(kind), "AVRO"))
    reference = SchemaReference("com.Kind", "kind", 1)
    serializer = await in_thread(AvroSerializer, client, Schema(json.dumps(event), "AVRO", [reference]))
    data = await in_thread(serializer, {"kind": "B"}, VALUE)
    assert await in_thread(AvroDeserializer(connect(api)), data, VALUE) == {"kind": "B"}


async def test_the_json_serializer_registers_evolves_and_reads(api, connect):
    schema = {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": "Order",
        "type": "object",
        "properties": {"amount": {"type": "integer"}},
        "required": ["amount"],
        "additionalProperties": False,
    }
    data = await in_thread(JSONSerializer(json.dumps(schema), connect(api)), {"amount": 3}, VALUE)
    read = JSONDeserializer(None, schema_registry_client=connect(api))
    assert await in_thread(read, data, VALUE) == {"amount": 3}
    schema["properties"]["note"] = {"type": "string"}
    newer = await in_thread(JSONSerializer(json.dumps(schema), connect(api)), {"amount": 3, "note": "x"}, VALUE)
    assert (schema_id_of(data), schema_id_of(newer)) == (1, 2)
    schema["properties"]["amount"] = {"type": "string"}
    with pytest.raises(SchemaRegistryError) as caught:
        await in_thread(JSONSerializer(json.dumps(schema), connect(api)), {"amount": "3"}, VALUE)
    assert caught.value.http_status_code == 409


async def test_the_client_manages_subjects_versions_levels_and_modes(api, connect, schema):
    client = connect(api)

    def use():
        assert client.register_schema("a b/c", Schema(schema, "AVRO")) == 1
        assert client.get_subjects() == ["a b/c"]
        assert client.get_versions("a b/c") == [1]
        assert client.lookup_schema("a b/c", Schema(schema, "AVRO")).version == 1
        assert client.get_latest_version("a b/c").schema_id == 1
        found = client.get_version("a b/c", 1)
        assert (found.subject, found.version, found.schema.schema_type) == ("a b/c", 1, "AVRO")
        assert client.get_schema(1).schema_type == "AVRO"
        assert client.get_schema_versions(1)[0].subject == "a b/c"
        assert client.get_compatibility() == "BACKWARD"
        assert client.set_compatibility("a b/c", "FULL") is not None
        assert client.get_compatibility("a b/c") == "FULL"
        assert client.test_compatibility("a b/c", Schema(schema, "AVRO"))
        assert not client.test_compatibility("a b/c", Schema('"int"', "AVRO"))
        assert client.get_global_mode() == "READWRITE"
        assert client.update_mode("a b/c", "READONLY") == "READONLY"
        assert client.get_mode("a b/c") == "READONLY"
        assert client.delete_mode("a b/c") == "READONLY"
        assert client.delete_version("a b/c", 1) == 1
        assert client.get_subjects(deleted=True) == ["a b/c"]
        assert client.delete_version("a b/c", 1, permanent=True) == 1
        assert client.get_subjects(deleted=True) == []
        assert client.get_contexts() == ["."]

    await in_thread(use)


async def test_errors_reach_the_client_with_their_codes(api, connect):
    client = connect(api)
    for call, status, code in (
        (lambda: client.get_versions("none"), 404, 40401),
        (lambda: client.get_schema(99), 404, 40403),
        (lambda: client.register_schema("s", Schema("{", "AVRO")), 422, 42201),
        (lambda: client.get_compatibility("none"), 404, 40408),
        (lambda: client.get_mode("none"), 404, 40409),
    ):
        with pytest.raises(SchemaRegistryError) as caught:
            await in_thread(call)
        assert (caught.value.http_status_code, caught.value.error_code) == (status, code)


async def test_the_client_passes_basic_authentication(start, connect):
    api = await start(auth=BasicAuth({"alice": "secret"}))
    known = connect(api, **{"basic.auth.user.info": "alice:secret"})
    assert await in_thread(known.get_subjects) == []
    unknown = connect(api, **{"basic.auth.user.info": "alice:wrong"})
    with pytest.raises(SchemaRegistryError) as caught:
        await in_thread(unknown.get_subjects)
    assert caught.value.http_status_code == 401
