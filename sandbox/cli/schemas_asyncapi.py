"""The sandbox's topics, keys, message schemas, writers and readers as an AsyncAPI 3.0 document.

The rules are AsyncAPI's (https://www.asyncapi.com/docs/reference/specification/v3.0.0) and those of its Kafka bindings.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from sandbox.config.folders import read_json
from sandbox.contracts.catalog import Contracts, Topic
from sandbox.contracts.names import DLQ_SUFFIX
from sandbox.contracts.tracing import CORRELATION_ID, REQUEST_ID, SOURCE_SERVICE, TRACEPARENT, TRACESTATE
from sandbox.contracts.uses import uses_of_services
from sandbox.errors import UpstreamUnavailable

__all__ = ["AsyncApi", "describe", "written"]

BINDING = "0.5.0"
HEADERS = (REQUEST_ID, CORRELATION_ID, TRACEPARENT, TRACESTATE, SOURCE_SERVICE)
FORMATS = {
    "AVRO": "application/vnd.apache.avro+json;version=1.9.0",
    "JSON": "application/schema+json;version=draft-07",
    "PROTOBUF": "application/vnd.google.protobuf;version=3",
}
CONTENT_TYPES = {"AVRO": "avro/binary", "JSON": "application/json", "PROTOBUF": "application/vnd.google.protobuf"}


def describe(name: str | None) -> dict[str, Any]:
    """The document of a running sandbox. Raises NotRunning or UpstreamUnavailable."""
    from sandbox.cli.schemas_target import find_registry
    from sandbox.cli.target import find_target

    target = find_target(name)
    plan = read_json(target.folder.plan_file) if target.folder else {}
    contracts = Contracts.load(Path(plan["contracts"]) if plan.get("contracts") else None)
    topics = [each for each in target.quick.get("/v1/topics")["topics"] if not each["internal"]]
    try:
        registry = find_registry(name)
        versions = {
            each["subject"]: registry.version(each["subject"], each["version"], form="resolved")
            for each in registry.latest_versions()
        }
    except UpstreamUnavailable:  # a sandbox without registry still has topics
        versions = {}
    return AsyncApi(contracts, versions).document(target.name, target.status()["endpoints"], topics)


def written(document: Mapping[str, Any], *, json: bool) -> str:
    if json:
        return _json(document)
    import yaml

    return yaml.safe_dump(document, sort_keys=False, allow_unicode=True, width=120)


class AsyncApi:
    """`versions` maps subjects to their newest version as the registry gives it; a topic's is `{topic}-value`."""

    def __init__(self, contracts: Contracts, versions: Mapping[str, Mapping[str, Any]]) -> None:
        self._contracts = contracts
        self._versions = versions

    def document(
        self, name: str, endpoints: Mapping[str, str | None], topics: Sequence[Mapping[str, Any]]
    ) -> dict[str, Any]:
        """`topics` are `{name, partitions}`; `endpoints` those of `sandbox status`."""
        from sandbox import __version__

        channels = {each["name"]: self._channel(each) for each in topics}
        operations: dict[str, Any] = {}
        for each in topics:
            operations |= self._operations(each["name"])
        return {
            "asyncapi": "3.0.0",
            "info": {
                "title": f"BUTTERFLY sandbox {name}",
                "version": __version__,
                "description": "Kafka topics, who writes and who reads them, and what their records hold.",
            },
            "defaultContentType": CONTENT_TYPES["AVRO"],
            "servers": {"kafka": _server(endpoints)},
            "channels": channels,
            "operations": operations,
            "components": {"messages": {each["name"]: self._message(each["name"]) for each in topics}},
        }

    def _channel(self, topic: Mapping[str, Any]) -> dict[str, Any]:
        name = topic["name"]
        contract = self._contracts.topics.get(name)
        binding: dict[str, Any] = {"topic": name, "partitions": topic["partitions"], "bindingVersion": BINDING}
        if contract is not None:
            binding["topicConfiguration"] = {"cleanup.policy": ["delete"], "retention.ms": contract.retention_ms}
        return {
            "address": name,
            "messages": {"record": {"$ref": f"#/components/messages/{name}"}},
            **({"description": f"Key: {contract.key}."} if contract else {}),
            "bindings": {"kafka": binding},
        }

    def _operations(self, name: str) -> dict[str, Any]:
        """Who writes and who reads: our services, and those that the contracts name besides."""
        contract = self._contracts.topics.get(name)
        if contract is None:
            return {}
        original = name.removesuffix(DLQ_SUFFIX)
        writers = list(self._readers(original)) if contract.is_dead_letters else self._writers(name)
        found = {f"{each}-send-{name}": _operation("send", each, name) for each in writers}
        for each, group in self._readers(name).items():
            found[f"{each}-receive-{name}"] = {
                **_operation("receive", each, name),
                "bindings": {"kafka": {"groupId": {"type": "string", "enum": [group]}, "bindingVersion": BINDING}},
            }
        return found

    def _writers(self, name: str) -> list[str]:
        ours = [service for service, uses in uses_of_services().items() if name in uses.writes]
        return [*self._contracts.topics[name].written_by, *ours]

    def _readers(self, name: str) -> dict[str, str]:
        """The consumer group of each reading service."""
        ours = {service: uses.group for service, uses in uses_of_services().items() if name in uses.reads}
        contract = self._contracts.topics.get(name)
        return {**ours, **(contract.read_by if contract else {})}

    def _message(self, name: str) -> dict[str, Any]:
        contract = self._contracts.topics.get(name)
        key: dict[str, Any] = {"type": "string"}
        if contract is not None:
            key["description"] = contract.key
        binding: dict[str, Any] = {"key": key, "bindingVersion": BINDING}
        version = self._versions.get(f"{name}-value")
        if version is None:
            about = self._unregistered(name, contract)
        else:
            binding |= {
                "schemaIdLocation": "payload",
                "schemaIdPayloadEncoding": "confluent",
                "schemaLookupStrategy": "TopicIdStrategy",
            }
            about = _registered(version)
        return {
            **about,
            "headers": {"type": "object", "properties": {each: {"type": "string"} for each in HEADERS}},
            "correlationId": {"location": f"$message.header#/{CORRELATION_ID}"},
            "bindings": {"kafka": binding},
        }

    def _unregistered(self, name: str, contract: Topic | None) -> dict[str, Any]:
        """A message of which the registry knows nothing: by the contract's schema, else as what its format says."""
        schema = self._contracts.schema_of(name)
        if schema is not None:
            payload = {"schemaFormat": FORMATS["AVRO"], "schema": schema}
            return {"name": schema["name"], "contentType": CONTENT_TYPES["AVRO"], "payload": payload}
        if contract is not None:
            return {"name": name, "contentType": CONTENT_TYPES["JSON"], "payload": {"type": "object"}}
        return {"name": name, "contentType": "application/octet-stream"}


