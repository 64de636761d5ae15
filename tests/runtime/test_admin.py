from __future__ import annotations

import asyncio
from collections.abc import Collection

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer, unused_port

from sandbox.contracts.fault_request import FaultRequest
from sandbox.contracts.limits import LimitsChange
from sandbox.contracts.operations import BREAKER_OPERATIONS
from sandbox.errors import AccessDenied, UnknownName, UpstreamUnavailable, UsageError
from sandbox.runtime.admin import admin_app
from sandbox.runtime.admin_client import AdminClient


class RecordingProcess:
    """One breaker, and a memory of what was asked."""

    def __init__(self) -> None:
        self.asked: list[tuple[object, ...]] = []
        self.services: dict[str, dict[str, object]] = {}

    def status(self) -> dict[str, object]:
        return {"instance": "services", "pid": 1, "clock": {"speed": 1.0}, "services": self.services, "breakers": {}}

    async def operate_breaker(self, service: str, name: str, operation: str) -> dict[str, object]:
        if (service, name) != ("odyssey", "capsule"):
            raise UnknownName(f"there is no breaker {service}/{name}", where=f"{service}/{name}")
        self.asked.append((operation, service, name))
        return {"state": "OPEN"}

    def limits(self) -> dict[str, object]:
        return {"capsule": {"query": 5}}

    def change_limits(self, service: str, change: LimitsChange) -> dict[str, object]:
        if service != "capsule":
            raise UnknownName(f"{service!r} has no request limits", where="service", hint="choose from capsule")
        self.asked.append((service, change.model_dump(exclude_none=True)))
        return {"query": change.query}

    def reset_limits(self, service: str) -> dict[str, object]:
        self.asked.append(("reset limits", service))
        return {"query": 1000}

    def faults(self) -> list[dict[str, object]]:
        return [{"id": "outage"}]

    def add_fault(self, request: FaultRequest) -> dict[str, object]:
        self.asked.append(("fault", request.model_dump()))
        return {"id": request.id or "made"}

    def remove_fault(self, identity: str) -> dict[str, object]:
        if identity != "outage":
            raise UnknownName(f"there is no fault {identity!r}", where="id")
        return {"id": identity, "hits": 4}

    def remove_faults(self) -> list[dict[str, object]]:
        return [{"id": "outage", "hits": 4}]

    def capture(self, for_s: float, limit_bytes: int) -> list[str]:
        self.asked.append(("capture", for_s, limit_bytes))
        return ["capsule"]

    async def set_speed(self, speed: float) -> None:
        self.asked.append(("speed", speed))

    async def reset(self, services: Collection[str]) -> None:
        if "kafka" in services:
            raise UnknownName("there is no store of 'kafka' to reset here")
        self.asked.append(("reset", *services))

    async def begin_reset(self, for_s: float) -> None:
        self.asked.append(("begin reset", for_s))

    async def end_reset(self) -> bool:
        self.asked.append(("end reset",))
        return True

    async def leave_group(self, group: str, for_s: float) -> None:
        self._find(group)
        self.asked.append(("leave", group, for_s))

    async def join_group(self, group: str) -> bool:
        self._find(group)
        self.asked.append(("join", group))
        return True

    def _find(self, group: str) -> None:
        if group != "odyssey-reflex":
            raise UnknownName(f"no service of this process is in a group {group!r}", where="group")


@pytest.fixture
def process() -> RecordingProcess:
    return RecordingProcess()


@pytest.fixture
async def server(process):
    async with TestServer(admin_app(process, "t0ken")) as server:
        yield server


@pytest.fixture
async def admin(server):
    async with AdminClient(str(server.make_url("")), "t0ken") as client:
        yield client


@pytest.fixture
async def http(server):
    async with TestClient(server, headers={"Authorization": "Bearer t0ken"}) as client:
        yield client


async def test_the_engine_reads_the_status(admin) -> None:
    assert (await admin.status())["instance"] == "services"


