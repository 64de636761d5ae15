"""CAPSULE's queries are answered by indexes, and its totals are exact without a scan."""

from __future__ import annotations

import random

import pytest

from sandbox.contracts.tracing import TraceContext
from sandbox.services.capsule.capsule import Capsule
from sandbox.services.capsule.capsules import CapsuleFilter, Capsules

EURUSD = "rim:entity:finance:EURUSD"
HOUR_MS, DAY_MS = 3_600_000, 86_400_000


@pytest.fixture
async def capsules(tmp_path):
    kept = Capsules(tmp_path / "capsule.db")
    kept.store.open()
    yield kept
    await kept.store.close()


def capsule(number: int, timestamp_ms: int, scope: str = EURUSD, tenant: str = "default") -> Capsule:
    return Capsule(
        capsule_id=f"cap_{number}", tenant=tenant, scope_id=scope, timestamp_ms=timestamp_ms, created_ms=number
    )


@pytest.mark.parametrize(
    "path",
    [
        "/api/v1/capsules",
        "/api/v1/capsules/cap_1",
        f"/api/v1/capsules?scopeId={EURUSD}",
        f"/api/v1/capsules?scopeId={EURUSD}&from=1&to=2",
        "/api/v1/capsules?from=1&to=20000000",
        "/api/v1/capsules?sort=createdAt,asc",
        "/api/v1/capsules?page=2000",
        f"/api/v1/history/{EURUSD}?sort=timestamp,asc",
        f"/api/v1/history/{EURUSD}/latest",
        f"/api/v1/temporal/slice?scopeId={EURUSD}&timestamp=1",
        f"/api/v1/counterfactuals?scopeId={EURUSD}",
        "/api/v1/counterfactuals",
        "/api/v1/events",
        "/api/v1/lineage/cap_577d3b53aab23a46db29/descendants",
    ],
)
async def test_no_query_scans_or_sorts_a_table(client, service, path):
    asked: set[str] = set()
    store = service._capsules.store
    for connection in (store._reader, store._thread_reader):
        connection.set_trace_callback(lambda sql: asked.add(sql) if sql.startswith("SELECT") else None)
    assert (await client.get(path)).status in (200, 404)
    for connection in (store._reader, store._thread_reader):
        connection.set_trace_callback(None)
    assert asked
    for sql in asked:
        for *_, step in store.read(f"EXPLAIN QUERY PLAN {sql}"):
            # What waits for Kafka is read from the start, in the order it came.
            assert not step.startswith("SCAN") or step == "SCAN unpublished", f"{sql}: {step}"
            assert "TEMP B-TREE" not in step, f"{sql}: {step}"


async def test_totals_are_exact_for_every_range(capsules):
    chance = random.Random(7)
    times = [chance.randrange(-2 * DAY_MS, 3 * DAY_MS) for _ in range(400)]
    times += [0, -1, 59_999, 60_000, DAY_MS, DAY_MS - 1]
    await capsules.keep([capsule(number, time_ms) for number, time_ms in enumerate(times)])
    await capsules.keep([capsule(9_999, 0, scope="rim:a:b:c"), capsule(9_998, 0, tenant="lease")])
    edges = [None, *sorted(chance.sample(times, 12)), 0, DAY_MS, -DAY_MS, 61_000, 60_000]
    for from_ms in edges:
        for to_ms in edges:
            expected = sum(
                (from_ms is None or time_ms >= from_ms) and (to_ms is None or time_ms <= to_ms) for time_ms in times
            )
            assert await capsules.total(CapsuleFilter("default", EURUSD, from_ms, to_ms)) == expected
    assert await capsules.total(CapsuleFilter("default")) == len(times) + 1
    assert await capsules.total(CapsuleFilter("lease")) == 1


async def test_totals_follow_deletions(capsules):
    await capsules.keep([capsule(1, HOUR_MS), capsule(2, HOUR_MS)])
    assert await capsules.delete("default", "cap_1")
    assert await capsules.total(CapsuleFilter("default", EURUSD)) == 1
    assert await capsules.total(CapsuleFilter("default", None, 0, DAY_MS)) == 1
    await capsules.clear()
    assert await capsules.total(CapsuleFilter("default")) == 0
    assert capsules.counts() == {"capsules": 0, "events": 0, "unpublishedSnapshots": 0}
    await capsules.keep([capsule(1, HOUR_MS), capsule(2, HOUR_MS)])
    assert await capsules.delete("default", "cap_1")
    assert await capsules.total(CapsuleFilter("default")) == 1, "and go on following them after all is cleared"


async def test_the_counts_tell_what_waits_for_kafka(capsules):
    await capsules.post([capsule(1, 0), capsule(2, HOUR_MS)], TraceContext.start())
    assert capsules.counts()["unpublishedSnapshots"] == 2
    first, _ = await capsules.waiting_snapshots(10)
    capsules.snapshot_published(first)
    await capsules.store.settled()
    assert [each.record["capsule_id"] for each in await capsules.waiting_snapshots(10)] == ["cap_2"]
    await capsules.delete("default", "cap_2")
    assert capsules.counts()["unpublishedSnapshots"] == 0
