from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Literal

from pydantic import Field, model_validator

from sandbox.errors import InvalidFile, UsageError
from sandbox.scenarios.background import Background
from sandbox.scenarios.filling import RECORD_KEY, AvroFilling
from sandbox.scenarios.model.bad_value import BadValue
from sandbox.scenarios.model.strict import Name, TemplatedMapping, TemplateField
from sandbox.scenarios.model.units import Rate
from sandbox.scenarios.outflow import Outflow
from sandbox.scenarios.ports import Outgoing
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

    def encoding(self, turn_contracts: Any) -> str:
        """avro, json or raw."""
        topic = turn_contracts.topics.get(self.topic)
        return self.format or (topic.format if topic else "json")

    def completed(self, contracts: Any) -> Template | None:
        """The value with what was left out filled in; None is a tombstone. Raises BadValue."""
        encoding = self.encoding(contracts)
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
        count = self.count if self.background else self.count or 1
        outflow = Outflow(turn.world, self._maker(turn), count=count, rate_per_s=self.rate_per_s)
        if self.background:
            assert self.name is not None
            turn.stage.backgrounds.start(Background(self.name, outflow, self.at))
            return "goes on"
        await outflow.run()
        last, published = outflow.last_sent, outflow.last_published
        assert last is not None and published is not None
        turn.remember(self.name, {**turn.stage.names.get(self.name or "", {}), **_position(published)})
        place = f"{published.topic}-{published.partition}@{published.offset}"
        return place if outflow.sent == 1 else f"{outflow.sent} records, the last {place}"

    def _maker(self, turn: Turn) -> Callable[[int], Outgoing]:
        """What builds record number n; all that is the same in every record is evaluated here, once."""
        try:
            completed = self.completed(turn.world.contracts)
        except BadValue as error:
            raise InvalidFile(error.message, where=error.where or self.at_path(*error.path), hint=error.hint) from None
        names = dict(turn.names)
        value = None if completed is None else completed.fold(names)
        key = None if self.key is None else self.key.fold(names)
        headers = None if self.headers is None else self.headers.fold(names)
        encode = _ENCODINGS[self.encoding(turn.world.contracts)]
        stage = turn.stage

        def make(number: int) -> Outgoing:
            names["sequence"] = number
            record_key = None if key is None else _text(key.render(names))
            names[RECORD_KEY] = record_key
            content = None if value is None else value.render(names)
            outgoing = Outgoing(
                topic=self.topic,
                key=record_key,
                value=None if value is None else encode(content, self.at),
                trace=stage.trace(),
                headers=() if headers is None else _headers(headers.render(names)),
                partition=self.partition,
            )
            if self.name is not None:
                turn.remember(self.name, _handle(outgoing, content, number))
            return outgoing

        return make


def _avro(content: Any, where: str) -> Any:
    if not isinstance(content, Mapping):
        raise UsageError(f"an Avro record is a mapping, the value is a {type(content).__name__}", where=where)
    return content


def _json(content: Any, where: str) -> bytes:
    try:
        return json.dumps(content, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()
    except (TypeError, ValueError) as error:
        raise UsageError(f"the value is not JSON: {error}", where=where) from None


def _raw(content: Any, where: str) -> bytes:
    if isinstance(content, str):
        return content.encode()
    if isinstance(content, Mapping) and len(content) == 1:
        (form, text), *_ = content.items()
        try:
            if form == "hex":
                return bytes.fromhex(str(text))
            if form == "base64":
                return base64.b64decode(str(text), validate=True)
        except (ValueError, binascii.Error) as error:
            raise UsageError(f"the value is not {form}: {error}", where=where) from None
    raise UsageError("a raw value is a text, {hex: …} or {base64: …}", where=where)


_ENCODINGS: dict[str, Callable[[Any, str], Any]] = {"avro": _avro, "json": _json, "raw": _raw}


def _handle(outgoing: Outgoing, content: Any, number: int) -> dict[str, Any]:
    """What later steps know a record by."""
    trace = outgoing.trace
    event_id = content.get("event_id") if isinstance(content, Mapping) else None
    return {
        "request_id": trace.request_id,
        "correlation_id": trace.correlation_id,
        "trace_id": trace.trace_id,
        "event_id": event_id,
        "topic": outgoing.topic,
        "key": outgoing.key,
        "value": content,
        "count": number,
    }


def _position(published: Any) -> dict[str, Any]:
    return {"partition": published.partition, "offset": published.offset}


def _headers(rendered: Mapping[str, Any]) -> tuple[tuple[str, bytes], ...]:
    return tuple((name, str(value).encode()) for name, value in rendered.items())


def _text(value: Any) -> str | None:
    return value if value is None or isinstance(value, str) else str(value)


def _records(count: int) -> str:
    return "1 record" if count == 1 else f"{count:,} records"
