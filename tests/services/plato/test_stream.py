"""The seed's "PLATO Plan Execution Streaming", client by client."""

import asyncio
import json
import socket

import pytest
from aiohttp import WSMsgType

from sandbox.services.store import StoreFailed

STEPS = ["evaluate-conditions", "gather-history", "decide", "produce-artifact"]


def shape(messages):
    return [(each["type"], each.get("step"), each.get("progress")) for each in messages]


@pytest.mark.spec(
    "WS-CONNECT",
    "WS-ESTABLISHED",
    "WS-ORDER",
    "WS-PLAN-COMPLETED",
    "WS-PROGRESS",
    "WS-PROGRESSED",
    "WS-STARTED",
    "WS-TYPE-PLAN-COMPLETED",
    "WS-TYPE-STEP-COMPLETED",
    "WS-TYPE-STEP-PROGRESS",
    "WS-TYPE-STEP-STARTED",
)
async def test_a_client_that_connects_before_the_run_sees_all_of_it_in_order(plato):
    plan_id = await plato.plan(context={"entityId": "rim:entity:finance:EURUSD", "stress": 0.93})
    async with plato.http.ws_connect(f"/ws/plans/{plan_id}") as stream:
        await plato.call("POST", f"/api/v1/plans/{plan_id}/execute")
        messages = await plato.read(stream)
    expected = []
    for step in STEPS:
        expected += [("STEP_STARTED", step, 0), ("STEP_PROGRESS", step, 50), ("STEP_PROGRESS", step, 100)]
        expected += [("STEP_COMPLETED", step, None)]
    assert shape(messages) == [*expected, ("PLAN_COMPLETED", None, None)]
    assert [each["sequence"] for each in messages] == list(range(1, len(messages) + 1))
    assert messages[-1]["status"] == "SUCCESS"
    [artifact] = messages[-1]["artifacts"]
    assert artifact["content"]["decide"]["chosenOption"] == "REDUCE_EXPOSURE"


@pytest.mark.spec("WS-DASHBOARD")
async def test_clients_that_come_during_and_after_the_run_see_the_same_messages(plato):
    plan_id = await plato.plan()
    await plato.call("POST", f"/api/v1/plans/{plan_id}/execute")
    await plato.clock.advance(0.2)
    async with plato.http.ws_connect(f"/ws/plans/{plan_id}") as during:
        seen_during = await plato.read(during)
    async with plato.http.ws_connect(f"/ws/plans/{plan_id}") as after:
        seen_after = await plato.read(after)
    assert seen_during == seen_after
    assert len({each["runId"] for each in seen_during}) == 1


@pytest.mark.spec("WS-REAL-TIME", "WS-PROGRESS")
async def test_a_message_comes_when_the_thing_happens_and_not_before(plato):
    steps = [{"action": "decide", "parameters": {"durationMs": 2000}}]
    plan_id = await plato.plan(steps=steps)
    async with plato.http.ws_connect(f"/ws/plans/{plan_id}") as stream:
        await plato.call("POST", f"/api/v1/plans/{plan_id}/execute")
        assert (await stream.receive_json(timeout=5))["type"] == "STEP_STARTED"
        await plato.clock.advance(0.999)
        with pytest.raises(TimeoutError):
            await stream.receive(timeout=0.05)
        await plato.clock.advance(0.001)
        half_way = await stream.receive_json(timeout=5)
        assert (half_way["type"], half_way["progress"]) == ("STEP_PROGRESS", 50)
        await plato.clock.advance(1)
        assert [(await stream.receive_json(timeout=5))["type"] for _ in range(3)] == [
            "STEP_PROGRESS", "STEP_COMPLETED", "PLAN_COMPLETED",
        ]  # fmt: skip


@pytest.mark.spec("WS-COMPLETED", "WS-PLAN-COMPLETED", "JS-JSON")
async def test_messages_have_the_seeds_members(plato):
    plan_id = await plato.plan(context={"entityId": "rim:entity:finance:EURUSD", "stress": 0.93})
    async with plato.http.ws_connect(f"/ws/plans/{plan_id}") as stream:
        await plato.call("POST", f"/api/v1/plans/{plan_id}/execute")
        messages = await plato.read(stream)
    members = {
        "STEP_STARTED": {"step": str, "progress": int},
        "STEP_PROGRESS": {"step": str, "progress": int},
        "STEP_COMPLETED": {"step": str, "result": dict},
        "PLAN_COMPLETED": {"status": str, "artifacts": list},
    }
    assert {each["type"] for each in messages} == members.keys()
    for message in messages:
        assert {name: type(message[name]) for name in members[message["type"]]} == members[message["type"]]
    [evaluated] = [each for each in messages if (each["type"], each.get("step")) == ("STEP_COMPLETED", STEPS[0])]
    assert evaluated["result"]["met"] is True
    assert messages[-1]["artifacts"][0]["artifactId"].startswith("art_")


