"""Link 2, the services' end: the admin API that each service process serves to the engine."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, Protocol

from aiohttp import web

from sandbox.contracts.fault_request import FaultRequest, read_fault_request
from sandbox.contracts.limits import LimitsChange, read_limits_change
from sandbox.contracts.operations import BREAKER_OPERATIONS
from sandbox.errors import UsageError
from sandbox.runtime.access import access_gate, json_errors, read_json

__all__ = ["ServicesProcess", "admin_app"]

READY_PATH = "/admin/ready"
CAPTURE_LIMIT_BYTES = 1024 * 1024


class ServicesProcess(Protocol):
    """What the admin API asks of the process that it is in."""

    def status(self) -> Mapping[str, Any]:
        """`{"instance", "pid", "clock", "services", "breakers"}` as docs/architecture.md shows it."""

    async def operate_breaker(self, service: str, name: str, operation: str) -> Mapping[str, Any]:
        """The breaker's state afterwards. Raises UnknownName."""

    def limits(self) -> Mapping[str, Any]:
        """The request limits of each service that has some."""

    def change_limits(self, service: str, change: LimitsChange) -> Mapping[str, Any]:
        """The service's limits afterwards. Raises UnknownName."""

    def reset_limits(self, service: str) -> Mapping[str, Any]:
        """Back to what was configured, with no window open. Raises UnknownName."""

    def faults(self) -> list[dict[str, Any]]:
        """Oldest first."""

    def add_fault(self, request: FaultRequest) -> dict[str, Any]:
        """Raises UnknownName, Conflict or UsageError."""

    def remove_fault(self, identity: str) -> dict[str, Any]:
        """Raises UnknownName."""

    def remove_faults(self) -> list[dict[str, Any]]: ...

    def capture(self, for_s: float, limit_bytes: int) -> list[str]:
        """Tell of requests with their bodies for so long; the services that do. 0 ends it."""

    async def set_speed(self, speed: float) -> None: ...

    async def reset(self, services: Collection[str]) -> None:
        """Stores, breakers and request limits of these services back to the start, no faults; with none named, of
        all, and the clock. Raises UnknownName."""

    async def begin_reset(self, for_s: float) -> None:
        """As `reset` of all, and at rest from now on: out of every group, records and requests under way dropped, all
        that was published acknowledged, requests refused. Up again by itself after `for_s` seconds.
        Raises UpstreamUnavailable."""

    async def end_reset(self) -> bool:
        """Up again; whether every group is joined yet."""

    async def leave_group(self, group: str, for_s: float) -> None:
        """Out of a consumer group, with facts of all that it consumed on their way; back by itself after `for_s`
        seconds. Raises UnknownName."""

    async def join_group(self, group: str) -> bool:
        """Back into a consumer group; whether it has joined yet. Raises UnknownName."""


