"""Faults of plan streams, as a client on a real socket sees them."""

import asyncio

import pytest
from aiohttp import WSMsgType

from sandbox.faults.applied import AppliedFault
from sandbox.faults.reading import read_fault
from sandbox.services.plato.stream_fault import AppliedStreamFault

STEP = [{"action": "decide", "parameters": {"durationMs": 100}}]
WHOLE = [1, 2, 3, 4, 5]
"""STEP_STARTED, STEP_PROGRESS 50 and 100, STEP_COMPLETED, PLAN_COMPLETED."""


@pytest.fixture
def fault(plato):
    def stand(kind, **parameters):
        applied = AppliedFault("f1", read_fault(kind, parameters), "plato", plato.clock, plato.facts)
        plato.service.stream_faults.append(AppliedStreamFault(applied))
        return applied

    return stand


@pytest.fixture
async def plan(plato):
    """A plan that has run: five messages."""
    plan_id = await plato.plan(steps=STEP)
    await plato.call("POST", f"/api/v1/plans/{plan_id}/execute")
    await plato.finished(plan_id)
    return f"/ws/plans/{plan_id}"


async def sequences(plato, stream, count):
    return [(await plato.next(stream))["sequence"] for _ in range(count)]


async def nothing_more(stream):
    with pytest.raises(TimeoutError):
        await stream.receive(timeout=0.05)


@pytest.mark.parametrize("code", [1011, 1012, 1013, 4000])
async def test_the_socket_closes_with_the_code_after_so_many_messages(plato, plan, fault, code):
    applied = fault("ws-close", code=code, reason="on purpose", after_messages=2, first=1)
    async with plato.http.ws_connect(plan) as stream:
        assert await sequences(plato, stream, 2) == [1, 2]
        end = await stream.receive(timeout=5)
        assert (end.type, end.data, end.extra) == (WSMsgType.CLOSE, code, "on purpose")
    async with plato.http.ws_connect(plan) as again:
        assert await sequences(plato, again, 5) == WHOLE, "what it missed it sees when it connects again"
    assert applied.hits == 1
    assert [fact.code for fact in plato.facts.of("WebSocketClosed")][:1] == [code]


async def test_1006_cuts_the_connection_without_a_close_frame(plato, plan, fault):
    fault("ws-close", code=1006, after_messages=1)
    async with plato.http.ws_connect(plan) as stream:
        assert await sequences(plato, stream, 1) == [1]
        end = await stream.receive(timeout=5)
        assert end.type in (WSMsgType.CLOSED, WSMsgType.ERROR)
        assert stream.close_code == 1006


async def test_dropped_messages_leave_a_gap(plato, plan, fault):
    fault("ws-drop", type="STEP_PROGRESS")
    async with plato.http.ws_connect(plan) as stream:
        assert await sequences(plato, stream, 3) == [1, 4, 5]
        await nothing_more(stream)


async def test_duplicated_messages_come_twice(plato, plan, fault):
    fault("ws-duplicate", nth=2)
    async with plato.http.ws_connect(plan) as stream:
        assert await sequences(plato, stream, 6) == [1, 2, 2, 3, 4, 5]
        await nothing_more(stream)


@pytest.mark.parametrize(("by", "seen"), [(1, [2, 1, 4, 3, 5]), (2, [2, 3, 1, 5, 4])])
async def test_messages_overtake_one_another_and_none_is_lost(plato, plan, fault, by, seen):
    fault("ws-reorder", by=by)
    async with plato.http.ws_connect(plan) as stream:
        assert await sequences(plato, stream, 5) == seen
        await nothing_more(stream)


async def test_a_stalled_stream_stays_open_answers_pings_and_goes_on_where_it_stood(plato, plan, fault):
    applied = fault("ws-stall", after_messages=1)
    async with plato.http.ws_connect(plan) as stream:
        assert await sequences(plato, stream, 1) == [1]
        await nothing_more(stream)
        await stream.send_json({"type": "PING"})
        assert (await stream.receive_json(timeout=5))["type"] == "PONG"
        applied.remove()
        assert await sequences(plato, stream, 4) == [2, 3, 4, 5]


async def test_other_plans_and_a_client_that_leaves_a_stall_are_left_alone(plato, plan, fault):
    applied = fault("ws-stall", plan="plan_other")
    async with plato.http.ws_connect(plan) as stream:
        assert await sequences(plato, stream, 5) == WHOLE
    applied.remove()
    fault("ws-stall")
    async with plato.http.ws_connect(plan) as stream:
        await nothing_more(stream)
    async with asyncio.timeout(5):
        while plato.service.status()["streams"]:
            await asyncio.sleep(0.01)


async def test_faults_act_one_behind_the_other(plato, plan, fault):
    fault("ws-duplicate", nth=1)
    fault("ws-drop", type="PLAN_*")
    async with plato.http.ws_connect(plan) as stream:
        assert await sequences(plato, stream, 5) == [1, 1, 2, 3, 4]
        await nothing_more(stream)
