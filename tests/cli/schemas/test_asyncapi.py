"""`sandbox schemas asyncapi`: the document says what the contracts and the registry say, in AsyncAPI's form."""

from __future__ import annotations

import json
import shutil
import subprocess
import tarfile
from pathlib import Path
from typing import Any

import pytest
import yaml

from sandbox.cli.schemas_asyncapi import AsyncApi
from sandbox.contracts.catalog import Contracts
from sandbox.contracts.topic import Topic
from sandbox.contracts.uses import uses_of_services

SPECIFICATION = "@asyncapi/specs@6.11.1"
CONTRACTS = Contracts.load()


@pytest.fixture
def filled(cli: Any, small_sandbox: Any, tmp_path: Path) -> Any:
    """The command line of a sandbox with the contracts' schemas, and topics of its user's own."""
    for topic, schema in CONTRACTS.avro_topics():
        (tmp_path / "one.avsc").write_text(json.dumps(schema), encoding="utf-8")
        assert cli("schemas", "register", f"{topic.name}-value", "one.avsc").code == 0
    (tmp_path / "order.json").write_text('{"title": "Order", "type": "object"}', encoding="utf-8")
    (tmp_path / "line.proto").write_text('syntax = "proto3"; message Line {}', encoding="utf-8")
    cli("schemas", "register", "orders-value", "order.json")
    cli("schemas", "register", "lines-value", "line.proto")
    for name in ("orders", "lines", "bytes"):
        small_sandbox.topics.append({"name": name, "partitions": 2, "records": 0, "internal": False})
    small_sandbox.topics.append({"name": "_schemas", "partitions": 1, "records": 0, "internal": True})
    return cli


@pytest.fixture
def document(filled: Any) -> dict[str, Any]:
    return filled("schemas", "asyncapi", "--json").json


def followed(document: dict[str, Any], reference: str) -> Any:
    """What a reference within the document leads to."""
    found: Any = document
    for part in reference.removeprefix("#/").split("/"):
        found = found[part]
    return found


def test_yaml_and_json_hold_the_same_and_can_be_written_to_a_file(filled: Any, tmp_path: Path) -> None:
    shown = filled("schemas", "asyncapi")
    written = filled("schemas", "asyncapi", "--output", "asyncapi.yaml")
    assert (written.out, written.err) == ("", "written to asyncapi.yaml\n")
    assert (tmp_path / "asyncapi.yaml").read_text(encoding="utf-8") == shown.out
    assert yaml.safe_load(shown.out) == filled("schemas", "asyncapi", "--json").json
    assert filled("schemas", "asyncapi", "--output", "no/such/folder").code == 2


def test_every_topic_is_a_channel_with_its_settings(document: dict[str, Any]) -> None:
    assert document["asyncapi"] == "3.0.0"
    assert set(document["channels"]) == {*CONTRACTS.names, "orders", "lines", "bytes"}
    channel = document["channels"]["rim.fast-path"]
    assert (channel["address"], channel["description"]) == ("rim.fast-path", "Key: RimNodeId.")
    assert channel["bindings"]["kafka"]["partitions"] == 12
    assert channel["bindings"]["kafka"]["topicConfiguration"]["retention.ms"] == 7 * 86_400_000
    server = document["servers"]["kafka"]
    assert (server["host"], server["protocol"]) == ("localhost:9092", "kafka")
    assert server["bindings"]["kafka"]["schemaRegistryUrl"].startswith("http://127.0.0.1:")


def test_every_reference_leads_somewhere(document: dict[str, Any]) -> None:
    for name, channel in document["channels"].items():
        assert followed(document, channel["messages"]["record"]["$ref"]) is document["components"]["messages"][name]
    for operation in document["operations"].values():
        assert followed(document, operation["channel"]["$ref"])["address"] in document["channels"]


