from __future__ import annotations

from collections.abc import Iterator, Mapping, Set
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, PlainValidator, PrivateAttr, ValidationError, WithJsonSchema

from sandbox.clock import NANOS
from sandbox.contracts.catalog import Contracts
from sandbox.errors import InvalidFile
from sandbox.scenarios.attachments import Attachments
from sandbox.scenarios.encoding import ENCODINGS, Encode, as_avro
from sandbox.scenarios.filling import AvroFilling
from sandbox.scenarios.model.bad_value import BadValue, nearest
from sandbox.scenarios.model.units import format_duration
from sandbox.scenarios.outflow import Outflow, count_of
from sandbox.scenarios.ports import Outgoing
from sandbox.scenarios.record_maker import RecordMaker
from sandbox.scenarios.rows import Row, attached_rows
from sandbox.scenarios.stage import Turn
from sandbox.scenarios.steps.background import BackgroundStep
from sandbox.scenarios.steps.step import KAFKA, SCENARIO
from sandbox.scenarios.template.tree import Constant, Template, compile_template

KINDS = (".jsonl", ".ndjson")


class Recorded(BaseModel):
    """One line of a recording. A value is encoded as its topic wants it; `raw` are its bytes as they were."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    at_ms: float = Field(ge=0)
    """When, in milliseconds; only the differences count."""
    topic: str
    key: str | None = None
    headers: dict[str, str] = Field(default_factory=dict)
    value: Any = None
    """`null`, without `raw`, is a tombstone."""
    raw: str | dict[str, str] | None = None
    """A text, {hex: …} or {base64: …}."""


class _Line:
    """A recorded record with its templates compiled."""

    def __init__(self, row: Row) -> None:
        try:
            self.recorded = recorded = Recorded.model_validate(row.values)
            self.key = compile_template(recorded.key)
            self.headers = compile_template(recorded.headers)
            self.value = compile_template(recorded.value if recorded.raw is None else recorded.raw)
        except ValidationError as error:
            first = error.errors(include_url=False)[0]
            place = ".".join(str(part) for part in first["loc"])
            hint = "a line is {at_ms, topic, key, headers, value}, or raw in place of value"
            raise BadValue(f"{place}: {first['msg']}", where=row.where, hint=hint) from None
        except BadValue as error:
            raise BadValue(error.message, where=row.where, hint=error.hint) from None
        self.where = row.where

    def encoding(self, contracts: Contracts) -> str:
        if self.recorded.raw is not None:
            return "raw"
        topic = contracts.topics.get(self.recorded.topic)
        return topic.format if topic else "json"

    def completed(self, contracts: Contracts) -> Template | None:
        """Raises BadValue when the value does not fit the topic's contract."""
        if isinstance(self.value, Constant) and self.value.value is None:
            return None
        schema = contracts.schema_of(self.recorded.topic)
        return (
            self.value
            if schema is None or self.encoding(contracts) != "avro"
            else AvroFilling(schema).complete(self.value)
        )


def _recording(value: Any) -> str:
    if not isinstance(value, str) or not value.endswith(KINDS):
        raise BadValue(f"expected a recording, a file of JSON Lines, found {value!r}", hint="write recording.jsonl")
    return str(value)


class ReplayStep(BackgroundStep):
    """Publish recorded records again, each as long after the first as it was recorded.

    A line is `{"at_ms": 1200, "topic": …, "key": …, "headers": {…}, "value": …}`; strings may hold templates.
    """

    verb = "replay"
    file_keys = ("replay",)
    source: Annotated[str, PlainValidator(_recording), WithJsonSchema({"type": "string"})] = Field(alias="replay")
    """The recording, a file beside the scenario."""
    speed: float = Field(default=1.0, gt=0, le=1000)
    """How many times as fast as it was recorded."""
    _lines: tuple[_Line, ...] = PrivateAttr(default=())

    def attach(self, files: Attachments) -> None:
        try:
            rows = attached_rows(files, self.source, self.at)
        except BadValue as error:
            error.path = error.path or ("replay",)
            raise
        self._lines = tuple(sorted((_Line(row) for row in rows), key=lambda line: line.recorded.at_ms))

    def problems(self, contracts: Contracts, topics: Set[str]) -> Iterator[InvalidFile]:
        """What of the recording the contracts do not allow."""
        for line in self._lines:
            topic = line.recorded.topic
            if topic not in topics:
                close = nearest(topic, topics)
                hint = f"did you mean {close!r}?" if close else "name it under `topics:` in the scenario's header"
                yield InvalidFile(f"there is no topic {topic!r} in the contracts", where=line.where, hint=hint)
                continue
            try:
                line.completed(contracts)
            except BadValue as error:
                yield InvalidFile(error.message, where=line.where, hint=error.hint)

    def templates(self) -> Iterator[Template]:
        for line in self._lines:
            for template in (line.key, line.headers, line.value):
                yield from template.walk()

    def involves(self, names: Mapping[str, Any]) -> tuple[str, ...]:
        return (SCENARIO, KAFKA)

    def title(self, names: dict[str, Any] | None = None) -> str:
        lasts = format_duration(round(self._moment_ns(self._lines[-1]) / NANOS, 1)) if self._lines else ""
        times = "" if self.speed == 1 else f" {self.speed:g} times as fast"
        beside = " in the background" if self.background else ""
        return f"replay {count_of(len(self._lines))} of {self.source} in {lasts}{times}{beside}"

    def _moment_ns(self, line: _Line) -> int:
        return round((line.recorded.at_ms - self._lines[0].recorded.at_ms) * NANOS / 1000 / self.speed)

    async def run(self, turn: Turn) -> str:
        encodes = await self._encodes(turn)
        contracts, names = turn.world.contracts, dict(turn.names)

        def make(number: int) -> Outgoing:
            line = self._lines[number - 1]
            names["sequence"] = number
            return RecordMaker(
                line.recorded.topic,
                key=line.key,
                value=line.completed(contracts),
                headers=line.headers,
                encode=encodes[line.recorded.topic, line.encoding(contracts)],
                partition=None,
                names=names,
                new_trace=turn.stage.trace,
                locate=lambda *path: line.where,
            ).make(number)

        outflow = Outflow(turn.world, make, (self._moment_ns(line) for line in self._lines))
        if not await self.begin(turn, outflow):
            return "goes on"
        turn.remember(self.name, outflow.result())
        return outflow.told

    async def _encodes(self, turn: Turn) -> dict[tuple[str, str], Encode]:
        """One for each topic and encoding of the recording."""
        contracts = turn.world.contracts
        wanted = {(line.recorded.topic, line.encoding(contracts)) for line in self._lines}
        return {
            (topic, encoding): as_avro(await turn.world.avro_writer(topic))
            if encoding == "avro"
            else ENCODINGS[encoding]
            for topic, encoding in sorted(wanted)
        }
