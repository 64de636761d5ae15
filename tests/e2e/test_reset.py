"""`sandbox reset`: the whole sandbox as at its start, and nothing from before comes after."""

from __future__ import annotations

import asyncio
import contextlib
import json
import urllib.error
import urllib.request
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest

from sandbox.clock import SystemClock
from sandbox.contracts.catalog import Contracts
from sandbox.contracts.names import Names
from sandbox.contracts.tracing import TraceContext
from sandbox.control.client import ControlClient
from sandbox.errors import SandboxError
from sandbox.kafka.reader import LogReader
from sandbox.runtime.kafka_clients import KafkaClients

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(180)]

TOPIC, NODE = "rim.fast-path", "rim:entity:finance:EURUSD"


class Unheard:
    def record(self, fact: Any) -> None:
        """Nobody counts what this test publishes but the test."""


class Traffic:
    """Events, poison, capsules by REST and plan runs of one tenant, as fast as they go until told to stop."""

    def __init__(self, clients: KafkaClients, endpoints: dict[str, str], tenant: str) -> None:
        self._clients = clients
        self._publisher = clients.publisher("perception", Unheard(), SystemClock())
        self._endpoints = endpoints
        self._tenant = tenant
        self._stopping = asyncio.Event()
        self.published = 0
        self.answers: dict[int, int] = {}

    def stop(self) -> None:
        self._stopping.set()

    async def run(self) -> None:
        async with aiohttp.ClientSession() as session, asyncio.TaskGroup() as tasks:
            tasks.create_task(self._publish())
            tasks.create_task(self._post(session))
            tasks.create_task(self._execute(session))
        await self._clients.producer.flush(10)

    async def _publish(self) -> None:
        while not self._stopping.is_set():
            self.published += 1
            event = fast_path(f"{self._tenant}-{self.published}", alert=self.published % 10 == 0)
            trace = TraceContext.start(tenant=self._tenant)
            await self._publisher.post(TOPIC, event, key=NODE, trace=trace)
            if self.published % 25 == 0:
                await self._publisher.publish_raw(TOPIC, key=b"k", value=f"{self._tenant} poison".encode(), trace=trace)
            await asyncio.sleep(0.002)

    async def _post(self, session: aiohttp.ClientSession) -> None:
        number = 0
        while not self._stopping.is_set():
            number += 1
            body = {
                "scopeId": NODE, "timestamp": 1_733_220_000_000 + number,
                "content": {"dynamics": {"marker": f"{self._tenant}-{number}"}},
            }  # fmt: skip
            await self._ask(session, f"{self._endpoints['capsule']}/api/v1/capsules", body)

    async def _execute(self, session: aiohttp.ClientSession) -> None:
        while not self._stopping.is_set():
            await self._ask(session, f"{self._endpoints['plato']}/api/v1/plans/plan_123/execute", {})
            await asyncio.sleep(0.05)

    async def _ask(self, session: aiohttp.ClientSession, url: str, body: dict[str, Any]) -> None:
        async with session.post(url, json=body, headers={"X-Tenant-ID": self._tenant}) as answer:
            self.answers[answer.status] = self.answers.get(answer.status, 0) + 1
            await answer.read()


def fast_path(event_id: str, *, alert: bool) -> dict[str, Any]:
    return {
        "rim_node_id": NODE, "event_id": event_id, "critical_metrics": {"price": 1.0},
        "status": "ALERT" if alert else "OK",
        "vector_timestamp": {"event_ts_ms": 1_733_220_000_000, "ingest_ts_ms": 1_733_220_000_005},
    }  # fmt: skip


@contextlib.asynccontextmanager
async def under_way(traffic: Traffic) -> AsyncIterator[Traffic]:
    running = asyncio.create_task(traffic.run())
    try:
        yield traffic
    finally:
        traffic.stop()
        await running


async def everything_in(clients: KafkaClients, topics: list[str]) -> list[Any]:
    """Every record that the topics hold now."""
    found: list[Any] = []
    async with LogReader(clients.cluster, topics) as reader:
        while not await reader.caught_up():
            found += await reader.poll(0.5)
    return found


