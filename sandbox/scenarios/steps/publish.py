from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import Field, PlainValidator, PrivateAttr, WithJsonSchema, model_validator

from sandbox.contracts.catalog import Contracts
from sandbox.contracts.poison import Poison
from sandbox.contracts.subject_strategy import SubjectStrategy
from sandbox.errors import InvalidFile, UsageError
from sandbox.scenarios.attachments import Attachments
from sandbox.scenarios.disorder import Disorder, chooser
from sandbox.scenarios.encoding import ENCODINGS, Encode, as_avro, poisoned
from sandbox.scenarios.filling import AvroFilling
from sandbox.scenarios.model.bad_value import BadValue
from sandbox.scenarios.model.pace import PortionField
from sandbox.scenarios.model.strict import TemplatedMapping, TemplateField
from sandbox.scenarios.outflow import Outflow, count_of
from sandbox.scenarios.record_maker import LastRecord, RecordMaker
from sandbox.scenarios.rows import KINDS, Row, attached_rows
from sandbox.scenarios.stage import Turn
from sandbox.scenarios.steps.paced import PacedStep
from sandbox.scenarios.steps.step import KAFKA, SCENARIO
from sandbox.scenarios.template.tree import Constant, MappingTemplate, Produced, Template

_SUBJECT = re.compile(r"(?P<subject>.+?)(?::(?P<version>[1-9]\d{0,9}|latest))?\Z")


def _subject(value: Any) -> tuple[str, int | None]:
    match = _SUBJECT.match(value.strip()) if isinstance(value, str) and value.strip() else None
    if match is None:
        raise BadValue(f"expected a subject, found {value!r}", hint="write orders-value or orders-value:3")
    version = match["version"]
    return match["subject"], None if version in (None, "latest") else int(version)


SubjectField = Annotated[
    tuple[str, int | None], PlainValidator(_subject), WithJsonSchema({"type": "string", "examples": ["orders-value:3"]})
]


def _data_file(value: Any) -> str:
    if not isinstance(value, str) or not value.endswith(KINDS):
        raise BadValue(f"expected a file of JSON Lines or CSV, found {value!r}", hint="traffic.jsonl or traffic.csv")
    return str(value)


