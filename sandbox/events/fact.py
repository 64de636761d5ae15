"""What every fact has, and where facts are recorded."""

from __future__ import annotations

from dataclasses import dataclass, fields
from functools import cache
from typing import Any, Protocol

from sandbox.contracts.tracing import TraceContext

__all__ = ["Fact", "FactSink", "trace_fields"]


@cache
def _names(kind: type[Fact]) -> tuple[str, ...]:
    """The members of a kind, in the order in which they are written."""
    return tuple(each.name for each in fields(kind))


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    at_ms: int
    source: str
    request_id: str | None = None
    correlation_id: str | None = None
    trace_id: str | None = None
    span_id: str | None = None
    parent_span_id: str | None = None
    tenant: str | None = None

    @property
    def kind(self) -> str:
        return type(self).__name__

    def to_json(self) -> dict[str, Any]:
        """`{"kind": …, "at_ms": …, …}` without the members that are None."""
        members: dict[str, Any] = {"kind": type(self).__name__}
        for name in _names(type(self)):
            value = getattr(self, name)
            if value is not None:
                members[name] = value
        return members


class FactSink(Protocol):
    """Where a component records its facts. `record` returns at once and never raises."""

    def record(self, fact: Fact) -> None: ...


def trace_fields(trace: TraceContext | None) -> dict[str, str | None]:
    """The trace fields of a fact: `RequestServed(at_ms=…, source=…, **trace_fields(trace), …)`."""
    if trace is None:
        return {}
    return {
        "request_id": trace.request_id,
        "correlation_id": trace.correlation_id,
        "trace_id": trace.trace_id,
        "span_id": trace.span_id,
        "parent_span_id": trace.parent_span_id,
        "tenant": trace.tenant,
    }
