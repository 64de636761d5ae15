from __future__ import annotations

import asyncio

import pytest

from sandbox.events.facts import ComponentStateChanged, FactsLost


@pytest.fixture
def fill(engine):
    def add(count: int) -> None:
        for n in range(count):
            engine.journal.append(ComponentStateChanged(at_ms=n, source="engine", component="kafka", state="ready"))

    return add


def batch(first: int, count: int, lost: int = 0) -> dict[str, object]:
    facts = [{"kind": "FactsLost", "source": "capsule", "at_ms": n, "count": 1} for n in range(first, first + count)]
    return {"instance": "services", "epoch": "e1", "first": first, "lost": lost, "facts": facts}


async def test_the_journal_is_read_by_sequence_number(http, fill) -> None:
    fill(10)
    page = await (await http.get("/v1/facts?after=4&limit=3")).json()
    assert [fact["seq"] for fact in page["facts"]] == [5, 6, 7]
    assert (page["next"], page["last"], page["gap"]) == (7, 10, 0)


async def test_kinds_are_repeated_or_separated_by_commas(http, engine, fill) -> None:
    fill(2)
    engine.journal.append(FactsLost(at_ms=1, source="capsule", count=3))
    for query in ("kind=FactsLost&kind=RequestServed", "kind=FactsLost,RequestServed", "source=capsule"):
        page = await (await http.get(f"/v1/facts?{query}")).json()
        assert [fact["seq"] for fact in page["facts"]] == [3]


@pytest.mark.parametrize(
    ("query", "where"),
    [("after=x", "query.after"), ("limit=0", "query.limit"), ("limit=1000000", "query.limit"),
     ("wait_s=99", "query.wait_s"), ("afetr=1", "query.afetr"), ("after=1&after=2", "query.after")],
)  # fmt: skip
async def test_a_query_that_makes_no_sense_is_a_400_with_its_place(http, query, where) -> None:
    answer = await http.get(f"/v1/facts?{query}")
    assert (answer.status, (await answer.json())["error"]["where"]) == (400, where)


async def test_a_reader_may_wait_for_the_first_fact_of_its_kind(http, engine, fill) -> None:
    waiting = asyncio.create_task(http.get("/v1/facts?kind=FactsLost&wait_s=10"))
    await asyncio.sleep(0.02)
    fill(3)
    await asyncio.sleep(0.02)
    assert not waiting.done()
    engine.journal.append(FactsLost(at_ms=1, source="capsule", count=3))
    page = await (await asyncio.wait_for(waiting, 5)).json()
    assert [fact["seq"] for fact in page["facts"]] == [4]


async def test_waiting_ends_without_facts_too(http) -> None:
    page = await (await http.get("/v1/facts?wait_s=0.01")).json()
    assert page["facts"] == []


async def test_batches_are_taken_once_and_the_answer_names_the_next(http, engine) -> None:
    assert await (await http.post("/v1/facts", json=batch(0, 3))).json() == {"next": 3}
    assert await (await http.post("/v1/facts", json=batch(0, 4))).json() == {"next": 4}
    assert engine.journal.last == 4


async def test_a_malformed_batch_is_a_400_and_nothing_of_it_is_taken(http, engine) -> None:
    wrong = batch(0, 3)
    wrong["facts"][2]["count"] = "x"
    answer = await http.post("/v1/facts", json=wrong)
    assert (answer.status, (await answer.json())["error"]["where"]) == (400, "facts[2].count")
    assert engine.journal.last == 0


async def test_counts_ledger_and_traces_are_answered(http, engine) -> None:
    engine.journal.append(FactsLost(at_ms=1, source="capsule", correlation_id="trace-1", count=3))
    assert (await (await http.get("/v1/counts")).json())["lost"] == 3
    assert await (await http.get("/v1/ledger")).json() == {"lost": 3, "groups": {}}
    found = await (await http.get("/v1/traces/trace-1")).json()
    assert [fact["seq"] for fact in found["facts"]] == [1]


async def test_a_stream_begins_now_and_brings_what_comes(http, engine, fill) -> None:
    fill(3)
    async with http.ws_connect("/v1/stream") as socket:
        hello = await socket.receive_json(timeout=5)
        assert (hello["facts"], hello["next"], hello["journal"]) == ([], 3, engine.journal.identity)
        fill(2)
        page = await socket.receive_json(timeout=5)
        assert [fact["seq"] for fact in page["facts"]] == [4, 5]


async def test_a_stream_catches_up_from_the_number_it_is_given(http, fill) -> None:
    fill(1_200)
    async with http.ws_connect("/v1/stream?after=0") as socket:
        seen = []
        while len(seen) < 1_200:
            seen += [fact["seq"] for fact in (await socket.receive_json(timeout=5))["facts"]]
    assert seen == list(range(1, 1_201))


async def test_a_stream_of_one_kind_is_not_woken_by_others(http, engine, fill) -> None:
    async with http.ws_connect("/v1/stream?after=0&kind=FactsLost") as socket:
        await socket.receive_json(timeout=5)
        fill(100)
        engine.journal.append(FactsLost(at_ms=1, source="capsule", count=3))
        page = await socket.receive_json(timeout=5)
        assert [fact["seq"] for fact in page["facts"]] == [101]


async def test_a_stream_with_a_wrong_query_is_refused_before_the_handshake(http) -> None:
    answer = await http.get("/v1/stream?after=x")
    assert answer.status == 400


async def test_a_subscriber_that_leaves_is_forgotten(http, engine, fill) -> None:
    async with http.ws_connect("/v1/stream") as socket:
        await socket.receive_json(timeout=5)
        assert engine.journal._waiters
    async with asyncio.timeout(5):
        while engine.journal._waiters:
            await asyncio.sleep(0.01)
