"""Clients of a plan's stream: many at once, and those that stop listening, whose seats are then free."""

import asyncio
import socket

import pytest

from sandbox.services.plato import stream as plan_stream


async def test_a_client_that_takes_nothing_for_long_is_cut_off_and_its_seat_is_free(plato, monkeypatch):
    monkeypatch.setattr(plan_stream, "SEND_LIMIT_S", 0.2)
    conditions = [f"stress > {number} or status == '{'x' * 450}'" for number in range(120)]
    steps = [{"action": "evaluate-conditions", "parameters": {"conditions": conditions, "durationMs": 0}}]
    plan_id = await plato.plan(steps=steps)
    stuck = await plato.http.ws_connect(f"/ws/plans/{plan_id}")
    transport = stuck._response.connection.transport
    transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65536)
    await plato.settle(lambda: plato.service._streams._sockets)
    [served] = plato.service._streams._sockets
    served.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 65536)
    transport.pause_reading()
    for _ in range(12):
        await plato.call("POST", f"/api/v1/plans/{plan_id}/execute")
        await plato.finished(plan_id)
    async with asyncio.timeout(5):
        while plato.service.status()["streams"]:
            await asyncio.sleep(0.01)
    transport.abort()


async def test_a_client_that_vanished_without_a_word_is_noticed(plato, monkeypatch):
    """The network between is gone: no end of file, no reset, and no answer to the server's own heartbeat."""
    monkeypatch.setattr(plan_stream, "HEARTBEAT_S", 0.1)
    vanished = await plato.http.ws_connect(f"/ws/plans/{await plato.plan()}", autoping=False)
    await plato.settle(lambda: plato.service.status()["streams"] == 1)
    async with asyncio.timeout(5):
        while plato.service.status()["streams"]:
            await asyncio.sleep(0.01)
    await vanished.close()


@pytest.mark.spec("WS-DASHBOARD")
async def test_five_clients_of_ten_connections_each_all_see_the_run(plato):
    plan_id = await plato.plan()
    keys = [{"X-API-Key": f"butterfly_dev_{number:032}"} for number in range(5) for _ in range(10)]
    streams = [await plato.http.ws_connect(f"/ws/plans/{plan_id}", headers=key) for key in keys]
    await plato.call("POST", f"/api/v1/plans/{plan_id}/execute")
    await plato.finished(plan_id)
    seen = [await plato.read(stream) for stream in streams]
    assert [each["sequence"] for each in seen[0]] == list(range(1, 18))
    assert all(messages == seen[0] for messages in seen)
    for stream in streams:
        await stream.close()


async def test_a_client_that_was_connected_at_a_reset_sees_the_runs_after_it(plato):
    async with plato.http.ws_connect("/ws/plans/plan_123") as stream:
        before = await plato.read(stream)
        await plato.service.reset()
        await plato.call("POST", "/api/v1/plans/plan_123/execute")
        after = await plato.read(stream)
    assert [each["sequence"] for each in after] == [each["sequence"] for each in before]
    assert {each["runId"] for each in after}.isdisjoint({each["runId"] for each in before})
