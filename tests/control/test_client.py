from __future__ import annotations

import asyncio
from contextlib import aclosing, asynccontextmanager

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer, unused_port

from sandbox.clock import ManualClock
from sandbox.control.client import ControlClient
from sandbox.control.server import control_app
from sandbox.errors import AccessDenied, Conflict, NotRunning, UnknownName, UpstreamUnavailable, UsageError
from sandbox.events.facts import FactsLost


def lost(count: int) -> FactsLost:
    return FactsLost(at_ms=1, source="capsule", count=count)


@asynccontextmanager
async def serving(engine, token, port):
    async with TestServer(control_app(engine, token), port=port) as server:
        yield server


async def counts(pages, number: int) -> list[int]:
    """The `count` of the next `number` facts of a stream."""
    found: list[int] = []
    async with asyncio.timeout(10):
        while len(found) < number:
            found += [fact["count"] for fact in (await anext(pages)).facts]
    return found


async def test_answers_are_typed(control, engine) -> None:
    status = await control.status()
    assert (status.name, status.ready, status.endpoints.kafka) == ("demo", True, "localhost:9092")
    assert status.components[0].state == "ready" and status.proof[0].took_ms == 1.5
    assert [topic.name for topic in await control.topics()] == ["rim.fast-path"]
    assert (await control.breakers())["odyssey/capsule"].state == "CLOSED"
    assert (await control.operate_breaker("odyssey", "capsule", "open")).state == "OPEN"
    assert (await control.operate_component("kafka", "kill")).state == "stopped"
    run = await control.run_scenario({"name": "x"})
    assert ((await control.scenario_run(run)).state, (await control.stop_scenario(run)).state) == ("running", "stopped")
    await control.shutdown(purge=True)
    assert engine.asked[-1] == ("shutdown", True)


async def test_the_journal_is_read_counted_and_traced(control, engine) -> None:
    for count in range(5):
        engine.journal.append(lost(count))
    page = await control.facts(2, limit=2, kinds=["FactsLost"], sources=["capsule"])
    assert [fact["seq"] for fact in page.facts] == [3, 4]
    assert (await control.counts()).kinds == {"FactsLost": 5}
    assert (await control.ledger()).groups == {}
    assert (await control.trace("a/b")).id == "a/b"


async def test_refusals_are_raised_as_what_the_engine_raised(control, engine) -> None:
    with pytest.raises(UnknownName) as raised:
        await control.operate_component("zookeeper", "start")
    assert (raised.value.where, raised.value.hint) == ("zookeeper", "choose from kafka")
    with pytest.raises(Conflict):
        await control.run_scenario({"speed": 99})
    engine.kafka_away = True
    with pytest.raises(UpstreamUnavailable, match="Kafka is away"):
        await control.topics()


async def test_a_wrong_token_is_named_on_calls_and_streams(server) -> None:
    async with ControlClient(str(server.make_url("")), "wrong") as client:
        with pytest.raises(AccessDenied, match="token"):
            await client.status()
        with pytest.raises(AccessDenied, match="token"):
            await anext(client.stream())


async def test_nothing_there_is_not_running_with_the_way_out() -> None:
    async with ControlClient(f"http://127.0.0.1:{unused_port()}", "t") as client:
        with pytest.raises(NotRunning) as raised:
            await client.status()
        assert "sandbox up" in raised.value.hint
        with pytest.raises(NotRunning):
            await anext(client.stream(patience_s=0))


@pytest.mark.parametrize("text", ["<html>", "{}", ""])
async def test_a_stranger_on_the_port_is_not_running(text) -> None:
    async def stranger(_: web.Request) -> web.Response:
        return web.Response(text=text)

    app = web.Application()
    app.router.add_get("/v1/status", stranger)
    async with TestServer(app) as server, ControlClient(str(server.make_url("")), "t") as client:
        with pytest.raises(NotRunning, match="not as this sandbox"):
            await client.status()


async def test_an_engine_that_hangs_is_not_waited_for() -> None:
    async def hang(_: web.Request) -> web.Response:
        await asyncio.sleep(30)
        return web.Response()

    app = web.Application()
    app.router.add_get("/v1/status", hang)
    async with TestServer(app) as server, ControlClient(str(server.make_url("")), "t", timeout_s=0.05) as client:
        with pytest.raises(NotRunning, match=r"within 0\.05 s"):
            await client.status()