async def capsules(url: str, tenant: str) -> int:
    def ask() -> int:
        request = urllib.request.Request(f"{url}/api/v1/capsules?size=1", headers={"X-Tenant-ID": tenant})
        with urllib.request.urlopen(request, timeout=10) as answer:
            return json.load(answer)["meta"]["pagination"]["totalElements"]

    return await asyncio.to_thread(ask)


def named_in(records: list[Any], word: str) -> list[Any]:
    """The records that have to do with a tenant or its events."""
    seek = word.encode()
    return [
        each
        for each in records
        if seek in (each.value or b"") or seek in (each.key or b"") or any(seek in (v or b"") for _, v in each.headers)
    ]


async def quiet(control: ControlClient) -> None:
    """Until every group is done with everything."""
    async with asyncio.timeout(60):
        while any(row.lag for row in await control.groups()):
            await asyncio.sleep(0.1)


async def test_nothing_from_before_a_reset_comes_after_it(cli: Any) -> None:
    status = (await asyncio.to_thread(cli.ok, "up", "--ports", "auto", "--rate-limits", "off", "--json")).json
    endpoints, engine = status["endpoints"], cli.engine(status["name"])
    token = (cli.state_root / status["name"] / "token").read_text(encoding="ascii").strip()
    clients = KafkaClients(
        endpoints["kafka"], endpoints["schema_registry"], Contracts.load(), Names(), client_id="load", strict=True
    )
    before = Traffic(clients, endpoints, "before")
    async with ControlClient(engine["control_url"], token) as control:
        async with under_way(before):
            async with asyncio.timeout(60):
                while not (before.answers.get(201, 0) > 20 and before.published > 300):
                    await asyncio.sleep(0.05)
        # What is still on its way, being retried or waiting in an outbox is the point: no wait here.
        removed = await control.reset_everything()
        assert removed.records > 0
        topics = sorted(Contracts.load().topics)
        assert await everything_in(clients, topics) == []
        async with under_way(Traffic(clients, endpoints, "after")) as after:
            async with asyncio.timeout(60):
                while not (after.answers.get(201, 0) > 20 and after.published > 300):
                    await asyncio.sleep(0.05)
        await quiet(control)

        records = await everything_in(clients, topics)
        assert named_in(records, "before") == []
        assert len(named_in(records, "after")) > 300
        assert await capsules(endpoints["capsule"], "after") > 300
        assert await capsules(endpoints["capsule"], "before") == 0
        letters = await asyncio.to_thread(cli.ok, "dlq", "list", TOPIC, "--json")
        assert {each["tenant"] for each in letters.json} == {"after"}
        ledger = await control.ledger()
        assert {name: each["lost"] for name, each in ledger.groups.items()} == dict.fromkeys(ledger.groups, 0)
        assert {name: each["in_flight"] for name, each in ledger.groups.items()} == dict.fromkeys(ledger.groups, 0)
    await clients.close()


async def test_a_reset_in_the_middle_of_traffic_leaves_a_sandbox_that_works(cli: Any) -> None:
    status = (await asyncio.to_thread(cli.ok, "up", "--ports", "auto", "--rate-limits", "off", "--json")).json
    endpoints, engine = status["endpoints"], cli.engine(status["name"])
    token = (cli.state_root / status["name"] / "token").read_text(encoding="ascii").strip()
    clients = KafkaClients(
        endpoints["kafka"], endpoints["schema_registry"], Contracts.load(), Names(), client_id="load", strict=True
    )
    async with ControlClient(engine["control_url"], token) as control:
        async with under_way(Traffic(clients, endpoints, "before")) as traffic:
            for _ in range(3):
                async with asyncio.timeout(60):
                    begun = traffic.published
                    while traffic.published < begun + 100:
                        await asyncio.sleep(0.05)
                assert (await control.reset_everything()).left == []
        assert set(traffic.answers) <= {200, 201, 202, 404, 409, 503}, traffic.answers
        await quiet(control)
        ledger = await control.ledger()
        assert {name: each["lost"] for name, each in ledger.groups.items()} == dict.fromkeys(ledger.groups, 0)
        await control.reset_everything()
        assert (await control.status()).ready
    await clients.close()
    assert (await asyncio.to_thread(cli.run, "scenario", "run", "golden-path")).code == 0


