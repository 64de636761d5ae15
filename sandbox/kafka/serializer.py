"""Avro values in Confluent's wire format: magic byte 0, schema id, Avro body."""

from __future__ import annotations

import io
import struct
from collections.abc import Mapping
from enum import StrEnum
from typing import Any

import fastavro

from sandbox.contracts.catalog import Contracts
from sandbox.contracts.dead_letter import FailureCategory, RecordFailure
from sandbox.contracts.framing import FramingError, frame, unframe
from sandbox.contracts.names import Names
from sandbox.errors import UpstreamUnavailable, UsageError
from sandbox.kafka.avro_schema import full_name, misfits, prepared
from sandbox.kafka.registry_client import RegistryClient, RegistryRefused, SchemaUnknown

__all__ = ["AvroDeserializer", "AvroSerializer", "SubjectStrategy", "register_contracts"]

_UNWRITABLE = (TypeError, ValueError, OverflowError, AttributeError, KeyError, IndexError, struct.error)
_UNREADABLE = (
    EOFError, IndexError, KeyError, MemoryError, OverflowError, TypeError, ValueError, struct.error,
    fastavro.read.SchemaResolutionError,
)  # fmt: skip


class SubjectStrategy(StrEnum):
    """How a value's subject is named. The platform uses TOPIC_NAME."""

    TOPIC_NAME = "TopicNameStrategy"
    RECORD_NAME = "RecordNameStrategy"
    TOPIC_RECORD_NAME = "TopicRecordNameStrategy"

    def subject(self, topic: str, schema: Any, names: Names) -> str:
        """The subject of values of `schema` on the logical `topic`."""
        if self is SubjectStrategy.TOPIC_NAME:
            return names.value_subject(topic)
        if self is SubjectStrategy.RECORD_NAME:
            return f"{names.prefix}{full_name(schema)}"
        return f"{names.topic(topic)}-{full_name(schema)}"


async def register_contracts(
    registry: RegistryClient,
    contracts: Contracts,
    names: Names,
    strategy: SubjectStrategy = SubjectStrategy.TOPIC_NAME,
) -> dict[str, int]:
    """Register each Avro topic's schema under its subject, one after the other so that ids are stable. Subject → id."""
    return {
        subject: await registry.register(subject, schema)
        for topic, schema in contracts.avro_topics()
        for subject in (strategy.subject(topic.name, schema, names),)
    }


class AvroSerializer:
    """Writes the values of contract topics. It never registers a schema: ids are those given at start, or looked up.

    With `strict` a value may have no field that the schema has not; without, such fields are left out, which lets a
    service go on when a contract was swapped for one with fewer fields.
    """

    def __init__(
        self,
        registry: RegistryClient,
        contracts: Contracts,
        names: Names,
        *,
        strategy: SubjectStrategy = SubjectStrategy.TOPIC_NAME,
        ids: Mapping[str, int] | None = None,
        strict: bool = True,
    ) -> None:
        self._registry = registry
        self._contracts = contracts
        self._names = names
        self._strategy = strategy
        self._ids = dict(ids or {})
        self._strict = strict
        self._by_topic: dict[str, tuple[int, Any]] = {}

    async def serialize(self, topic: str, value: Mapping[str, Any]) -> bytes:
        """The bytes of `value` for the logical `topic`.

        Raises UsageError naming each field that does not fit, or when the schema is not registered;
        UpstreamUnavailable when the registry is needed and away.
        """
        known = self._by_topic.get(topic)
        if known is None:
            known = self._by_topic[topic] = await self._resolve(topic)
        schema_id, schema = known
        body = io.BytesIO()
        try:
            fastavro.schemaless_writer(body, schema, value, strict_allow_default=self._strict)
        except _UNWRITABLE as error:
            reasons = misfits(value, schema)
            raise UsageError(
                f"the value does not fit {full_name(schema)}: {'; '.join(reasons) or error}", where=topic
            ) from None
        return frame(schema_id, body.getvalue())

    async def _resolve(self, topic: str) -> tuple[int, Any]:
        schema = self._contracts.schema_of(topic)
        if schema is None:
            raise UsageError("the contracts give this topic no Avro schema", where=topic)
        subject = self._strategy.subject(topic, schema, self._names)
        if subject not in self._ids:
            try:
                self._ids[subject] = await self._registry.lookup(subject, schema)
            except SchemaUnknown as error:
                raise UsageError(
                    f"the contract's schema is not registered under {subject}: {error.message}",
                    where=topic,
                    hint="schemas are registered when the sandbox starts; `sandbox reset` registers them again",
                ) from error
        return self._ids[subject], prepared(schema)


class AvroDeserializer:
    """Reads values by the schema they were written with, and turns them into the reader's schema where one is given."""

    def __init__(self, registry: RegistryClient) -> None:
        self._registry = registry
        self._pairs: dict[tuple[int, int], tuple[Any, Any]] = {}

    async def deserialize(self, data: bytes, reader: Any = None) -> Any:
        """The value in `data`; `reader` is a prepared schema that the caller keeps, or None to see what was written.

        Raises RecordFailure: DESERIALIZATION with the reason, or DOWNSTREAM_FAILURE when the registry is away.
        """
        try:
            schema_id, body = unframe(data)
        except FramingError as error:
            raise RecordFailure(FailureCategory.DESERIALIZATION, error.message) from error
        pair = self._pairs.get((schema_id, id(reader)))
        if pair is None:
            writer = await self._writer(schema_id)
            pair = (writer, None if reader is None or _same(writer, reader) else reader)
            self._pairs[schema_id, id(reader)] = pair
        writer, other = pair
        try:
            return fastavro.schemaless_reader(io.BytesIO(body), writer, other)
        except _UNREADABLE as error:
            reason = f"schema {schema_id} ({full_name(writer)}) does not decode the value: {error or 'it is too short'}"
            raise RecordFailure(FailureCategory.DESERIALIZATION, reason) from error

    async def _writer(self, schema_id: int) -> Any:
        try:
            return prepared(await self._registry.schema(schema_id))
        except UpstreamUnavailable as error:
            raise RecordFailure(FailureCategory.DOWNSTREAM_FAILURE, error.message) from error
        except RegistryRefused as error:
            raise RecordFailure(FailureCategory.DESERIALIZATION, f"schema id {schema_id}: {error.message}") from error
        except UsageError as error:
            raise RecordFailure(FailureCategory.DESERIALIZATION, f"schema id {schema_id}: {error.message}") from error


def _same(one: Any, other: Any) -> bool:
    """Whether two prepared schemas say the same; fastavro's own members start with two underscores."""
    if not isinstance(one, dict) or not isinstance(other, dict):
        return one == other
    return {name: part for name, part in one.items() if not name.startswith("__")} == {
        name: part for name, part in other.items() if not name.startswith("__")
    }
