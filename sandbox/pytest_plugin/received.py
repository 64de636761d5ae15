"""A record that came, and what a test looks for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from sandbox.contracts.tracing import CORRELATION_ID, REQUEST_ID, TENANT_ID

__all__ = ["Received", "Wanted", "Where"]


@dataclass(frozen=True, slots=True)
class Received:
    """`value` is decoded; `error` says why it could not be, and `value` is then hex. Header names are as they came."""

    topic: str
    partition: int
    offset: int
    timestamp_ms: int | None
    key: str | None
    value: Any
    headers: Mapping[str, str | None]
    error: str | None = None

    def header(self, name: str) -> str | None:
        """By its name in any case."""
        return next((value for each, value in self.headers.items() if each.lower() == name.lower()), None)

    @property
    def tenant(self) -> str | None:
        return self.header(TENANT_ID)

    @property
    def request_id(self) -> str | None:
        return self.header(REQUEST_ID)

    @property
    def correlation_id(self) -> str | None:
        return self.header(CORRELATION_ID)

    def __str__(self) -> str:
        shown = repr(self.value)
        shown = shown if len(shown) <= 300 else f"{shown[:300]}…"
        return f"{self.topic}-{self.partition}@{self.offset} {self.key or '–'}: {self.error or shown}"


Where = Mapping[str, Any] | Callable[[Received], Any]


@dataclass(frozen=True, slots=True)
class Wanted:
    """All that is given must hold. `where` maps paths (`critical_metrics.spread`, `steps.0.id`) of the value to what
    stands there, or to a function of it; or it is a function of the record."""

    where: Where | None = None
    key: str | None = None
    correlation_id: str | None = None
    headers: Mapping[str, str] | None = None

    def fits(self, record: Received) -> bool:
        if self.key is not None and record.key != self.key:
            return False
        if self.correlation_id is not None and record.correlation_id != self.correlation_id:
            return False
        if any(record.header(name) != value for name, value in (self.headers or {}).items()):
            return False
        if self.where is None:
            return True
        if callable(self.where):
            return bool(self.where(record))
        return all(_holds(_at(record.value, path), wanted) for path, wanted in self.where.items())

    def __str__(self) -> str:
        given = {"key": self.key, "correlation id": self.correlation_id, "headers": self.headers}
        parts = [f"{name} {value!r}" for name, value in given.items() if value is not None]
        if self.where is not None:
            parts.append(getattr(self.where, "__name__", None) or repr(self.where))
        return " and ".join(parts) or "anything"


_MISSING = object()


def _at(value: Any, path: str) -> Any:
    for part in path.split("."):
        if isinstance(value, Mapping) and part in value:
            value = value[part]
        elif isinstance(value, list | tuple) and part.isdigit() and int(part) < len(value):
            value = value[int(part)]
        else:
            return _MISSING
    return value


def _holds(found: Any, wanted: Any) -> bool:
    if found is _MISSING:
        return False
    return bool(wanted(found)) if callable(wanted) else found == wanted
