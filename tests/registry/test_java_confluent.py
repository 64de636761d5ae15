"""Confluent's own Java client against this registry: it is not on Maven Central, but Flink ships it whole."""

from pathlib import Path

import pytest

from sandbox.registry.auth import BasicAuth

pytestmark = pytest.mark.java

SOURCES = Path(__file__).parent / "java_confluent"
JARS = (
    ("org.apache.flink", "flink-sql-avro-confluent-registry", "2.1.0"),
    ("org.slf4j", "slf4j-api", "2.0.16"),
    ("org.slf4j", "slf4j-nop", "2.0.16"),
)


async def test_confluents_java_client_does_all_that_it_can(start, compiled, java):
    api = await start(auth=BasicAuth({"ann": "secret"}))
    url = str(api.client.make_url("")).rstrip("/")
    told = await java(compiled(SOURCES, JARS), "ConfluentClient", url, "ann:secret")
    found = dict(line.split("=", 1) for line in told)
    why = found.pop("why")
    assert why.startswith(
        "{errorType:'READER_FIELD_MISSING_DEFAULT_VALUE', description:'The field 'c' at path '/fields/0'"
    )
    assert found == {
        "registered": "1",
        "fits": "true",
        "breaks": "false",
        "incompatible": "409/40901",
        "second": "2",
        "latest": "2",
        "version": "1",
        "versions": "[1, 2]",
        "subjects": "[orders/é value]",
        "level": "FULL FULL",
        "mode": "READWRITE",
        "nothing": "404/40403",
        "stranger": "401/401",
        "read": '{"a": 7, "b": "x"}',
        "softly": "[1, 2]",
        "for good": "[1, 2]",
    }
