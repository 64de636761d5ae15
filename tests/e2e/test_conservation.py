"""Conservation: whatever the broker goes through, every record is accounted for and none is lost."""

from __future__ import annotations

import asyncio
import json
import urllib.request
from collections import Counter
from typing import Any

import pytest

from sandbox.clock import SystemClock
from sandbox.contracts.catalog import Contracts
from sandbox.contracts.names import Names
from sandbox.contracts.tracing import TraceContext
from sandbox.control.quick_client import QuickClient
from sandbox.kafka.cluster import KafkaUnavailable
from sandbox.kafka.publisher import Pending
from sandbox.runtime.kafka_clients import KafkaClients

pytestmark = pytest.mark.e2e

TOPIC = "rim.fast-path"
TENANT = "conservation"
KEYS, BATCH = 300, 250
KILLS_AT = (0.2, 0.45, 0.7)
"""Shares of the load that are acknowledged when the broker is killed."""


class Load:
    """Publishes events until each is acknowledged; one that was not is sent again, and may then be there twice."""

    def __init__(self, clients: KafkaClients, total: int) -> None:
        self.total = total
        self.acknowledged: set[str] = set()
        self.again = 0
        self._publisher = clients.publisher("perception", Unheard(), SystemClock())

    async def publish(self, control: QuickClient) -> None:
        kills = [asyncio.create_task(self._kill(control, share)) for share in KILLS_AT]
        await self._poison(b"\x00 too short")
        for first in range(0, self.total, BATCH):
            due = list(range(first, min(first + BATCH, self.total)))
            while due:
                due = await self._round(due)
                self.again += len(due)
        await asyncio.gather(*kills)
        await self._poison(b"not avro at all")

    async def _round(self, numbers: list[int]) -> list[int]:
        """What is not acknowledged yet after trying once."""
        sent: list[tuple[int, Pending]] = []
        missing: list[int] = []
        for number in numbers:
            try:
                sent.append((number, await self._post(number)))
            except KafkaUnavailable:
                missing.append(number)
        for number, pending in sent:
            try:
                await pending.published()
                self.acknowledged.add(f"evt-{number}")
            except KafkaUnavailable:
                missing.append(number)
        return missing

    async def _post(self, number: int) -> Pending:
        node = f"rim:entity:finance:C{number % KEYS}"
        event = {
            "rim_node_id": node, "event_id": f"evt-{number}", "critical_metrics": {"n": float(number)}, "status": "OK",
            "vector_timestamp": {"event_ts_ms": 1_733_220_000_000 + number, "ingest_ts_ms": 1_733_220_000_005 + number},
        }  # fmt: skip
        return await self._publisher.post(TOPIC, event, key=node, trace=TraceContext.start(tenant=TENANT))

    async def _poison(self, value: bytes) -> None:
        await self._publisher.publish_raw(
            TOPIC, key=b"rim:entity:finance:C7", value=value, trace=TraceContext.start(tenant=TENANT)
        )

    async def _kill(self, control: QuickClient, share: float) -> None:
        while len(self.acknowledged) < share * self.total:
            await asyncio.sleep(0.02)
        await asyncio.to_thread(control.post, "/v1/components/kafka/kill")
        await asyncio.to_thread(control.post, "/v1/components/kafka/restart")


class Unheard:
    def record(self, fact: Any) -> None:
        """Nobody counts what this test publishes but the test."""


def control_of(cli: Any, name: str) -> QuickClient:
    token = (cli.state_root / name / "token").read_text(encoding="ascii").strip()
    return QuickClient(cli.engine(name)["control_url"], token, timeout_s=60)


def capsules(url: str) -> tuple[int, list[str]]:
    """CAPSULE's total for the tenant, and the event id of each capsule that it lists."""
    found: list[str] = []
    total, page = 1, 0
    while page * 200 < total:
        request = urllib.request.Request(f"{url}/api/v1/capsules?size=200&page={page}", headers={"X-Tenant-ID": TENANT})
        with urllib.request.urlopen(request, timeout=30) as answer:
            body = json.load(answer)
        found += [each["metadata"]["eventId"] for each in body["data"]]
        total = body["meta"]["pagination"]["totalElements"]
        page += 1
    return total, found


def records_of(control: QuickClient) -> dict[str, int]:
    return {each["name"]: each["records"] for each in control.get("/v1/topics")["topics"]}


def settled(control: QuickClient, records: int) -> dict[str, Any] | None:
    """The ledger once every group that reads the topic is done with it all."""
    ledger = control.get("/v1/ledger")
    groups = ledger["groups"]
    done = all(each["in_flight"] == 0 for each in groups.values())
    return ledger if done and groups["capsule"]["finished"] >= records else None


@pytest.mark.parametrize(
    "total",
    [
        pytest.param(10_000, marks=pytest.mark.timeout(240)),
        pytest.param(50_000, marks=[pytest.mark.soak, pytest.mark.timeout(900)]),
    ],
)
async def test_nothing_is_lost_while_the_broker_is_killed_three_times(cli: Any, wait_for: Any, total: int) -> None:
    status = (await asyncio.to_thread(cli.ok, "up", "--ports", "auto", "--rate-limits", "off", "--json")).json
    control = control_of(cli, status["name"])
    endpoints = status["endpoints"]
    clients = KafkaClients(
        endpoints["kafka"], endpoints["schema_registry"], Contracts.load(), Names(), client_id="load", strict=True
    )
    load = Load(clients, total)
    await load.publish(control)
    await clients.close()
    assert len(load.acknowledged) == total
    (kafka,) = [each for each in control.get("/v1/status")["components"] if each["name"] == "kafka"]
    assert kafka["restarts"] == len(KILLS_AT)
    records = records_of(control)[TOPIC]
    assert 0 <= records - total - 2 <= load.again, "only what was not acknowledged is there twice"

    ledger = await asyncio.to_thread(wait_for, lambda: settled(control, records), limit_s=60 + total / 100)
    topics = records_of(control)
    assert ledger["lost"] == 0
    listed = await asyncio.to_thread(capsules, endpoints["capsule"])
    assert listed[0] == total
    assert Counter(listed[1]) == dict.fromkeys(load.acknowledged, 1), "each event is one capsule"

    capsule = ledger["groups"]["capsule"]
    assert capsule["processed"] == total
    assert capsule["finished"] - capsule["redelivered"] == topics[TOPIC]
    for group, reads in (("odyssey-reflex", (TOPIC, "capsule.snapshots")), ("audit", (TOPIC, "capsule.snapshots"))):
        account = ledger["groups"][group]
        assert account["finished"] - account["redelivered"] == sum(topics[each] for each in reads), group
    letters = control.get(f"/v1/dlq/{TOPIC}?limit=100")["letters"]
    assert Counter(each["consumerGroupId"] for each in letters) == {"capsule": 2, "odyssey-reflex": 2}
