"""Avro values in Confluent's wire format: magic byte 0, schema id, Avro body."""

from __future__ import annotations

import io
import struct
from collections.abc import Mapping
from typing import Any

import fastavro

from sandbox.contracts.catalog import Contracts
from sandbox.contracts.dead_letter import FailureCategory, RecordFailure
from sandbox.contracts.framing import FramingError, frame, unframe
from sandbox.contracts.names import Names
from sandbox.contracts.subject_strategy import SubjectStrategy
from sandbox.errors import UpstreamUnavailable, UsageError
from sandbox.kafka.avro_schema import full_name, misfits, prepared
from sandbox.kafka.registry_client import RegistryClient, RegistryRefused, SchemaUnknown

__all__ = ["AvroDeserializer", "AvroSerializer", "SchemaWriter", "register_contracts"]

_UNWRITABLE = (TypeError, ValueError, OverflowError, AttributeError, KeyError, IndexError, struct.error)
_UNREADABLE = (
    EOFError, IndexError, KeyError, MemoryError, OverflowError, TypeError, ValueError, struct.error,
    fastavro.read.SchemaResolutionError,
)  # fmt: skip


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
        for subject in (strategy.subject(topic.name, full_name(schema), names),)
    }


class SchemaWriter:
    """Writes the values of one `schema`, prepared, under its id in the registry."""

    def __init__(self, topic: str, schema_id: int, schema: Any, *, strict: bool) -> None:
        self._topic = topic
        self._head = frame(schema_id, b"")
        self._strict = strict
        self.schema = schema

    def __call__(self, value: Mapping[str, Any]) -> bytes:
        """Raises UsageError naming each field that does not fit."""
        body = io.BytesIO()
        body.write(self._head)
        try:
            fastavro.schemaless_writer(body, self.schema, value, strict_allow_default=self._strict)
        except _UNWRITABLE as error:
            reasons = misfits(value, self.schema)
            raise UsageError(
                f"the value does not fit {full_name(self.schema)}: {'; '.join(reasons) or error}", where=self._topic
            ) from None
        return body.getvalue()


class AvroSerializer:
    """Writes the values of contract topics.

    Subjects of its own `strategy` are never registered here: ids are those given at start, or looked up. Those of
    another one, asked for by the call, belong to nobody else, so they are registered at their first use.

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
        self._known: dict[tuple[str, SubjectStrategy], SchemaWriter] = {}

    async def serialize(
        self, topic: str, value: Mapping[str, Any], *, strategy: SubjectStrategy | None = None
    ) -> bytes:
        """The bytes of `value` for the logical `topic`, under the subject that `strategy` (default: its own) names.

        Raises UsageError naming each field that does not fit, or when the schema is not registered or refused;
        UpstreamUnavailable when the registry is needed and away.
        """
        return (await self.writer(topic, strategy=strategy))(value)

    async def writer(self, topic: str, *, strategy: SubjectStrategy | None = None) -> SchemaWriter:
        """What writes the values of `topic`, to be kept by who writes many. Raises as `serialize`."""
        place = (topic, strategy or self._strategy)
        known = self._known.get(place)
        if known is None:
            known = self._known[place] = SchemaWriter(topic, *await self._resolve(*place), strict=self._strict)
        return known

    async def registered_writer(self, topic: str, subject: str, version: int | None = None) -> SchemaWriter:
        """The same for the schema that is registered under a subject: its newest version, or this one.

        Raises UsageError when there is no such subject or version, UpstreamUnavailable when the registry is away.
        """
        try:
            found = await self._registry.version(subject, version)
        except RegistryRefused as error:
            hint = "`sandbox schemas list` shows the subjects, `sandbox schemas show SUBJECT` the versions"
            raise UsageError(f"{subject}: {error.message}", where=topic, hint=hint) from error
        return SchemaWriter(topic, found.schema_id, prepared(found.schema), strict=True)

    def forget(self) -> None:
        """Look ids up anew."""
        self._ids.clear()
        self._known.clear()

    async def _resolve(self, topic: str, strategy: SubjectStrategy) -> tuple[int, Any]:
        schema = self._contracts.schema_of(topic)
        if schema is None:
            raise UsageError("the contracts give this topic no Avro schema", where=topic)
        subject = strategy.subject(topic, full_name(schema), self._names)
        if subject not in self._ids:
            self._ids[subject] = await self._id(topic, subject, schema, registers=strategy is not self._strategy)
        return self._ids[subject], prepared(schema)

    async def _id(self, topic: str, subject: str, schema: Any, *, registers: bool) -> int:
        try:
            return await (self._registry.register if registers else self._registry.lookup)(subject, schema)
        except SchemaUnknown as error:
            raise UsageError(
                f"the contract's schema is not registered under {subject}: {error.message}",
                where=topic,
                hint="schemas are registered when the sandbox starts; `sandbox reset` registers them again",
            ) from error
        except RegistryRefused as error:
            raise UsageError(
                f"the contract's schema cannot be used: {error.message}", where=topic, hint=error.hint
            ) from error


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
            reason = f"schema {schema_id} ({full_name(writer)}) does not decode the value: {_brief(error)}"
            raise RecordFailure(FailureCategory.DESERIALIZATION, reason) from error

    def forget(self) -> None:
        """Ask for writers' schemas anew."""
        self._pairs.clear()

    async def _writer(self, schema_id: int) -> Any:
        try:
            return prepared(await self._registry.schema(schema_id))
        except UpstreamUnavailable as error:
            raise RecordFailure(FailureCategory.DOWNSTREAM_FAILURE, error.message) from error
        except RegistryRefused as error:
            raise RecordFailure(FailureCategory.DESERIALIZATION, f"schema id {schema_id}: {error.message}") from error
        except UsageError as error:
            raise RecordFailure(FailureCategory.DESERIALIZATION, f"schema id {schema_id}: {error.message}") from error


def _brief(error: Exception) -> str:
    """fastavro tells two schemas that do not match in full."""
    if isinstance(error, fastavro.read.SchemaResolutionError):
        return "the reader's schema does not match it"
    return str(error) or "it is too short"


def _same(one: Any, other: Any) -> bool:
    """Whether two prepared schemas say the same; fastavro's own members start with two underscores."""
    if not isinstance(one, dict) or not isinstance(other, dict):
        return one == other
    return {name: part for name, part in one.items() if not name.startswith("__")} == {
        name: part for name, part in other.items() if not name.startswith("__")
    }