def _server(endpoints: Mapping[str, str | None]) -> dict[str, Any]:
    server: dict[str, Any] = {"host": endpoints["kafka"], "protocol": "kafka"}
    if endpoints.get("schema_registry"):
        registry = {"schemaRegistryUrl": endpoints["schema_registry"], "schemaRegistryVendor": "confluent"}
        server["bindings"] = {"kafka": {**registry, "bindingVersion": BINDING}}
    return server


def _operation(action: str, service: str, topic: str) -> dict[str, Any]:
    verb = "writes" if action == "send" else "reads"
    return {
        "action": action,
        "title": f"{service} {verb} {topic}",
        "channel": {"$ref": f"#/channels/{topic}"},
        "tags": [{"name": service}],
    }


def _registered(version: Mapping[str, Any]) -> dict[str, Any]:
    from sandbox.cli.schemas_lines import record_name

    type_ = version.get("schemaType", "AVRO")
    schema = version["schema"] if type_ == "PROTOBUF" else json.loads(version["schema"])
    return {
        "name": record_name(version) or version["subject"],
        "contentType": CONTENT_TYPES.get(type_, "application/octet-stream"),
        "payload": {"schemaFormat": FORMATS.get(type_, type_), "schema": schema},
        "x-schema-registry": {each: version[each] for each in ("subject", "version", "id")},
    }


def _json(document: Mapping[str, Any]) -> str:
    return json.dumps(document, indent=2, ensure_ascii=False)
