"""The registry's client: few requests, and errors that say whose fault it is."""

from __future__ import annotations

import asyncio
import base64
from typing import Any

import pytest

from sandbox.errors import UpstreamUnavailable, UsageError
from sandbox.kafka.registry_client import RegistryClient, RegistryRefused, SchemaUnknown

SCHEMA = {"type": "record", "name": "A", "fields": [{"name": "x", "type": "long"}]}


async def test_a_schema_is_registered_looked_up_and_fetched(registry: RegistryClient) -> None:
    schema_id = await registry.register("orders-value", SCHEMA)
    assert await registry.lookup("orders-value", SCHEMA) == schema_id
    assert await registry.schema(schema_id) == SCHEMA
    latest = await registry.latest("orders-value")
    assert (latest.subject, latest.version, latest.schema_id, latest.schema) == ("orders-value", 1, schema_id, SCHEMA)


async def test_what_is_known_is_not_asked_again(registry: RegistryClient, registry_server: Any) -> None:
    schema_id = await registry.register("orders-value", SCHEMA)
    await registry.schema(schema_id)
    asked = len(registry_server.requests)
    await registry.register("orders-value", SCHEMA)
    await registry.lookup("orders-value", SCHEMA)
    await registry.schema(schema_id)
    assert len(registry_server.requests) == asked


async def test_callers_at_the_same_time_share_one_request(registry: RegistryClient, registry_server: Any) -> None:
    schema_id = await registry.register("orders-value", SCHEMA)
    registry_server.delay_s = 0.05
    asked = len(registry_server.requests)
    answers = await asyncio.gather(*(registry.schema(schema_id) for _ in range(20)))
    assert answers == [SCHEMA] * 20
    assert len(registry_server.requests) == asked + 1


async def test_one_caller_that_gives_up_does_not_take_the_answer_from_the_others(
    registry: RegistryClient, registry_server: Any
) -> None:
    schema_id = await registry.register("orders-value", SCHEMA)
    registry_server.delay_s = 0.05
    impatient, patient = (asyncio.ensure_future(registry.schema(schema_id)) for _ in range(2))
    await asyncio.sleep(0.01)
    impatient.cancel()
    assert await patient == SCHEMA


async def test_an_unknown_id_is_asked_for_again(registry: RegistryClient) -> None:
    with pytest.raises(SchemaUnknown) as caught:
        await registry.schema(1)
    assert (caught.value.status, caught.value.code) == (404, 40403)
    await registry.register("orders-value", SCHEMA)
    assert await registry.schema(1) == SCHEMA


async def test_a_subject_may_have_any_name(registry: RegistryClient, registry_server: Any) -> None:
    await registry.register("a/b c:ü?", SCHEMA)
    assert list(registry_server.subjects) == ["a/b c:ü?"]


@pytest.mark.parametrize(
    ("status", "body", "code", "hint"),
    [
        (409, {"error_code": 409, "message": "incompatible"}, 409, "not compatible"),
        (422, {"error_code": 42201, "message": "Invalid schema"}, 42201, None),
        (401, "denied", 401, "user and password"),
    ],
)
async def test_a_refusal_carries_the_registrys_code(
    registry: RegistryClient, registry_server: Any, status: int, body: Any, code: int, hint: str | None
) -> None:
    registry_server.refusal = (status, body)
    with pytest.raises(RegistryRefused) as caught:
        await registry.register("orders-value", SCHEMA)
    assert (caught.value.status, caught.value.code) == (status, code)
    assert (hint is None) == (caught.value.hint is None)
    assert hint is None or hint in (caught.value.hint or "")


async def test_a_failing_registry_counts_as_away(registry: RegistryClient, registry_server: Any) -> None:
    registry_server.refusal = (500, "oh")
    with pytest.raises(UpstreamUnavailable, match="HTTP 500"):
        await registry.latest("orders-value")


async def test_an_answer_that_is_no_json_counts_as_away(registry: RegistryClient, registry_server: Any) -> None:
    registry_server.refusal = (200, "<html>")
    with pytest.raises(UpstreamUnavailable):
        await registry.latest("orders-value")


async def test_a_registry_that_does_not_listen_is_named_with_the_way_out() -> None:
    async with RegistryClient("http://127.0.0.1:1") as client:
        with pytest.raises(UpstreamUnavailable) as caught:
            await client.schema(1)
    assert caught.value.where == "http://127.0.0.1:1"
    assert "sandbox status" in (caught.value.hint or "")


async def test_a_slow_registry_is_not_waited_for_longer_than_allowed(registry_server: Any) -> None:
    registry_server.delay_s = 5
    async with RegistryClient(registry_server.url, timeout_s=0.05) as client:
        with pytest.raises(UpstreamUnavailable):
            await client.latest("orders-value")


async def test_a_user_is_told_to_the_registry(registry_server: Any) -> None:
    async with RegistryClient(registry_server.url + "/", user="ann", password="s:ä") as client:
        await client.register("orders-value", SCHEMA)
    _, path, headers = registry_server.requests[0]
    assert path == "/subjects/orders-value/versions"
    assert base64.b64decode(headers["Authorization"].removeprefix("Basic ")).decode() == "ann:s:ä"


async def test_a_schema_of_another_kind_is_refused(registry: RegistryClient, registry_server: Any) -> None:
    registry_server.refusal = (200, {"schema": "syntax = proto3", "schemaType": "PROTOBUF"})
    with pytest.raises(UsageError, match="PROTOBUF"):
        await registry.schema(1)
