"""What a service consumed (seed: `GET /api/v1/events?page=0&size=20&sort=timestamp,desc`)."""

from __future__ import annotations

import itertools
from collections import deque
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from aiohttp import web

from sandbox.contracts.envelope import Pagination
from sandbox.contracts.instants import format_instant
from sandbox.services.http.exchange import DEFAULT_TENANT, Exchange
from sandbox.services.http.fields import ApiModel, PageQuery
from sandbox.services.http.route import Route
from sandbox.services.ports import Delivery

__all__ = ["ConsumedEvent", "EventLog", "RecentEvents", "events_route"]


@dataclass(frozen=True, slots=True)
class ConsumedEvent:
    """One record that a service was handed. `outcome` is processed, duplicate, skipped or failed."""

    timestamp_ms: int
    topic: str
    partition: int
    offset: int
    key: str | None
    event_id: str | None
    outcome: str
    tenant: str
    request_id: str | None = None
    correlation_id: str | None = None
    trace_id: str | None = None

    @classmethod
    def of(cls, delivery: Delivery, now_ms: int, outcome: str = "processed") -> ConsumedEvent:
        record, trace = delivery.record, delivery.trace
        return cls(
            timestamp_ms=now_ms,
            topic=record.topic,
            partition=record.partition,
            offset=record.offset,
            key=None if record.key is None else record.key.decode(errors="replace"),
            event_id=(delivery.value or {}).get("event_id"),
            outcome=outcome,
            tenant=trace.tenant or DEFAULT_TENANT,
            request_id=trace.request_id,
            correlation_id=trace.correlation_id,
            trace_id=trace.trace_id,
        )

    def to_json(self) -> dict[str, Any]:
        position = f"{self.topic}-{self.partition}@{self.offset}"
        return {
            "id": position,
            "eventId": self.event_id,
            "timestamp": format_instant(self.timestamp_ms),
            "topic": self.topic,
            "partition": self.partition,
            "offset": self.offset,
            "key": self.key,
            "outcome": self.outcome,
            "requestId": self.request_id,
            "correlationId": self.correlation_id,
            "traceId": self.trace_id,
        }


class ConsumedEventShape(ApiModel):
    id: str
    event_id: str | None
    timestamp: datetime
    topic: str
    partition: int
    offset: int
    key: str | None
    outcome: str
    request_id: str | None
    correlation_id: str | None
    trace_id: str | None


class EventLog(Protocol):
    """Where a service's consumed records are looked up, per tenant."""

    async def page(self, tenant: str, offset: int, size: int, *, descending: bool) -> tuple[list[ConsumedEvent], int]:
        """`size` events from `offset` on by timestamp, and how many there are."""


class RecentEvents:
    """The last `limit` consumed records, in memory."""

    def __init__(self, limit: int = 5_000) -> None:
        self._events: deque[ConsumedEvent] = deque(maxlen=limit)

    def add(self, event: ConsumedEvent) -> None:
        self._events.append(event)

    def clear(self) -> None:
        self._events.clear()

    async def page(self, tenant: str, offset: int, size: int, *, descending: bool) -> tuple[list[ConsumedEvent], int]:
        ordered = reversed(self._events) if descending else iter(self._events)
        kept = [each for each in ordered if each.tenant == tenant]
        return list(itertools.islice(kept, offset, offset + size)), len(kept)


def events_route(events: EventLog, scope: str | None = None) -> Route:
    async def list_events(exchange: Exchange) -> web.Response:
        query = exchange.query(PageQuery)
        found, total = await events.page(exchange.tenant, query.offset, query.size, descending=query.order[1])
        return exchange.page([each.to_json() for each in found], Pagination(query.page, query.size, total))

    return Route(
        "GET",
        "/api/v1/events",
        list_events,
        scope,
        ConsumedEventShape,
        PageQuery,
        many=True,
        summary="What this service consumed",
    )