async def test_a_stream_yields_at_once_and_then_what_comes(control, engine) -> None:
    engine.journal.append(lost(1))
    async with aclosing(control.stream()) as pages:
        first = await asyncio.wait_for(anext(pages), 5)
        assert (first.facts, first.next) == ([], 1)
        engine.journal.append(lost(2))
        assert await counts(pages, 1) == [2]


async def test_a_stream_picks_as_told(control, engine) -> None:
    engine.journal.append(lost(1))
    engine.journal.append(FactsLost(at_ms=1, source="plato", request_id="req-9", count=2))
    for picked in ({"sources": ["plato"]}, {"under": "req-9"}):
        async with aclosing(control.stream(0, **picked)) as pages:
            assert await counts(pages, 1) == [2]


async def test_a_stream_resumes_after_a_lost_connection_without_gap_or_repetition(engine, token) -> None:
    port = unused_port()
    async with ControlClient(f"http://127.0.0.1:{port}", token) as client, aclosing(client.stream(0)) as pages:
        async with serving(engine, token, port):
            for count in range(3):
                engine.journal.append(lost(count))
            assert await counts(pages, 3) == [0, 1, 2]
        for count in range(3, 6):
            engine.journal.append(lost(count))
        async with serving(engine, token, port):
            assert await counts(pages, 3) == [3, 4, 5]


async def test_a_stream_reads_a_new_engines_journal_from_its_start(engine, make_engine, token) -> None:
    port = unused_port()
    later = make_engine()
    async with ControlClient(f"http://127.0.0.1:{port}", token) as client, aclosing(client.stream(0)) as pages:
        async with serving(engine, token, port):
            for count in range(3):
                engine.journal.append(lost(count))
            assert await counts(pages, 3) == [0, 1, 2]
        for count in range(10, 15):
            later.journal.append(lost(count))
        async with serving(later, token, port):
            assert await counts(pages, 5) == [10, 11, 12, 13, 14]


async def test_a_stream_gives_up_when_its_patience_ends(engine, token) -> None:
    port, clock = unused_port(), ManualClock()
    async with ControlClient(f"http://127.0.0.1:{port}", token, clock=clock) as client:
        pages = client.stream(0, patience_s=10)
        async with serving(engine, token, port):
            await anext(pages)
        waiting = asyncio.create_task(anext(pages))
        for _ in range(8):
            await asyncio.sleep(0.02)
            assert not waiting.done()
            await clock.advance(1)
        async with asyncio.timeout(10):
            while not waiting.done():
                await asyncio.sleep(0.01)
                await clock.advance(1)
        with pytest.raises(NotRunning):
            waiting.result()


async def test_a_stream_with_a_question_that_makes_no_sense_ends_at_once(control) -> None:
    with pytest.raises(UsageError):
        await anext(control.tail("rim.fast-path", start="middle"))


async def test_faults_are_made_and_removed_by_the_client(control, engine) -> None:
    assert [fault.id for fault in await control.faults()] == ["outage"]
    assert "hang" in {each.kind for each in await control.fault_kinds()}
    made = await control.add_fault("http-status", "capsule", {"status": 503}, identity="outage")
    assert made.text == "http-status --status 503" and engine.asked[-1][1]["id"] == "outage"
    assert (await control.remove_fault("outage")).hits == 4
    assert [fault.hits for fault in await control.remove_faults()] == [4]


async def test_ambient_traffic_is_started_once_and_stopped(control) -> None:
    assert not (await control.traffic()).running
    started = await control.start_traffic(20)
    assert (started.running, started.rate_per_s, started.seed, started.records) == (True, 20, None, {"ticks": 7})
    with pytest.raises(Conflict, match="runs already"):
        await control.start_traffic(seed=3)
    assert (await control.stop_traffic()).sent == 7
    assert not (await control.traffic()).running and (await control.stop_traffic()).run is None


async def test_traffic_is_asked_for_within_reason(http) -> None:
    for body in ({"rate_per_s": 0}, {"rate_per_s": 1e9}, {"seed": -1}, {"rate": 5}):
        assert (await http.post("/v1/traffic", json=body)).status == 400


async def test_a_closed_client_opens_nothing_any_more(control: ControlClient) -> None:
    await control.status()
    await control.close()
    with pytest.raises(NotRunning, match="closed"):
        await control.status()
