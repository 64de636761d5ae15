"""Builds the records of one publish step: all that is the same in each of them is evaluated once, at the start."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable, Mapping
from typing import Any

from sandbox.contracts.subject_strategy import SubjectStrategy
from sandbox.contracts.tracing import CORRELATION_ID, REQUEST_ID, TRACEPARENT, TraceContext
from sandbox.errors import UsageError
from sandbox.scenarios.filling import RECORD_KEY
from sandbox.scenarios.model.bad_value import BadValue
from sandbox.scenarios.ports import Outgoing
from sandbox.scenarios.template.tree import Template

__all__ = ["ENCODINGS", "RecordMaker"]

_ID_HEADERS = frozenset(name.lower() for name in (REQUEST_ID, CORRELATION_ID, TRACEPARENT))


class RecordMaker:
    """`make(n)` is record number n, counted from 1. `names` is the step's own and gets `sequence` and the record's key.

    `locate` says where in the file a part of the value stands; `new_trace` begins the trace of a record.
    """

    def __init__(
        self,
        topic: str,
        *,
        key: Template | None,
        value: Template | None,
        headers: Template | None,
        encoding: str,
        partition: int | None,
        subject_strategy: SubjectStrategy | None,
        names: dict[str, Any],
        new_trace: Callable[[], TraceContext],
        locate: Callable[..., str],
    ) -> None:
        self._topic = topic
        self._key = None if key is None else key.fold(names)
        self._value = None if value is None else value.fold(names)
        self._headers = None if headers is None else headers.fold(names)
        self._encode = ENCODINGS[encoding]
        self._partition = partition
        self._subject_strategy = subject_strategy
        self._names = names
        self._new_trace = new_trace
        self._locate = locate
        self.content: Any = None
        """The last record's value before it was encoded."""

    def make(self, number: int) -> Outgoing:
        """Raises UsageError when something rendered does not fit."""
        names = self._names
        names["sequence"] = number
        key = None if self._key is None else _text(self._key.render(names))
        names[RECORD_KEY] = key
        headers = () if self._headers is None else _headers(self._headers.render(names))
        value = None
        if self._value is not None:
            try:
                self.content = self._value.render(names)
                value = self._encode(self.content)
            except BadValue as error:
                raise UsageError(error.message, where=self._locate(*error.path), hint=error.hint) from None
        return Outgoing(
            topic=self._topic,
            key=key,
            value=value,
            trace=_trace(self._new_trace(), headers),
            headers=headers,
            partition=self._partition,
            subject_strategy=self._subject_strategy,
        )

    def handle(self, outgoing: Outgoing) -> dict[str, Any]:
        """What later steps know the record by."""
        trace, content = outgoing.trace, self.content
        return {
            "request_id": trace.request_id,
            "correlation_id": trace.correlation_id,
            "trace_id": trace.trace_id,
            "event_id": content.get("event_id") if isinstance(content, Mapping) else None,
            "topic": outgoing.topic,
            "key": outgoing.key,
            "value": content,
            "count": self._names["sequence"],
        }


def _trace(trace: TraceContext, headers: tuple[tuple[str, bytes], ...]) -> TraceContext:
    """A step may give ids of its own as headers."""
    if not any(name.lower() in _ID_HEADERS for name, _ in headers):
        return trace
    return TraceContext.accept({**trace.headers(), **{name: value.decode() for name, value in headers}})


def _avro(content: Any) -> Any:
    if not isinstance(content, Mapping):
        raise BadValue(f"expected the fields of an Avro record, found a {type(content).__name__}", path=("value",))
    return content


def _json(content: Any) -> bytes:
    try:
        return json.dumps(content, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()
    except (TypeError, ValueError) as error:
        raise BadValue(f"the value is not JSON: {error}", path=("value",)) from None


def _raw(content: Any) -> bytes:
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
            raise BadValue(f"the value is not {form}: {error}", path=("value", form)) from None
    raise BadValue("a raw value is a text, {hex: …} or {base64: …}", path=("value",))


ENCODINGS: dict[str, Callable[[Any], Any]] = {"avro": _avro, "json": _json, "raw": _raw}
"""What a record's value becomes before it is sent; Avro is encoded by the world, which knows the registry."""


def _headers(rendered: Mapping[str, Any]) -> tuple[tuple[str, bytes], ...]:
    return tuple((name, str(value).encode()) for name, value in rendered.items())


def _text(value: Any) -> str | None:
    return value if value is None or isinstance(value, str) else str(value)
