from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Literal

from pydantic import Field, model_validator

from sandbox.contracts.catalog import Contracts
from sandbox.contracts.subject_strategy import SubjectStrategy
from sandbox.errors import InvalidFile
from sandbox.scenarios.background import Background
from sandbox.scenarios.filling import AvroFilling
from sandbox.scenarios.model.bad_value import BadValue
from sandbox.scenarios.model.strict import Name, TemplatedMapping, TemplateField
from sandbox.scenarios.model.units import Rate
from sandbox.scenarios.outflow import Outflow
from sandbox.scenarios.ports import Outgoing
from sandbox.scenarios.record_maker import RecordMaker
from sandbox.scenarios.stage import Turn
from sandbox.scenarios.steps.step import Step
from sandbox.scenarios.template.tree import Constant, MappingTemplate, Template


class PublishStep(Step):
    """Publish records to a topic: one, many at a rate, or in the background until stopped.

    Each record starts a trace of its own under the run's correlation id. With `as: alert` later steps know
    `alert.request_id`, `correlation_id`, `trace_id`, `event_id`, `key`, `topic`, `partition`, `offset`, `value` of the
    last record, and `alert.count`.
    """

    verb = "publish"
    topic: str = Field(alias="publish", min_length=1)
    """The topic."""
    key: TemplateField | None = None
    """The record key; none when left out."""
    value: TemplateField = Field(default=None)  # type: ignore[assignment]
    """The value. In Avro, fields may be left out: they are filled from the schema. `null` is a tombstone."""
    headers: TemplatedMapping | None = None
    """Headers besides the tracing ones, or in their place."""
    count: int | None = Field(default=None, ge=1, le=10_000_000)
    """How many records; 1 when left out, without end in the background."""
    rate_per_s: Rate | None = Field(default=None, alias="rate")
    """How fast; as fast as possible when left out."""
    partition: int | None = Field(default=None, ge=0)
    """The partition; chosen by the key when left out."""
    format: Literal["avro", "json", "raw"] | None = None
    """How the value is encoded; the topic's own format when left out. Raw: a text, {hex: …} or {base64: …}."""
    subject_strategy: SubjectStrategy | None = Field(default=None, alias="subject-strategy")
    """How the registry's subject of an Avro value is named: by the topic (when left out), the record's full name, or
    both. The schema is registered under the other names at its first use."""
    background: bool = False
    """Go on with the next step; ends at `stop`, or after the last step."""
    name: Name | None = Field(default=None, alias="as")
    """The name by which later steps know it."""

    @model_validator(mode="after")
    def _ends(self) -> PublishStep:
        if self.background and self.name is None:
            raise BadValue("a publish in the background needs a name", hint="add `as: NAME`, to stop it by")
        if self.background and self.count is None and self.rate_per_s is None:
            raise BadValue("a publish in the background without count needs a rate", hint="add `rate: 10/s`")
        return self

    def title(self, names: dict[str, Any] | None = None) -> str:
        count = "records" if self.background and self.count is None else _records(self.count or 1)
        rate = "" if self.rate_per_s is None else f" at {self.rate_per_s:g}/s"
        return f"publish {count} to {self.topic}{rate}{' in the background' if self.background else ''}"

    def gives(self) -> Iterator[str]:
        if self.name is not None:
            yield self.name

    def encoding(self, contracts: Contracts) -> str:
        """avro, json or raw."""
        topic = contracts.topics.get(self.topic)
        return self.format or (topic.format if topic else "json")

    def completed(self, contracts: Contracts) -> Template | None:
        """The value with what was left out filled in; None is a tombstone. Raises BadValue."""
        encoding = self.encoding(contracts)
        if self.subject_strategy is not None and encoding != "avro":
            hint = "leave `subject-strategy` out"
            raise BadValue(f"a {encoding} record has no subject", hint=hint, path=("subject-strategy",))
        if isinstance(self.value, Constant) and self.value.value is None:
            return None
        if encoding == "avro":
            schema = contracts.schema_of(self.topic)
            if schema is None:
                raise BadValue(f"{self.topic} has no Avro schema in the contracts", hint="add `format: json` or raw")
            return AvroFilling(schema).complete(self.value if self.value is not None else MappingTemplate({}))
        if self.value is None:
            raise BadValue(f"a {encoding} record needs a value", hint="add `value:`")
        return self.value

    async def run(self, turn: Turn) -> str:
        maker = self._maker(turn)

        def make(number: int) -> Outgoing:
            outgoing = maker.make(number)
            if self.name is not None:
                turn.remember(self.name, maker.handle(outgoing))
            return outgoing

        count = self.count if self.background else self.count or 1
        outflow = Outflow(turn.world, make, count=count, rate_per_s=self.rate_per_s)
        if self.background:
            assert self.name is not None
            turn.stage.backgrounds.start(Background(self.name, outflow, f"publish {self.name}", self.at))
            return "goes on"
        await outflow.run()
        published = outflow.last_published
        assert published is not None
        if self.name is not None:
            position = {"partition": published.partition, "offset": published.offset}
            turn.remember(self.name, {**turn.stage.names[self.name], **position})
        place = f"{published.topic}-{published.partition}@{published.offset}"
        return place if outflow.sent == 1 else f"{outflow.sent} records, the last {place}"

    def _maker(self, turn: Turn) -> RecordMaker:
        try:
            value = self.completed(turn.world.contracts)
        except BadValue as error:
            raise InvalidFile(error.message, where=error.where or self.at_path(*error.path), hint=error.hint) from None
        return RecordMaker(
            self.topic,
            key=self.key,
            value=value,
            headers=self.headers,
            encoding=self.encoding(turn.world.contracts),
            partition=self.partition,
            subject_strategy=self.subject_strategy,
            names=dict(turn.names),
            new_trace=turn.stage.trace,
            locate=self.at_path,
        )


def _records(count: int) -> str:
    return "1 record" if count == 1 else f"{count:,} records"