def test_what_somebody_made_is_gone_and_what_is_down_is_up_again(cli: Any, tmp_path: Any) -> None:
    status = cli.ok("up", "--ports", "auto", "--json").json
    registry = status["endpoints"]["schema_registry"]
    subjects = cli.ok("schemas", "list", "--json").json
    cli.ok("scenario", "run", "golden-path")
    mine = tmp_path / "mine.avsc"
    mine.write_text('{"type": "record", "name": "Mine", "fields": [{"name": "a", "type": "int"}]}', encoding="utf-8")
    cli.ok("schemas", "register", "mine-value", str(mine))
    put(f"{registry}/config/plato.plans-value", {"compatibility": "NONE"})
    put(f"{registry}/config", {"compatibility": "FULL"})
    cli.ok("schemas", "register", "plato.plans-value", str(mine))
    cli.ok("fault", "add", "http-status", "--on", "capsule", "--status", "500")
    cli.ok("breaker", "open", "odyssey/capsule")
    control_post(cli, status["name"], "/v1/components/services/kill")
    removed = cli.ok("reset", "--json").json
    assert removed["subjects"] == ["mine-value", "plato.plans-value"]
    assert removed["started"] == ["services"]
    assert cli.ok("schemas", "list", "--json").json == subjects
    assert get(f"{registry}/config") == {"compatibilityLevel": "BACKWARD"}
    assert cli.ok("fault", "list", "--json").json == []
    breakers = cli.ok("breaker", "list", "--json").json
    assert {each["state"] for each in breakers.values()} == {"CLOSED"}
    assert cli.ok("status", "--json").json["ready"]
    assert cli.ok("scenario", "run", "golden-path").code == 0
    again = cli.ok("reset")
    assert "as at the first start" in again.out
    assert "records" in again.out


def put(url: str, body: dict[str, Any]) -> None:
    request = urllib.request.Request(url, json.dumps(body).encode(), {"Content-Type": "application/json"}, method="PUT")
    urllib.request.urlopen(request, timeout=10).close()


def get(url: str) -> Any:
    with urllib.request.urlopen(url, timeout=10) as answer:
        return json.load(answer)


def control_post(cli: Any, name: str, path: str) -> None:
    from sandbox.control.quick_client import QuickClient

    token = (cli.state_root / name / "token").read_text(encoding="ascii").strip()
    with contextlib.suppress(SandboxError):
        QuickClient(cli.engine(name)["control_url"], token, timeout_s=60).post(path)


async def test_a_plan_stream_stays_open_over_a_reset_and_shows_what_comes_after(cli: Any) -> None:
    status = (await asyncio.to_thread(cli.ok, "up", "--ports", "auto", "--json")).json
    plato = status["endpoints"]["plato"]
    token = (cli.state_root / status["name"] / "token").read_text(encoding="ascii").strip()
    async with (
        ControlClient(cli.engine(status["name"])["control_url"], token) as control,
        aiohttp.ClientSession() as session,
        session.ws_connect(f"{plato.replace('http', 'ws')}/ws/plans/plan_123") as stream,
    ):
        before = (await stream.receive_json(timeout=30))["runId"]  # it is under way
        assert (await control.reset_everything()).left == []
        async with session.post(f"{plato}/api/v1/plans/plan_123/execute", json={}) as answer:
            assert answer.status == 202
        received = []
        async with asyncio.timeout(60):
            while not received or received[-1]["type"] != "PLAN_COMPLETED":
                received.append(await stream.receive_json())
        after = [each for each in received if each["runId"] != before]
        assert not stream.closed
        assert received[-len(after) :] == after, "once the new run has begun nothing of the old one comes"
        assert len({each["runId"] for each in after}) == 1
        first = after[0]["sequence"]
        assert [each["sequence"] for each in after] == list(range(first, first + len(after)))
        assert len(received) - len(after) <= 1, "nothing from before but what was on its way when the reset began"