@pytest.mark.parametrize("operation", BREAKER_OPERATIONS)
async def test_every_operation_reaches_the_breaker(admin, process, operation) -> None:
    assert await admin.operate_breaker("odyssey", "capsule", operation) == {"state": "OPEN"}
    assert process.asked == [(operation, "odyssey", "capsule")]


async def test_an_unknown_breaker_or_operation_is_refused_as_such(admin, process) -> None:
    with pytest.raises(UnknownName) as raised:
        await admin.operate_breaker("odyssey", "plato/x", "open")
    assert raised.value.where == "odyssey/plato/x"
    with pytest.raises(UsageError) as raised:
        await admin.operate_breaker("odyssey", "capsule", "smash")
    assert "half-open" in raised.value.hint
    assert process.asked == []


async def test_speed_and_reset_reach_the_process(admin, process) -> None:
    await admin.set_speed(20)
    await admin.reset()
    await admin.reset(["capsule", "plato"])
    assert process.asked == [("speed", 20.0), ("reset",), ("reset", "capsule", "plato")]
    with pytest.raises(UnknownName):
        await admin.reset(["kafka"])


async def test_a_reset_of_everything_has_two_halves(admin, process) -> None:
    await admin.begin_reset(40)
    assert await admin.end_reset()
    assert process.asked == [("begin reset", 40.0), ("end reset",)]


async def test_leaving_and_joining_a_group_reach_the_process(admin, process) -> None:
    await admin.leave_group("odyssey-reflex", 30)
    assert await admin.join_group("odyssey-reflex") is True
    assert process.asked == [("leave", "odyssey-reflex", 30.0), ("join", "odyssey-reflex")]
    with pytest.raises(UnknownName):
        await admin.leave_group("a/b c", 30)
    with pytest.raises(UnknownName):
        await admin.join_group("nobody")


@pytest.mark.parametrize(
    ("path", "body", "where"),
    [
        ("groups/odyssey-reflex/leave", '{"for_s": 0}', "for_s"),
        ("groups/odyssey-reflex/leave", "{}", "for_s"),
        ("reset", '{"services": "capsule"}', "services"),
        ("reset", '{"service": ["capsule"]}', "services"),
        ("reset", "[]", "services"),
    ],
)
async def test_a_body_that_will_not_do_is_a_400(http, process, path, body, where) -> None:
    answer = await http.post(f"/admin/{path}", data=body)
    assert (answer.status, (await answer.json())["error"]["where"], process.asked) == (400, where, [])


async def test_limits_are_seen_changed_and_reset(admin, process) -> None:
    assert await admin.limits() == {"capsule": {"query": 5}}
    assert await admin.change_limits("capsule", {"query": 2, "enabled": False}) == {"query": 2}
    assert await admin.reset_limits("capsule") == {"query": 1000}
    assert process.asked == [("capsule", {"query": 2, "enabled": False}), ("reset limits", "capsule")]
    with pytest.raises(UnknownName, match="audit"):
        await admin.change_limits("audit", {"query": 2})


@pytest.mark.parametrize(
    ("change", "where"),
    [
        ({"query": -1}, "body.query"),
        ({"query": "5"}, "body.query"),
        ({"query": True}, "body.query"),
        ({"enabled": 1}, "body.enabled"),
        ({"querry": 1}, "body.querry"),
    ],
)
async def test_a_limit_that_is_none_is_named(admin, process, change, where) -> None:
    with pytest.raises(UsageError) as raised:
        await admin.change_limits("capsule", change)
    assert raised.value.where == where
    assert process.asked == []


SPEEDS = ["0", "-1", "true", '"20"', "NaN", "1e9", "null"]


@pytest.mark.parametrize("body", [*(f'{{"speed": {speed}}}' for speed in SPEEDS), '{"speed": 1, "x": 2}', "[]", "20"])
async def test_a_speed_that_is_none_is_a_400(http, process, body) -> None:
    answer = await http.put("/admin/clock", data=body)
    assert (answer.status, (await answer.json())["error"]["where"]) == (400, "speed")
    assert process.asked == []


async def test_a_body_that_is_not_json_is_a_400(http) -> None:
    assert (await http.put("/admin/clock", data="{")).status == 400