@pytest.mark.spec("WS-DASHBOARD", "WS-ORDER")
async def test_a_client_that_comes_at_any_moment_sees_the_run_in_order_exactly_once(plato):
    """One client before the run, one before each message of it, one after: all see what the first one sees."""
    plan_id = await plato.plan()
    path = f"/ws/plans/{plan_id}"
    first = await plato.http.ws_connect(path)
    await plato.call("POST", f"{path.replace('/ws', '/api/v1')}/execute")
    whole, others = [], []
    while not whole or whole[-1]["type"] != "PLAN_COMPLETED":
        whole.append(await plato.next(first))
        others.append(await plato.http.ws_connect(path, headers={"X-API-Key": f"butterfly_dev_{len(others):032}"}))
    assert [each["sequence"] for each in whole] == list(range(1, 18))
    for stream in others:
        assert await plato.read(stream) == whole
    for stream in (first, *others):
        await plato.clock.advance(1)
        with pytest.raises(TimeoutError):
            await stream.receive(timeout=0.02)
        await stream.close()


@pytest.mark.spec("WS-TYPE-PONG")
async def test_every_ping_is_answered_while_a_run_is_streamed(plato):
    plan_id = await plato.plan()
    async with plato.http.ws_connect(f"/ws/plans/{plan_id}") as stream:
        await plato.call("POST", f"/api/v1/plans/{plan_id}/execute")
        messages = []
        while not messages or messages[-1]["type"] != "PLAN_COMPLETED":
            await stream.send_json({"type": "PING"})
            messages.append(await plato.next(stream))
        pings = len(messages)
        while sum(each["type"] == "PONG" for each in messages) < pings:
            messages.append(await stream.receive_json(timeout=5))
    numbers = [each["sequence"] for each in messages if each["type"] != "PONG"]
    assert numbers == list(range(1, len(numbers) + 1))


@pytest.mark.spec("JS-CONNECT")
async def test_the_seeded_plan_starts_when_a_client_connects_and_only_once(plato):
    async with plato.http.ws_connect("/ws/plans/plan_123") as stream:
        first = await plato.read(stream)
    async with plato.http.ws_connect("/ws/plans/plan_123") as stream:
        assert await plato.read(stream) == first
    assert len(plato.facts.of("PlanStarted")) == 1


@pytest.mark.spec("WS-DISCONNECT")
async def test_a_later_run_follows_on_the_same_socket_which_stays_open(plato):
    plan_id = await plato.plan()
    async with plato.http.ws_connect(f"/ws/plans/{plan_id}") as stream:
        for _ in range(2):
            await plato.call("POST", f"/api/v1/plans/{plan_id}/execute")
            await plato.read(stream)
        with pytest.raises(TimeoutError):
            await stream.receive(timeout=0.05)
        assert not stream.closed


@pytest.mark.spec("WS-DASHBOARD", "WS-DISCONNECT")
async def test_several_clients_see_the_run_and_one_that_vanishes_holds_nobody_up(plato):
    plan_id = await plato.plan()
    sockets = [await plato.http.ws_connect(f"/ws/plans/{plan_id}") for _ in range(4)]
    vanishing = sockets.pop()
    vanishing._response.connection.transport.abort()
    await plato.call("POST", f"/api/v1/plans/{plan_id}/execute")
    seen = [await plato.read(stream) for stream in sockets]
    assert seen[0] == seen[1] == seen[2]
    for stream in sockets:
        await stream.close()
    await plato.settle(lambda: plato.service.status()["streams"] == 0)


@pytest.mark.spec("WS-BIDIRECTIONAL", "WS-TYPE-PING", "WS-TYPE-PONG")
async def test_ping_is_answered_with_pong_and_other_messages_are_passed_over(plato):
    async with plato.http.ws_connect(f"/ws/plans/{await plato.plan()}") as stream:
        for text in ("no json", "[]", '{"type":"HELLO"}', "[" * 5000):
            await stream.send_str(text)
        await stream.send_bytes(b"\x00")
        await stream.send_json({"type": "PING"})
        assert (await stream.receive_json(timeout=5))["type"] == "PONG"