class PublishStep(PacedStep):
    """Publish records to a topic: one, many at a pace, or in the background until stopped.

    Each record starts a trace of its own under the run's correlation id. With `as: alert` later steps know
    `alert.request_id`, `correlation_id`, `trace_id`, `event_id`, `key`, `topic`, `partition`, `offset`, `value` of the
    last record, and `alert.count`.
    """

    verb = "publish"
    file_keys = ("from",)
    topic: str = Field(alias="publish", min_length=1)
    """The topic."""
    key: TemplateField | None = None
    """The record key; none when left out."""
    value: TemplateField = Field(default=None)  # type: ignore[assignment]
    """The value. In Avro, fields may be left out: they are filled from the schema. `null` is a tombstone."""
    raw: TemplateField | None = None
    """The value's bytes, in place of `value`: a text, {text: …}, {hex: …} or {base64: …}."""
    poison: Poison | None = None
    """Make a record that no consumer can read: bad-magic, unknown-id, undecodable or wrong-schema."""
    source: Annotated[str, PlainValidator(_data_file), WithJsonSchema({"type": "string"})] | None = Field(
        default=None, alias="from"
    )
    """A file of JSON Lines or CSV beside the scenario, a record for each row: `{{ row.price }}` in key, value and
    headers. The row is the value when that is left out. A larger `count` begins at the first row again."""
    headers: TemplatedMapping | None = None
    """Headers besides the tracing ones, or in their place."""
    partition: int | None = Field(default=None, ge=0)
    """The partition; chosen by the key when left out."""
    format: Literal["avro", "json", "raw"] | None = None
    """How the value is encoded; the topic's own format when left out."""
    avro_schema: SubjectField | None = Field(default=None, alias="schema")
    """Write Avro by a schema of the registry: a subject, or `subject:version`; the newest version when left out."""
    subject_strategy: SubjectStrategy | None = Field(default=None, alias="subject-strategy")
    """How the registry's subject of an Avro value is named: by the topic (when left out), the record's full name, or
    both. The schema is registered under the other names at its first use."""
    duplicates: PortionField | None = None
    """`5%` or `every 10th`: these are sent twice, with the same ids."""
    out_of_order: PortionField | None = Field(default=None, alias="out-of-order")
    """`5%` or `every 10th`: these are sent after the next one of the same key."""
    keep_going: bool = Field(default=False, alias="keep-going")
    """Go on when Kafka does not take a record, which is then lost: `NAME.failed` counts them."""
    _rows: tuple[Row, ...] = PrivateAttr(default=())

    @model_validator(mode="after")
    def _one_value(self) -> PublishStep:
        if self.raw is not None and (self.value is not None or self.format not in (None, "raw")):
            other = "value" if self.value is not None else "format"
            raise BadValue(f"`raw` and `{other}` both say what the value is", hint="keep one of them")
        if self.avro_schema is not None and (self.raw is not None or self.format not in (None, "avro")):
            raise BadValue("a value by a schema of the registry is Avro", hint="leave `format` and `raw` out")
        if self.avro_schema is not None and self.subject_strategy is not None:
            raise BadValue("`schema` names the subject already", hint="leave `subject-strategy` out")
        return self

    def _ends(self) -> bool:
        return super()._ends() or self.source is not None

    def attach(self, files: Attachments) -> None:
        if self.source is not None:
            try:
                self._rows = attached_rows(files, self.source, self.at)
            except BadValue as error:
                error.path = error.path or ("from",)
                raise

    @property
    def own_names(self) -> frozenset[str]:
        return frozenset({"sequence", "row"} if self.source else {"sequence"})

    def involves(self, names: Mapping[str, Any]) -> tuple[str, ...]:
        return (SCENARIO, KAFKA)

    def title(self, names: dict[str, Any] | None = None) -> str:
        poison = "" if self.poison is None else f" with {self.poison}"
        rows = "" if self.source is None else f" from {self.source}"
        return f"publish {self._what()} to {self.topic}{poison}{rows}{self.pace_title(names)}"

    def _what(self) -> str:
        if self.count is not None or not (self.background or self._ends()):
            return count_of(self.count or 1)
        return count_of(len(self._rows)) if self._rows and not (self.for_s or self.stages) else "records"

    def encoding(self, contracts: Contracts) -> str:
        """avro, json or raw."""
        if self.raw is not None:
            return "raw"
        if self.avro_schema is not None:
            return "avro"
        topic = contracts.topics.get(self.topic)
        return self.format or (topic.format if topic else "json")

    def completed(self, contracts: Contracts, schema: Any = None) -> Template | None:
        """The value with what was left out filled in; None is a tombstone. Raises BadValue.

        `schema` is that of the registry; without it a value that is to be written by one stays as it is.
        """
        encoding = self.encoding(contracts)
        if self.subject_strategy is not None and encoding != "avro":
            hint = "leave `subject-strategy` out"
            raise BadValue(f"a {encoding} record has no subject", hint=hint, path=("subject-strategy",))
        value = self.raw if self.raw is not None else self.value
        if isinstance(value, Constant) and value.value is None:
            return None
        if value is None and self.source is not None:
            value = Produced(lambda names: names["row"])
        if encoding == "avro":
            if self.avro_schema is not None and schema is None:
                return value
            schema = schema or contracts.schema_of(self.topic)
            if schema is None:
                hint = "add `format: json`, `raw:`, or `schema:` with a subject of the registry"
                raise BadValue(f"{self.topic} has no Avro schema in the contracts", hint=hint)
            return AvroFilling(schema).complete(value if value is not None else MappingTemplate({}))
        if value is None and self.poison is not None:
            return Constant({} if encoding == "json" else "")
        if value is None:
            raise BadValue(f"a {encoding} record needs a value", hint="add `value:`")
        return value

    async def run(self, turn: Turn) -> str:
        maker = await self._maker(turn)
        once = len(self._rows) or (None if self.background else 1)
        disorder = None
        if self.duplicates or self.out_of_order:
            chance = self.chance(turn)
            disorder = Disorder(chooser(self.duplicates, chance), chooser(self.out_of_order, chance))
        outflow = Outflow(
            turn.world, maker.make, self.moments(turn, once), disorder=disorder, keep_going=self.keep_going
        )
        last = LastRecord(maker)
        turn.remember(self.name, last)
        if not await self.begin(turn, outflow):
            return "goes on"
        published = outflow.last_published
        if published is None:
            return "no record"
        position = {"partition": published.partition, "offset": published.offset}
        turn.remember(self.name, {**last, **position, **outflow.result()})
        place = f"{published.topic}-{published.partition}@{published.offset}"
        return place if outflow.sent == 1 else f"{outflow.told}, the last {place}"

    async def _maker(self, turn: Turn) -> RecordMaker:
        try:
            encode, schema = await self._encode(turn)
            value = self.completed(turn.world.contracts, schema)
        except BadValue as error:
            raise InvalidFile(error.message, where=error.where or self.at_path(*error.path), hint=error.hint) from None
        return RecordMaker(
            self.topic,
            key=self.key,
            value=value,
            headers=self.headers,
            encode=encode,
            partition=self.partition,
            names=dict(turn.names),
            new_trace=turn.stage.trace,
            locate=self._locate_value,
            rows=self._rows,
        )

    def _locate_value(self, *path: str | int) -> str:
        if self.raw is not None and path[:1] == ("value",):
            path = ("raw", *path[1:])
        return self.at_path(*path)

    async def _encode(self, turn: Turn) -> tuple[Encode, Any]:
        """What makes a value's bytes, and the registry's schema if that is asked for."""
        world, encoding = turn.world, self.encoding(turn.world.contracts)
        schema = None
        if self.poison is Poison.WRONG_SCHEMA:
            foreign = await world.foreign_record(self.topic)
            return (lambda content: foreign), None
        if encoding == "avro":
            self.completed(world.contracts)
            subject, version = self.avro_schema or (None, None)
            try:
                writer = await world.avro_writer(
                    self.topic, strategy=self.subject_strategy, subject=subject, version=version
                )
            except UsageError as error:
                error.where = self.at_path("schema") if self.avro_schema else self.at
                raise
            encode = as_avro(writer)
            schema = writer.schema if self.avro_schema else None
        else:
            encode = ENCODINGS[encoding]
        return encode if self.poison is None else poisoned(encode, self.poison), schema
