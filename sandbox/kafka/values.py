"""Record values by their topic's contract: Avro where it has a schema, else JSON."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from sandbox.contracts.catalog import Contracts
from sandbox.contracts.dead_letter import FailureCategory, RecordFailure
from sandbox.contracts.framing import schema_id_of
from sandbox.contracts.poison import Poison, bad_magic, least_value, undecodable, unknown_id
from sandbox.contracts.subject_strategy import SubjectStrategy
from sandbox.errors import UsageError
from sandbox.kafka.avro_schema import prepared
from sandbox.kafka.serializer import AvroDeserializer, AvroSerializer, SchemaWriter

__all__ = ["TopicValues", "View"]

_WAYS = {Poison.BAD_MAGIC: bad_magic, Poison.UNKNOWN_ID: unknown_id, Poison.UNDECODABLE: undecodable}


@dataclass(frozen=True, slots=True)
class View:
    """A value for whoever looks on. `reason` says why a value that should be Avro or JSON cannot be decoded."""

    format: Literal["avro", "json", "text", "binary", "none"]
    value: Any = None
    reason: str | None = None


class TopicValues:
    """Encodes and decodes the values of logical topics."""

    def __init__(self, contracts: Contracts, serializer: AvroSerializer, deserializer: AvroDeserializer) -> None:
        self._contracts = contracts
        self._serializer = serializer
        self._deserializer = deserializer
        self._readers: dict[str, Any] = {}

    async def encode(self, topic: str, value: Mapping[str, Any], *, strategy: SubjectStrategy | None = None) -> bytes:
        """`strategy` names the subject of an Avro value in place of the serializer's own.

        Raises UsageError when the value does not fit, UpstreamUnavailable when the registry is needed and away.
        """
        if self._contracts.schema_of(topic) is not None:
            return await self._serializer.serialize(topic, value, strategy=strategy)
        try:
            return json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()
        except (TypeError, ValueError) as error:
            raise UsageError(f"the value is not JSON: {error}", where=topic) from None

    async def avro_writer(
        self,
        topic: str,
        *,
        strategy: SubjectStrategy | None = None,
        subject: str | None = None,
        version: int | None = None,
    ) -> SchemaWriter:
        """What writes Avro for a topic: by its contract, or by a registered `subject` and `version`.

        Raises UsageError, or UpstreamUnavailable when the registry is needed and away.
        """
        if subject is not None:
            return await self._serializer.registered_writer(topic, subject, version)
        return await self._serializer.writer(topic, strategy=strategy)

    async def poisoned(self, topic: str, value: bytes | None, way: Poison) -> bytes:
        """A record of the topic, as its bytes, made into one that no consumer of its contract can read.

        Raises UsageError when the contracts have no other schema for `wrong-schema`, UpstreamUnavailable when the
        registry is needed for it and away.
        """
        if way is not Poison.WRONG_SCHEMA:
            return _WAYS[way](value)
        for other, schema in self._contracts.avro_topics():
            foreign = await self._serializer.serialize(other.name, least_value(schema))
            if not await self._can_read(topic, foreign):
                return foreign
        raise UsageError(
            f"the contracts have no Avro schema whose records {topic} could not read",
            where="wrong-schema",
            hint="use bad-magic, unknown-id or undecodable",
        )

    async def _can_read(self, topic: str, data: bytes) -> bool:
        try:
            await self.decode(topic, data)
        except RecordFailure as failure:
            return failure.category is not FailureCategory.DESERIALIZATION
        return True

    def forget_schemas(self) -> None:
        """Ask the registry anew for all of them."""
        self._serializer.forget()
        self._deserializer.forget()

    async def decode(self, topic: str, data: bytes | None) -> dict[str, Any]:
        """The value as a consumer of the contract sees it: read with the contract's schema, whoever wrote it.

        A topic without a contract is read as Avro if it looks framed, else as JSON. Raises RecordFailure.
        """
        if data is None:
            raise RecordFailure(FailureCategory.DESERIALIZATION, "the record has no value")
        if self._contracts.schema_of(topic) is not None or (
            topic not in self._contracts.topics and schema_id_of(data) is not None
        ):
            value = await self._deserializer.deserialize(data, self._reader(topic))
        else:
            value = _json(data)
        if not isinstance(value, dict):
            raise RecordFailure(FailureCategory.DESERIALIZATION, f"the value is a {type(value).__name__}, not a record")
        return value

    async def view(self, topic: str, data: bytes | None) -> View:
        """The value as it was written, whatever the contract wants: never fails, says what is wrong instead."""
        if data is None:
            return View("none")
        known = self._contracts.topics.get(topic)
        wants_avro = known is not None and known.schema is not None
        try:
            if wants_avro or schema_id_of(data) is not None:
                return View("avro", await self._deserializer.deserialize(data))
            return View("json", _json(data))
        except RecordFailure as failure:
            if known is not None:
                return View(_guess(data), reason=failure.message)
        text = _text(data)
        return View("binary") if text is None else View("text", text)

    def _reader(self, topic: str) -> Any:
        if topic not in self._readers:
            schema = self._contracts.schema_of(topic)
            self._readers[topic] = None if schema is None else prepared(schema)
        return self._readers[topic]


def _text(data: bytes) -> str | None:
    try:
        text = data.decode()
    except UnicodeDecodeError:
        return None
    return text if all(character.isprintable() or character in "\r\n\t" for character in text) else None


def _guess(data: bytes) -> Literal["text", "binary"]:
    return "binary" if _text(data) is None else "text"


def _json(data: bytes) -> Any:
    try:
        return json.loads(data)
    except ValueError as error:
        raise RecordFailure(FailureCategory.DESERIALIZATION, f"the value is not JSON: {error}") from error