@pytest.mark.spec("ERROR-429")
async def test_the_eleventh_connection_of_a_client_is_refused_until_one_closes(plato):
    path = f"/ws/plans/{await plato.plan()}"
    sockets = [await plato.http.ws_connect(path) for _ in range(10)]
    status, body = await plato.call("GET", path, headers=handshake())
    assert (status, body["error"]["code"], body["error"]["retryAfter"]) == (429, "RATE_LIMITED", 1)
    await sockets.pop().close()
    await plato.settle(lambda: plato.service.status()["streams"] == 9)
    sockets.append(await plato.http.ws_connect(path))
    for stream in sockets:
        await stream.close()


async def test_ten_connections_of_one_client_leave_room_for_another(plato):
    path = f"/ws/plans/{await plato.plan()}"
    sockets = [await plato.http.ws_connect(path) for _ in range(10)]
    key = "butterfly_dev_" + "a" * 32
    sockets.append(await plato.http.ws_connect(path, headers={"X-API-Key": key}))
    for stream in sockets:
        await stream.close()


async def test_the_handshake_accepts_and_answers_the_trace_headers(plato):
    traceparent = f"00-{'a' * 32}-{'b' * 16}-01"
    headers = {"X-Request-ID": "req-abc123", "X-Correlation-ID": "trace-xyz789", "traceparent": traceparent}
    async with plato.http.ws_connect("/ws/plans/plan_123", headers=headers) as stream:
        answered = stream._response.headers
        message = await plato.next(stream)
    assert answered["X-Request-ID"] == message["requestId"] == "req-abc123"
    assert answered["X-Correlation-ID"] == message["correlationId"] == "trace-xyz789"
    assert answered["traceparent"].split("-")[1] == message["traceparent"].split("-")[1] == "a" * 32


async def test_messages_carry_the_trace_of_the_request_that_executed_the_plan(plato):
    plan_id = await plato.plan()
    traceparent = f"00-{'c' * 32}-{'d' * 16}-01"
    headers = {"X-Request-ID": "req-1", "X-Correlation-ID": "story-1", "traceparent": traceparent}
    async with plato.http.ws_connect(f"/ws/plans/{plan_id}") as stream:
        await plato.call("POST", f"/api/v1/plans/{plan_id}/execute", headers=headers)
        messages = await plato.read(stream)
    ids = {(each["requestId"], each["correlationId"], each["traceparent"].split("-")[1]) for each in messages}
    assert ids == {("req-1", "story-1", "c" * 32)}
    spans = [each["traceparent"].split("-")[2] for each in messages if each["type"] == "STEP_STARTED"]
    assert len(set(spans)) == len(STEPS)


@pytest.mark.spec("WS-TYPE-PLAN-FAILED", "WS-TYPE-STEP-FAILED")
async def test_a_step_that_is_told_to_fail_fails_the_plan(plato):
    steps = [{"action": "evaluate-conditions"}, {"action": "decide", "parameters": {"fail": "the model is stale"}}]
    plan_id = await plato.plan(steps=[*steps, {"action": "produce-artifact"}])
    async with plato.http.ws_connect(f"/ws/plans/{plan_id}") as stream:
        await plato.call("POST", f"/api/v1/plans/{plan_id}/execute")
        messages = await plato.read(stream)
    failed, ended = messages[-2:]
    assert (failed["type"], failed["step"], failed["error"]) == ("STEP_FAILED", "decide", "the model is stale")
    assert (ended["type"], ended["status"], ended["error"]) == ("PLAN_FAILED", "FAILED", "the model is stale")
    assert "produce-artifact" not in {each.get("step") for each in messages}
    _, answer = await plato.call("GET", f"/api/v1/plans/{plan_id}")
    assert [step["status"] for step in answer["data"]["steps"]] == ["COMPLETED", "FAILED", "PENDING"]


async def test_an_unknown_plan_is_a_404_before_the_handshake(plato):
    status, body = await plato.call("GET", "/ws/plans/plan_none", headers=handshake())
    assert (status, body["error"]["code"]) == (404, "NOT_FOUND")