def test_messages_carry_the_registrys_schemas(document: dict[str, Any]) -> None:
    messages = document["components"]["messages"]
    fast = messages["rim.fast-path"]
    assert fast["payload"]["schemaFormat"].startswith("application/vnd.apache.avro+json")
    assert fast["payload"]["schema"] == CONTRACTS.schemas["RimFastEvent"]
    assert fast["x-schema-registry"] == {"subject": "rim.fast-path-value", "version": 1, "id": 1}
    assert fast["bindings"]["kafka"]["key"] == {"type": "string", "description": "RimNodeId"}
    assert messages["orders"]["payload"]["schema"]["title"] == "Order"
    assert "message Line" in messages["lines"]["payload"]["schema"]
    assert messages["audit.events"]["payload"] == {"type": "object"}
    assert "payload" not in messages["bytes"]


def test_operations_say_who_writes_and_who_reads_in_which_group(document: dict[str, Any]) -> None:
    operations = document["operations"]
    assert operations["capsule-send-capsule.snapshots"]["action"] == "send"
    reading = operations["odyssey-receive-rim.fast-path"]
    assert reading["action"] == "receive"
    assert reading["bindings"]["kafka"]["groupId"]["enum"] == ["odyssey-reflex"]
    assert operations["capsule-send-rim.fast-path.dlq"]["title"] == "capsule writes rim.fast-path.dlq"


def test_a_sandbox_without_registry_describes_what_the_contracts_say(filled: Any, small_sandbox: Any) -> None:
    small_sandbox.endpoints["schema_registry"] = None
    message = filled("schemas", "asyncapi", "--json").json["components"]["messages"]["rim.fast-path"]
    assert message["payload"]["schema"] == CONTRACTS.schemas["RimFastEvent"]
    assert "x-schema-registry" not in message


@pytest.mark.node
def test_the_document_is_valid_by_asyncapis_own_json_schema(filled: Any, tmp_path: Path) -> None:
    import jsonschema

    npm = shutil.which("npm")
    assert npm, "this test needs npm, which brings AsyncAPI's JSON schema"
    packed = subprocess.run(
        [npm, "pack", "--silent", SPECIFICATION], cwd=tmp_path, capture_output=True, text=True, timeout=100, check=True
    )
    with tarfile.open(tmp_path / packed.stdout.strip()) as archive:
        file = archive.extractfile("package/schemas/3.0.0.json")
        assert file is not None
        schema = json.load(file)
    validator = jsonschema.Draft7Validator(schema)
    document = filled("schemas", "asyncapi", "--json").json
    assert [error.message for error in validator.iter_errors(document)] == []
    del document["channels"]["rim.fast-path"]["bindings"]["kafka"]["bindingVersion"]
    document["operations"]["capsule-receive-rim.fast-path"]["action"] = "read"
    assert list(validator.iter_errors(document))


def test_the_groups_are_those_that_the_services_really_join() -> None:
    from sandbox.config.serve import ServeConfig
    from sandbox.runtime.service_parts import ServiceParts

    services = ("capsule", "odyssey", "plato", "audit")
    parts = ServiceParts(ServeConfig(services=services))
    joined = {
        (topic, name, each.group)
        for name in services
        for each in parts.served[name].service.subscriptions()
        for topic in each.topics
    }
    told = {(topic, service, uses.group) for service, uses in uses_of_services().items() for topic in uses.reads}
    assert joined == told


def test_a_document_is_built_from_data_alone() -> None:
    topics = [{"name": "audit.events", "partitions": 1}]
    document = AsyncApi(CONTRACTS, {}).document("x", {"kafka": "localhost:9092", "schema_registry": None}, topics)
    assert document["info"]["title"] == "BUTTERFLY sandbox x"
    assert list(document["operations"]) == ["audit-send-audit.events"]
    assert "bindings" not in document["servers"]["kafka"]


def test_services_that_a_team_names_in_its_contracts_are_there_beside_ours() -> None:
    fast = Topic("rim.fast-path", "any", "json", 1, 1, written_by=("desk",), read_by={"risk": "risk-group"})
    document = AsyncApi(Contracts({fast.name: fast}, {}), {}).document(
        "x", {"kafka": "localhost:9092"}, [{"name": fast.name, "partitions": 1}]
    )
    operations = document["operations"]
    assert {"desk-send-rim.fast-path", "capsule-receive-rim.fast-path"} < operations.keys()
    reading = operations["risk-receive-rim.fast-path"]
    assert reading["bindings"]["kafka"]["groupId"]["enum"] == ["risk-group"]
