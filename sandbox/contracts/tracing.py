"""The ids that tie one story together over REST, Kafka and WebSocket (seed: Correlation and Tracing).

`X-Request-ID` names the request, `X-Correlation-ID` the story it belongs to, `traceparent` is W3C Trace Context.
A hop keeps the first two and the trace id, and takes a new span id. B3 headers are understood as the trace's source.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace

__all__ = [
    "CORRELATION_ID",
    "REQUEST_ID",
    "SOURCE_SERVICE",
    "TENANT_ID",
    "TENANT_MESSAGE",
    "TRACEPARENT",
    "TRACESTATE",
    "TraceContext",
    "is_tenant",
]

REQUEST_ID = "X-Request-ID"
CORRELATION_ID = "X-Correlation-ID"
TRACEPARENT = "traceparent"
TRACESTATE = "tracestate"
SOURCE_SERVICE = "X-Source-Service"
TENANT_ID = "X-Tenant-ID"
TENANT_MESSAGE = "must be 1 to 128 visible ASCII characters without blanks"

_TRACEPARENT = re.compile(r"(?!ff)[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-([0-9a-f]{2})(?:-.*)?\Z")
_ID = re.compile(r"[\x21-\x7e]{1,128}\Z")
_B3_TRACE = re.compile(r"(?:[0-9a-fA-F]{32}|[0-9a-fA-F]{16})\Z")
_B3_SPAN = re.compile(r"[0-9a-fA-F]{16}\Z")
_CHANCE = random.Random()
"""Seeded by the operating system once: ids must differ, but need not be hard to guess."""


@dataclass(frozen=True, slots=True)
class TraceContext:
    """Where a piece of work stands in its trace. `parent_span_id` is None at the root."""

    request_id: str
    correlation_id: str
    trace_id: str
    span_id: str
    parent_span_id: str | None = None
    flags: str = "01"
    tracestate: str | None = None
    tenant: str | None = None
    source_service: str | None = None

    @classmethod
    def start(cls, rng: random.Random | None = None, *, tenant: str | None = None) -> TraceContext:
        """A new trace, for work that nobody asked for."""
        return cls.accept({}, rng) if tenant is None else replace(cls.accept({}, rng), tenant=tenant)

    @classmethod
    def accept(cls, headers: Mapping[str, str], rng: random.Random | None = None) -> TraceContext:
        """The context of work that arrives with these HTTP or Kafka headers (names in any case).

        Takes a new span id under the caller's. Ids that are absent or malformed are generated.
        """
        chance = rng or _CHANCE
        return cls.accept_lower({name.lower(): value for name, value in headers.items()}, chance)

    @classmethod
    def accept_lower(cls, headers: Mapping[str, str], rng: random.Random) -> TraceContext:
        """`accept` for a mapping that finds names in lower case, such as aiohttp's headers."""
        get = headers.get
        traceparent = get(TRACEPARENT)
        trace_id, parent, flags = _trace_source(traceparent, get)
        # One draw for all ids that may be wanted: this stands at the door of every request and every record.
        fresh = f"{rng.getrandbits(352) | 1 << 64 | 1:088x}"
        return cls(
            _valid(get("x-request-id") or get("request_id")) or f"req-{fresh[:20]}",
            _valid(get("x-correlation-id") or get("correlation_id")) or f"trace-{fresh[20:40]}",
            trace_id or fresh[40:72],
            fresh[72:],
            parent,
            flags,
            get(TRACESTATE) if parent and traceparent else None,
            _valid(get("x-tenant-id")),
            _valid(get("x-source-service")),
        )

    @classmethod
    def accept_record(cls, headers: Iterable[tuple[str, bytes]], rng: random.Random | None = None) -> TraceContext:
        """The same from a Kafka record's headers; values that are not UTF-8 are taken as absent."""
        texts = {name.lower(): value.decode(errors="ignore") for name, value in headers if value is not None}
        return cls.accept_lower(texts, rng or _CHANCE)

    def child(self, rng: random.Random | None = None) -> TraceContext:
        """The next hop: same ids, a new span under this one."""
        # Spelled out: `replace` takes three times as long, and this stands in the way of every record.
        return TraceContext(
            self.request_id,
            self.correlation_id,
            self.trace_id,
            f"{(rng or _CHANCE).getrandbits(64) or 1:016x}",
            self.span_id,
            self.flags,
            self.tracestate,
            self.tenant,
            self.source_service,
        )

    @property
    def traceparent(self) -> str:
        return f"00-{self.trace_id}-{self.span_id}-{self.flags}"

    def headers(self, source_service: str | None = None) -> dict[str, str]:
        """What a call or record that leaves here carries; for a response too."""
        carried = {REQUEST_ID: self.request_id, CORRELATION_ID: self.correlation_id, TRACEPARENT: self.traceparent}
        if self.tracestate:
            carried[TRACESTATE] = self.tracestate
        if self.tenant:
            carried[TENANT_ID] = self.tenant
        if source_service:
            carried[SOURCE_SERVICE] = source_service
        return carried

    def record_headers(self, source_service: str | None = None) -> list[tuple[str, bytes]]:
        return [(name, value.encode()) for name, value in self.headers(source_service).items()]


def is_tenant(text: str) -> bool:
    """Whether it can be a tenant's name: what cannot is taken as absent by `accept`."""
    return _ID.match(text) is not None


def _valid(text: str | None) -> str | None:
    return text if text and _ID.match(text) else None


def _trace_source(traceparent: str | None, get: Callable[[str], str | None]) -> tuple[str | None, str | None, str]:
    """(trace id, parent span id, flags) from traceparent, else from B3, else nothing."""
    if traceparent is not None and (match := _TRACEPARENT.match(traceparent.strip())):
        return match[1], match[2], match[3]
    several, one = get("x-b3-traceid"), get("b3")
    if several is None and one is None:
        return None, None, "01"
    single = (one or "").split("-")
    trace_id = several or single[0]
    span_id = get("x-b3-spanid") or (single[1] if len(single) > 1 else "")
    if _B3_TRACE.match(trace_id) and _B3_SPAN.match(span_id) and int(trace_id, 16) and int(span_id, 16):
        sampled = (get("x-b3-sampled") or (single[2] if len(single) > 2 else "1")) in {"1", "d", "true"}
        return trace_id.lower().rjust(32, "0"), span_id.lower(), "01" if sampled else "00"
    return None, None, "01"