def admin_app(process: ServicesProcess, token: str) -> web.Application:
    """Every path wants the token but `/admin/ready`, which containers' health checks ask.

    Any Host may be asked for, since containers are reached by other names.
    """

    async def status(_: web.Request) -> web.Response:
        return web.json_response(process.status())

    async def ready(_: web.Request) -> web.Response:
        states = {name: each["state"] for name, each in process.status()["services"].items()}
        proven = bool(states) and all(state == "ready" for state in states.values())
        return web.json_response(states, status=200 if proven else 503)

    async def breaker(request: web.Request) -> web.Response:
        operation = request.match_info["operation"]
        if operation not in BREAKER_OPERATIONS:
            raise UsageError(
                f"a breaker knows no operation {operation!r}",
                where="operation",
                hint=f"choose from {', '.join(BREAKER_OPERATIONS)}",
            )
        found = await process.operate_breaker(request.match_info["service"], request.match_info["name"], operation)
        return web.json_response(found)

    async def limits(_: web.Request) -> web.Response:
        return web.json_response(process.limits())

    async def change_limits(request: web.Request) -> web.Response:
        change = read_limits_change(await read_json(request))
        return web.json_response(process.change_limits(request.match_info["service"], change))

    async def reset_limits(request: web.Request) -> web.Response:
        return web.json_response(process.reset_limits(request.match_info["service"]))

    async def faults(_: web.Request) -> web.Response:
        return web.json_response({"faults": process.faults()})

    async def add_fault(request: web.Request) -> web.Response:
        return web.json_response(process.add_fault(read_fault_request(await read_json(request))), status=201)

    async def remove_fault(request: web.Request) -> web.Response:
        return web.json_response(process.remove_fault(request.match_info["id"]))

    async def remove_faults(_: web.Request) -> web.Response:
        return web.json_response({"faults": process.remove_faults()})

    async def capture(request: web.Request) -> web.Response:
        body = await read_json(request)
        given = body if isinstance(body, dict) else {}
        for_s = _number({"for_s": given.get("for_s")}, "for_s", 0, 600)
        limit_bytes = _number({"limit_bytes": given.get("limit_bytes")}, "limit_bytes", 0, CAPTURE_LIMIT_BYTES)
        return web.json_response({"services": process.capture(for_s, int(limit_bytes))})

    async def clock(request: web.Request) -> web.Response:
        speed = _number(await read_json(request), "speed", 0.01, 1_000)
        await process.set_speed(speed)
        return web.json_response({"speed": speed})

    async def reset(request: web.Request) -> web.Response:
        await process.reset(_services(await read_json(request)) if request.can_read_body else ())
        return web.json_response(process.status())

    async def begin_reset(request: web.Request) -> web.Response:
        await process.begin_reset(_number(await read_json(request), "for_s", 0.01, 600))
        return web.json_response({"resting": True})

    async def end_reset(_: web.Request) -> web.Response:
        return web.json_response({"resting": False, "joined": await process.end_reset()})

    async def leave(request: web.Request) -> web.Response:
        group, for_s = request.match_info["group"], _number(await read_json(request), "for_s", 0.01, 600)
        await process.leave_group(group, for_s)
        return web.json_response({"group": group, "joined": False})

    async def join(request: web.Request) -> web.Response:
        group = request.match_info["group"]
        return web.json_response({"group": group, "joined": await process.join_group(group)})

    gate = access_gate(token, hosts=None, open_paths={READY_PATH})
    app = web.Application(middlewares=[json_errors, gate], client_max_size=64 * 1024)
    app.router.add_get(READY_PATH, ready)
    app.router.add_get("/admin/status", status)
    app.router.add_post("/admin/breakers/{service}/{name}/{operation}", breaker)
    app.router.add_get("/admin/limits", limits)
    app.router.add_put("/admin/limits/{service}", change_limits)
    app.router.add_delete("/admin/limits/{service}", reset_limits)
    app.router.add_get("/admin/faults", faults)
    app.router.add_post("/admin/faults", add_fault)
    app.router.add_delete("/admin/faults", remove_faults)
    app.router.add_delete("/admin/faults/{id}", remove_fault)
    app.router.add_put("/admin/capture", capture)
    app.router.add_put("/admin/clock", clock)
    app.router.add_post("/admin/reset", reset)
    app.router.add_post("/admin/reset/begin", begin_reset)
    app.router.add_post("/admin/reset/end", end_reset)
    app.router.add_post("/admin/groups/{group}/leave", leave)
    app.router.add_post("/admin/groups/{group}/join", join)
    return app


def _number(body: object, name: str, least: float, most: float) -> float:
    given = body.get(name) if isinstance(body, dict) and body.keys() == {name} else None
    if isinstance(given, bool) or not isinstance(given, int | float) or not least <= given <= most:
        raise UsageError(f"must be a number from {least:g} to {most:g}", where=name, hint=f'send {{"{name}": 20}}')
    return float(given)


def _services(body: object) -> tuple[str, ...]:
    given = body.get("services") if isinstance(body, dict) and body.keys() == {"services"} else None
    if not isinstance(given, list) or not all(isinstance(each, str) for each in given):
        raise UsageError("must be a list of names", where="services", hint='send {"services": ["capsule"]}')
    return tuple(given)
