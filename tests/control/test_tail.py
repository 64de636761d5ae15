from __future__ import annotations

import asyncio

import pytest

from sandbox.control.models import PublishRequest
from sandbox.errors import Conflict, UnknownName, UpstreamUnavailable, UsageError

RECORD = {"topic": "rim.fast-path", "partition": 0, "offset": 0, "key": "k", "value": {"a": 1}}


async def settled(engine) -> None:
    async with asyncio.timeout(5):
        while engine.tails_open:
            await asyncio.sleep(0.01)


async def test_records_are_followed_and_the_source_is_closed_when_the_client_leaves(control, engine) -> None:
    engine.tailed.put_nowait(RECORD)
    engine.tailed.put_nowait({**RECORD, "offset": 1})
    tail = control.tail("rim.fast-path", start="earliest")
    assert [(await anext(tail)).offset for _ in range(2)] == [0, 1]
    assert engine.tails_open == 1
    await tail.aclose()
    await settled(engine)
    assert engine.asked == [("tail", "rim.fast-path", "earliest")]


async def test_a_client_that_leaves_while_nothing_comes_is_noticed(http, engine) -> None:
    async with http.ws_connect("/v1/topics/rim.fast-path/tail"):
        await asyncio.sleep(0.02)
        assert engine.tails_open == 1
    await settled(engine)
    assert engine.asked == [("tail", "rim.fast-path", "latest")]


async def test_an_unknown_topic_is_told_before_anything_opens(control, engine) -> None:
    with pytest.raises(UnknownName) as raised:
        await anext(control.tail("nothing"))
    assert raised.value.where == "nothing"
    assert engine.tails_open == 0


async def test_a_start_that_is_neither_end_is_a_400(http) -> None:
    assert (await http.get("/v1/topics/rim.fast-path/tail?from=middle")).status == 400


async def test_a_failure_on_the_way_reaches_the_client_as_what_it_is(control, engine) -> None:
    engine.tailed.put_nowait(RECORD)
    engine.tailed.put_nowait(None)
    tail = control.tail("rim.fast-path")
    await anext(tail)
    with pytest.raises(UpstreamUnavailable, match="Kafka went away"):
        await anext(tail)
    await settled(engine)


async def test_a_name_with_a_slash_stays_one_name(control) -> None:
    with pytest.raises(UnknownName) as raised:
        await control.topic("a/b c")
    assert raised.value.where == "a/b c"


async def test_a_published_record_carries_only_what_was_given(control, engine) -> None:
    published = await control.publish_record("rim.fast-path", PublishRequest(value=None, key="k"))
    assert published.offset == 3
    assert engine.asked[0][2] == {"value": None, "value_base64": None, "key": "k", "headers": {}, "partition": None}


async def test_a_topic_can_be_followed_from_a_time_on(control, engine) -> None:
    engine.tailed.put_nowait(RECORD)
    async with asyncio.timeout(5):
        for start in (1_733_220_000_000, "2024-12-03T10:00:00Z"):
            tail = control.tail("rim.fast-path", start=start)
            engine.tailed.put_nowait(RECORD)
            await anext(tail)
            await tail.aclose()
    assert {start for _, _, start in engine.asked} == {1_733_220_000_000}


async def test_a_beginning_that_is_none_is_refused(control) -> None:
    with pytest.raises(UsageError):
        await anext(control.tail("rim.fast-path", start="yesterday"))


async def test_a_topic_of_ones_own_is_made_and_deleted(control, engine) -> None:
    assert (await control.create_topic("orders", partitions=3)).partitions == 3
    with pytest.raises(UnknownName):
        await control.delete_topic("orders")
    assert engine.asked == [("create", "orders", 3), ("delete", "orders")]
    with pytest.raises(Conflict):
        await control.create_topic("rim.fast-path")
    with pytest.raises(UsageError):
        await control.create_topic("no blanks please")