async def test_every_path_wants_the_token_and_no_page_may_ask(http) -> None:
    for method, path in [("GET", "/admin/status"), ("POST", "/admin/reset"), ("PUT", "/admin/clock"), ("GET", "/x")]:
        answer = await http.request(method, path, headers={"Authorization": "Bearer wrong"})
        assert answer.status == 401
    assert (await http.get("/admin/status", headers={"Origin": "http://localhost:3000"})).status == 403


async def test_a_container_may_be_reached_by_any_name(http) -> None:
    assert (await http.get("/admin/status", headers={"Host": "butterfly-capsule:9300"})).status == 200


async def test_a_wrong_token_is_named_to_the_engine(server) -> None:
    async with AdminClient(str(server.make_url("")), "wrong") as client:
        with pytest.raises(AccessDenied):
            await client.status()


async def test_a_process_that_is_gone_or_silent_is_unavailable() -> None:
    async with AdminClient(f"http://127.0.0.1:{unused_port()}", "t") as client:
        with pytest.raises(UpstreamUnavailable):
            await client.status()

    async def hang(_: web.Request) -> web.Response:
        await asyncio.sleep(30)
        return web.Response()

    app = web.Application()
    app.router.add_get("/admin/status", hang)
    async with TestServer(app) as server, AdminClient(str(server.make_url("")), "t", timeout_s=0.05) as client:
        with pytest.raises(UpstreamUnavailable, match=r"within 0\.05 s"):
            await client.status()


async def test_a_stranger_on_the_port_is_unavailable() -> None:
    async def stranger(_: web.Request) -> web.Response:
        return web.Response(text="<html>")

    app = web.Application()
    app.router.add_get("/admin/status", stranger)
    async with TestServer(app) as server, AdminClient(str(server.make_url("")), "t") as client:
        with pytest.raises(UpstreamUnavailable, match="not as a service process"):
            await client.status()


async def test_a_health_check_without_token_learns_that_every_service_is_ready(process, server) -> None:
    url = server.make_url("/admin/ready")
    async with TestClient(server) as anybody:
        for services, expected in (
            ({}, 503),
            ({"capsule": {"state": "starting"}}, 503),
            ({"capsule": {"state": "ready"}, "plato": {"state": "failed"}}, 503),
            ({"capsule": {"state": "ready"}, "plato": {"state": "ready"}}, 200),
        ):
            process.services = services
            async with anybody.get(url.path) as answer:
                assert answer.status == expected, services


async def test_faults_are_listed_made_and_removed(admin, process) -> None:
    assert await admin.faults() == [{"id": "outage"}]
    request = {"kind": "latency", "on": "capsule", "id": None, "parameters": {"ms": 5}}
    assert await admin.add_fault(request) == {"id": "made"}
    assert process.asked == [("fault", request)]
    assert (await admin.remove_fault("outage"))["hits"] == 4
    assert await admin.remove_faults() == [{"id": "outage", "hits": 4}]
    with pytest.raises(UnknownName, match="no fault 'x/y'"):
        await admin.remove_fault("x/y")


@pytest.mark.parametrize(
    ("body", "where"),
    [
        ({"kind": "latency"}, "body.on"),
        ({"kind": "latency", "on": "capsule", "ms": 5}, "body.ms"),
        ({"kind": "latency", "on": "capsule", "id": "a b"}, "body.id"),
    ],
)
async def test_a_fault_that_is_asked_for_wrongly_is_refused(http, body, where) -> None:
    answer = await http.post("/admin/faults", json=body)
    assert (answer.status, (await answer.json())["error"]["where"]) == (400, where)


async def test_capturing_reaches_the_process_and_is_bounded(admin, process, http) -> None:
    assert await admin.capture(15, 1_000) == ["capsule"]
    assert process.asked == [("capture", 15.0, 1_000)]
    for body in ({"for_s": 15}, {"for_s": 1e9, "limit_bytes": 1}, {"for_s": 1, "limit_bytes": 1e9}, []):
        assert (await http.put("/admin/capture", json=body)).status == 400
