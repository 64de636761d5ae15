"""The ids of a request, on every answer, fact and log line."""

from __future__ import annotations

import json
import logging
import re

import pytest
from aiohttp import web

from sandbox.events.facts import RequestServed
from sandbox.events.log import JsonLines
from sandbox.services.http import Route

THINGS = "/api/v1/things"
TRACEPARENT = re.compile(r"00-[0-9a-f]{32}-[0-9a-f]{16}-01")


async def fail(_):
    raise KeyError("a bug")


@pytest.mark.spec(
    "ENVELOPE-REQUEST-ID",
    "HEADER-CORRELATION-ID",
    "HEADER-REQUEST-ID",
    "TRACE-CORRELATION-ID",
    "TRACE-REQUEST-ID",
    "TRACE-RESPONSE",
    "TRACE-TRACEPARENT",
    "TRACE-WITH",
)
async def test_ids_of_the_caller_are_kept_and_the_span_is_new(client):
    sent = {"X-Request-ID": "req-1", "X-Correlation-ID": "trace-1", "traceparent": f"00-{'a' * 32}-{'b' * 16}-01"}
    answer = await client.get(THINGS, headers=sent)
    assert answer.headers["X-Request-ID"] == "req-1"
    assert answer.headers["X-Correlation-ID"] == "trace-1"
    assert answer.headers["traceparent"].startswith(f"00-{'a' * 32}-")
    assert "b" * 16 not in answer.headers["traceparent"]
    assert (await answer.json())["meta"]["requestId"] == "req-1"


@pytest.mark.spec("TRACE-REQUEST-ID", "TRACE-WITHOUT")
async def test_ids_are_made_where_absent_or_malformed(client):
    answer = await client.get(THINGS, headers={"X-Request-ID": "x" * 200, "traceparent": "00-zz-zz-01"})
    assert answer.headers["X-Request-ID"].startswith("req-")
    assert len(answer.headers["X-Request-ID"]) < 64
    assert answer.headers["X-Correlation-ID"].startswith("trace-")
    assert TRACEPARENT.fullmatch(answer.headers["traceparent"])


@pytest.mark.spec("TRACE-REQUEST-ID")
async def test_each_request_without_an_id_gets_its_own(client):
    ids = {(await client.get(THINGS)).headers["X-Request-ID"] for _ in range(20)}
    assert len(ids) == 20


async def test_b3_headers_are_the_source_of_the_trace(client):
    answer = await client.get(THINGS, headers={"X-B3-TraceId": "c" * 32, "X-B3-SpanId": "d" * 16})
    assert answer.headers["traceparent"].startswith(f"00-{'c' * 32}-")


@pytest.mark.spec("TRACE-RESPONSE", "TRACE-RESPONSE-REQUEST-ID")
@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", THINGS, 200),
        ("HEAD", THINGS, 200),
        ("GET", "/nowhere", 404),
        ("PATCH", THINGS, 405),
        ("GET", "/fails", 500),
        ("GET", "/actuator/health", 200),
    ],
)
async def test_every_answer_carries_the_ids_and_leaves_a_fact(serve, echo, facts, method, path, status):
    client = await serve([Route("GET", THINGS, echo), Route("GET", "/fails", fail)])
    answer = await client.request(method, path, headers={"X-Request-ID": "req-9"})
    assert answer.status == status
    assert answer.headers["X-Request-ID"] == "req-9"
    assert answer.headers["X-Correlation-ID"]
    assert TRACEPARENT.fullmatch(answer.headers["traceparent"])
    (fact,) = [each for each in facts.kept if isinstance(each, RequestServed)]
    assert (fact.method, fact.path, fact.status, fact.request_id) == (method, path, status, "req-9")
    assert fact.source == "capsule"
    assert fact.span_id in answer.headers["traceparent"]


async def test_a_fact_names_the_pattern_and_keeps_the_query(client, facts):
    await client.get(f"{THINGS}/7?page=1", headers={"X-Tenant-ID": "lease-1"})
    fact = facts.kept[-1]
    assert (fact.route, fact.path, fact.tenant) == ("/api/v1/things/{id}", f"{THINGS}/7?page=1", "lease-1")
    assert fact.client == "tenant:lease-1"


