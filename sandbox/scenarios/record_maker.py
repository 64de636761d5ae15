"""Builds the records of one publish step: all that is the same in each of them is evaluated once, at the start."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from sandbox.contracts.tracing import CORRELATION_ID, REQUEST_ID, TRACEPARENT, TraceContext
from sandbox.errors import UsageError
from sandbox.scenarios.encoding import Encode
from sandbox.scenarios.filling import RECORD_KEY
from sandbox.scenarios.model.bad_value import BadValue
from sandbox.scenarios.ports import Outgoing
from sandbox.scenarios.rows import Row
from sandbox.scenarios.template.tree import Constant, Template

__all__ = ["LastRecord", "RecordMaker"]

_ID_HEADERS = frozenset(name.lower() for name in (REQUEST_ID, CORRELATION_ID, TRACEPARENT))


class RecordMaker:
    """`make(n)` is record number n, counted from 1. `names` is the step's own and gets `sequence`, the record's
    key, and `row` where there are `rows`, which begin again after the last.

    `locate` says where in the file a part of the value stands; `new_trace` begins the trace of a record.
    """

    def __init__(
        self,
        topic: str,
        *,
        key: Template | None,
        value: Template | None,
        headers: Template | None,
        encode: Encode,
        partition: int | None,
        names: dict[str, Any],
        new_trace: Callable[[], TraceContext],
        locate: Callable[..., str],
        rows: Sequence[Row] = (),
    ) -> None:
        self._topic = topic
        self._rows = rows
        if rows:
            names["row"] = rows[0].values
        self._key = None if key is None else key.fold(names)
        self._value = None if value is None else value.fold(names)
        folded = None if headers is None else headers.fold(names)
        self._headers = None if isinstance(folded, Constant) else folded
        self._ready_headers = _headers(folded.value) if isinstance(folded, Constant) else ()
        self._encode = encode
        self._partition = partition
        self._names = names
        self._new_trace = new_trace
        self._locate = locate
        self.content: Any = None
        """The last record's value before it was encoded."""
        self.last: Outgoing | None = None
        self.count = 0

    def make(self, number: int) -> Outgoing:
        """Raises UsageError when something rendered does not fit, with the row where there is one."""
        try:
            return self._make(number)
        except UsageError as error:
            if self._rows:
                error.message = f"{error.message} (row {self._row(number).where})"
            raise

    def _make(self, number: int) -> Outgoing:
        names = self._names
        names["sequence"] = number
        if self._rows:
            names["row"] = self._row(number).values
        key = None if self._key is None else _text(self._key.render(names))
        names[RECORD_KEY] = key
        headers = self._ready_headers if self._headers is None else _headers(self._headers.render(names))
        value = None
        if self._value is not None:
            try:
                self.content = self._value.render(names)
                value = self._encode(self.content)
            except BadValue as error:
                raise UsageError(error.message, where=self._locate(*error.path), hint=error.hint) from None
        trace = self._new_trace()
        self.last = outgoing = Outgoing(
            topic=self._topic,
            key=key,
            value=value,
            trace=_trace(trace, headers) if headers else trace,
            headers=headers,
            partition=self._partition,
        )
        self.count = number
        return outgoing

    def _row(self, number: int) -> Row:
        return self._rows[(number - 1) % len(self._rows)]


class LastRecord(Mapping[str, Any]):
    """What later steps know a publish by: the record that was made last, looked up when somebody asks."""

    MEMBERS = ("request_id", "correlation_id", "trace_id", "event_id", "topic", "key", "value", "count")

    def __init__(self, maker: RecordMaker) -> None:
        self._maker = maker

    def __getitem__(self, member: str) -> Any:
        outgoing, content = self._maker.last, self._maker.content
        if outgoing is None or member not in self.MEMBERS:
            raise KeyError(member)
        if member in ("request_id", "correlation_id", "trace_id"):
            return getattr(outgoing.trace, member)
        if member == "event_id":
            return content.get("event_id") if isinstance(content, Mapping) else None
        return {"topic": outgoing.topic, "key": outgoing.key, "value": content, "count": self._maker.count}[member]

    def __iter__(self) -> Iterator[str]:
        return iter(() if self._maker.last is None else self.MEMBERS)

    def __len__(self) -> int:
        return 0 if self._maker.last is None else len(self.MEMBERS)


def _trace(trace: TraceContext, headers: tuple[tuple[str, bytes], ...]) -> TraceContext:
    """A step may give ids of its own as headers."""
    if not any(name.lower() in _ID_HEADERS for name, _ in headers):
        return trace
    return TraceContext.accept({**trace.headers(), **{name: value.decode() for name, value in headers}})


def _headers(rendered: Mapping[str, Any]) -> tuple[tuple[str, bytes], ...]:
    return tuple((name, str(value).encode()) for name, value in rendered.items())


def _text(value: Any) -> str | None:
    return value if value is None or isinstance(value, str) else str(value)
