"""A sandbox whose registry asks for a user and password: everything in it has them, and nobody else gets in."""

from __future__ import annotations

import asyncio
import urllib.error
import urllib.request
from typing import Any

import pytest
from confluent_kafka.schema_registry import SchemaRegistryClient
from confluent_kafka.schema_registry.error import SchemaRegistryError

pytestmark = pytest.mark.e2e

USERS = "ann:s3:cret,bob:other"


async def test_only_users_get_in_and_the_sandbox_itself_is_one(cli: Any) -> None:
    cli.environ["SANDBOX_REGISTRY_USERS"] = USERS
    status = cli.ok("up", "--ports", "auto", "--json").json
    del cli.environ["SANDBOX_REGISTRY_USERS"]
    url = status["endpoints"]["schema_registry"]
    with pytest.raises(urllib.error.HTTPError) as caught:
        await asyncio.to_thread(urllib.request.urlopen, f"{url}/subjects", timeout=10)
    with caught.value as refused:
        assert (refused.code, refused.headers["WWW-Authenticate"]) == (401, 'Basic realm="schema-registry"')

    exported = cli.ok("env", "--json").json
    assert exported["SCHEMA_REGISTRY_BASIC_AUTH_USER_INFO"] == "ann:s3:cret"
    assert exported["SPRING_KAFKA_PROPERTIES_BASIC_AUTH_CREDENTIALS_SOURCE"] == "USER_INFO"
    for known in ("ann:s3:cret", "bob:other"):
        with SchemaRegistryClient({"url": url, "basic.auth.user.info": known}) as client:
            assert "rim.fast-path-value" in await asyncio.to_thread(client.get_subjects)
    with SchemaRegistryClient({"url": url, "basic.auth.user.info": "ann:other"}) as stranger:
        with pytest.raises(SchemaRegistryError) as answer:
            await asyncio.to_thread(stranger.get_subjects)
        assert answer.value.http_status_code == 401

    assert "rim.fast-path-value" in cli.ok("schemas", "list").out
    assert "rim.fast-path-value" in cli.ok("schemas", "list", env=exported).out
    done = cli.run("scenario", "run", "golden-path")
    assert done.code == 0, done.out + done.err

    assert "s3:cret" not in cli.ok("status", "--json").out
    logs = cli.state_root / status["name"] / "logs"
    assert all("s3:cret" not in each.read_text(errors="replace") for each in logs.iterdir())