async def test_a_request_that_is_no_handshake_is_told_so(plato):
    async with plato.http.get("/ws/plans/plan_123") as response:
        assert response.status == 426
        assert response.headers["Upgrade"] == "websocket"


async def test_a_message_that_is_too_large_closes_that_socket_only(plato):
    path = f"/ws/plans/{await plato.plan()}"
    async with plato.http.ws_connect(path) as loud, plato.http.ws_connect(path) as quiet:
        await loud.send_str("x" * 100_000)
        await loud.receive(timeout=5)
        assert loud.close_code == 1009
        await quiet.send_json({"type": "PING"})
        assert (await quiet.receive_json(timeout=5))["type"] == "PONG"


async def test_a_client_that_reads_nothing_does_not_hold_up_the_plan(plato):
    """Its socket fills up; the runs go on, and what it missed waits for it in the log."""
    conditions = [f"stress > {number} or status == '{'x' * 450}'" for number in range(120)]
    steps = [{"action": "evaluate-conditions", "parameters": {"conditions": conditions, "durationMs": 0}}]
    plan_id = await plato.plan(steps=steps)
    runs = 12
    async with plato.http.ws_connect(f"/ws/plans/{plan_id}") as slow:
        transport = slow._response.connection.transport
        transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65536)
        await plato.settle(lambda: plato.service._streams._sockets)
        [served] = plato.service._streams._sockets
        served.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 65536)
        transport.pause_reading()
        for _ in range(runs):
            await plato.call("POST", f"/api/v1/plans/{plan_id}/execute")
            await plato.finished(plan_id)
        sent_before = len(plato.facts.of("WebSocketMessageSent"))
        transport.resume_reading()
        seen = [await plato.read(slow) for _ in range(runs)]
    assert sent_before < runs * 5
    assert [[each["sequence"] for each in messages] for messages in seen] == [[1, 2, 3, 4, 5]] * runs
    assert len({messages[0]["runId"] for messages in seen}) == runs


async def test_stopping_plato_says_goodbye_to_its_clients(context, new_plato):
    plato = new_plato()
    await plato.start()
    stream = await plato.http.ws_connect(f"/ws/plans/{await plato.plan()}")
    closing = asyncio.ensure_future(stream.receive(timeout=5))
    await asyncio.sleep(0)
    await plato.service.stop()
    await closing
    assert stream.close_code == 1001
    await plato.http.close()


async def test_a_client_that_does_not_listen_does_not_hold_up_the_stop(context, new_plato):
    plato = new_plato()
    await plato.start()
    stream = await plato.http.ws_connect(f"/ws/plans/{await plato.plan()}")
    transport = stream._response.connection.transport
    transport.pause_reading()
    async with asyncio.timeout(3):
        await plato.service.stop()
    transport.abort()
    await plato.http.close()


async def test_a_stream_whose_log_cannot_be_read_is_cut(plato, monkeypatch, caplog):
    plan_id = await plato.plan()
    stream = await plato.http.ws_connect(f"/ws/plans/{plan_id}")
    await plato.settle(lambda: plato.service.status()["streams"] == 1)

    def unreadable(*_):
        raise StoreFailed("the disk is gone")

    monkeypatch.setattr(plato.service._log, "messages", unreadable)
    await plato.call("POST", f"/api/v1/plans/{plan_id}/execute")
    message = await stream.receive(timeout=5)
    assert message.type in (WSMsgType.CLOSED, WSMsgType.ERROR)
    assert "the disk is gone" in caplog.text


async def test_every_message_and_connection_is_a_fact(plato):
    async with plato.http.ws_connect("/ws/plans/plan_123") as stream:
        messages = await plato.read(stream)
    await plato.settle(lambda: plato.facts.of("WebSocketClosed"))
    [opened], [closed] = plato.facts.of("WebSocketOpened"), plato.facts.of("WebSocketClosed")
    sent = plato.facts.of("WebSocketMessageSent")
    assert [(fact.type, fact.sequence) for fact in sent] == [(each["type"], each["sequence"]) for each in messages]
    assert opened.path == closed.path == "/ws/plans/plan_123"
    assert (closed.messages, closed.code) == (len(messages), 1000)
    assert json.loads(json.dumps(closed.to_json()))["kind"] == "WebSocketClosed"


def handshake():
    return {
        "Connection": "Upgrade",
        "Upgrade": "websocket",
        "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
    }
