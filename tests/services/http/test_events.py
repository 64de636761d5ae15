"""`/api/v1/events` over the events that a service keeps in memory."""

from __future__ import annotations

import pytest

from sandbox.contracts.delivery import Delivery
from sandbox.contracts.record import Record
from sandbox.contracts.tracing import TraceContext
from sandbox.services.http import ConsumedEvent, RecentEvents


def delivery(offset: int, *, tenant: str | None = None) -> Delivery:
    record = Record(topic="rim.fast-path", partition=2, offset=offset, timestamp_ms=0, key=b"k", value=b"v")
    return Delivery(record, {"event_id": f"e{offset}"}, TraceContext.start(tenant=tenant), "capsule")


@pytest.fixture
async def client(serve):
    events = RecentEvents(limit=4)
    for offset in range(6):
        events.add(ConsumedEvent.of(delivery(offset), 1_733_220_000_000 + offset * 1000))
    client = await serve([], events=events)
    client.events = events
    return client


async def ids(client, query: str = "", **headers) -> list[str]:
    body = await (await client.get(f"/api/v1/events{query}", headers=headers)).json()
    return [each["eventId"] for each in body["data"]]


@pytest.mark.spec("REST-EVENTS")
async def test_the_last_events_are_listed_newest_first(client):
    body = await (await client.get("/api/v1/events?page=0&size=2&sort=timestamp,desc")).json()
    assert [each["eventId"] for each in body["data"]] == ["e5", "e4"]
    assert body["meta"]["pagination"] == {"page": 0, "size": 2, "totalElements": 4, "totalPages": 2}
    assert body["data"][0]["id"] == "rim.fast-path-2@5"
    assert body["data"][0]["timestamp"] == "2024-12-03T10:00:05Z"
    assert body["data"][0]["outcome"] == "processed"
    assert body["data"][0]["correlationId"].startswith("trace-")


async def test_they_may_be_turned_round(client):
    assert await ids(client, "?sort=timestamp,asc") == ["e2", "e3", "e4", "e5"]


async def test_a_tenant_sees_its_own_events(client):
    client.events.add(ConsumedEvent.of(delivery(9, tenant="lease-1"), 1_733_220_009_000))
    assert await ids(client, **{"X-Tenant-ID": "lease-1"}) == ["e9"]
    assert "e9" not in await ids(client)


async def test_events_may_be_sorted_by_time_only(client):
    assert (await client.get("/api/v1/events?sort=topic,asc")).status == 400