async def test_neither_a_fact_nor_the_log_tells_a_secret_of_the_query(client, facts, caplog):
    with caplog.at_level("INFO"):
        await client.get(f"{THINGS}/7?token=eyJhbGciOi&page=1")
    assert facts.kept[-1].path.startswith(f"{THINGS}/7?token=") and facts.kept[-1].path.endswith("&page=1")
    lines = [each.getMessage() for each in caplog.records if each.name.startswith("sandbox")]
    assert lines and "eyJhbGciOi" not in facts.kept[-1].path + "".join(lines)


async def test_a_websocket_handshake_carries_the_ids_too(serve):
    async def talk(exchange):
        socket = web.WebSocketResponse()
        await socket.prepare(exchange.request)
        await socket.send_str(exchange.trace.request_id)
        await socket.close()
        return socket

    client = await serve([Route("GET", "/ws/plans/{id}", talk)])
    async with client.ws_connect("/ws/plans/1", headers={"X-Request-ID": "req-5"}) as socket:
        assert socket._response.headers["X-Request-ID"] == "req-5"
        assert "X-RateLimit-Remaining" in socket._response.headers
        assert await socket.receive_str() == "req-5"


@pytest.mark.spec("TRACE-LOG")
async def test_log_lines_are_json_with_the_ids_of_their_request(serve, caplog):
    async def logs(exchange):
        logging.getLogger("sandbox.test").warning("looked at %s", exchange.path["id"])
        return exchange.ok({})

    client = await serve([Route("GET", "/api/v1/things/{id}", logs)])
    lines = []
    handler = logging.Handler()
    handler.emit = lambda record: lines.append(json.loads(JsonLines().format(record)))
    logger = logging.getLogger("sandbox")
    logger.addHandler(handler)
    try:
        with caplog.at_level(logging.INFO, logger="sandbox"):
            await client.get(f"{THINGS}/7", headers={"X-Request-ID": "req-3", "X-Correlation-ID": "trace-3"})
    finally:
        logger.removeHandler(handler)
    inner, access = lines
    for line in lines:
        assert (line["requestId"], line["correlationId"]) == ("req-3", "trace-3")
        assert len(line["traceId"]) == 32
    assert (inner["message"], inner["level"]) == ("looked at 7", "WARNING")
    assert (access["service"], access["route"], access["status"]) == ("capsule", "/api/v1/things/{id}", 200)


async def test_the_line_of_a_request_is_the_same_with_and_without_a_log_of_its_own(serve, echo, caplog):
    sent = {"X-Request-ID": 'req-"3\\', "X-Correlation-ID": "trace-3", "traceparent": f"00-{'a' * 32}-{'b' * 16}-01"}
    own: list[str] = []
    route = Route("GET", "/api/v1/things/{id}", echo)
    with caplog.at_level(logging.INFO, logger="sandbox.access"):
        await (await serve([route])).get(f'{THINGS}/7?name="ü"', headers=sent)
        await (await serve([route], access_log=own.append)).get(f'{THINGS}/7?name="ü"', headers=sent)
    (record,) = [each for each in caplog.records if each.name == "sandbox.access"]
    (line,) = own
    assert line.endswith("}\n")
    ids = {"requestId": 'req-"3\\', "correlationId": "trace-3", "traceId": "a" * 32}
    expected, found = json.loads(JsonLines().format(record)), json.loads(line)
    assert ids.items() <= found.items()
    assert list(found) == [*list(expected)[:4], *ids, "spanId", *list(expected)[4:]]
    for name in ("level", "logger", "message", "service", "route", "status"):
        assert found[name] == expected[name]


@pytest.mark.spec("ERROR-500")
async def test_a_bug_is_logged_with_its_stack_and_hidden_from_the_client(serve, caplog):
    client = await serve([Route("GET", "/fails", fail)])
    answer = await client.get("/fails")
    body = await answer.json()
    assert body["error"] == {"code": "INTERNAL_ERROR", "message": "Server error"}
    assert "a bug" not in await answer.text()
    assert any(record.exc_info and "a bug" in str(record.exc_info[1]) for record in caplog.records)
