"""The control server: every route of `routes`, behind the access gate, over one engine."""

from __future__ import annotations

from collections.abc import Collection

from aiohttp import web
from aiohttp.typedefs import Handler

from sandbox.clock import Clock, SystemClock
from sandbox.control.dlq_handlers import DlqHandlers
from sandbox.control.engine_handlers import EngineHandlers
from sandbox.control.fault_handlers import FaultHandlers
from sandbox.control.groups_handlers import GroupsHandlers
from sandbox.control.journal_handlers import JournalHandlers
from sandbox.control.logs_handlers import LogsHandlers
from sandbox.control.ports import Engine
from sandbox.control.recording_handlers import RecordingHandlers
from sandbox.control.records_handlers import RecordsHandlers
from sandbox.control.reset_handlers import ResetHandlers
from sandbox.control.routes import OPENAPI_PATH, ROUTES
from sandbox.control.scenario_handlers import ScenarioHandlers
from sandbox.control.sockets import Sockets
from sandbox.control.topic_handlers import TopicHandlers
from sandbox.control.traffic_handlers import TrafficHandlers
from sandbox.runtime.access import LOOPBACK, access_gate, json_errors

__all__ = ["control_app"]

BODY_LIMIT_BYTES = 8 * 1024 * 1024


def control_app(
    engine: Engine, token: str, *, advertised: Collection[str] = (), clock: Clock | None = None
) -> web.Application:
    """The application to serve on the control port. `advertised` hosts may be asked for besides loopback's names.

    `clock` paces the streams and is real time unless given.
    """
    gate = access_gate(token, hosts=LOOPBACK | frozenset(advertised), open_paths={OPENAPI_PATH})
    app = web.Application(middlewares=[json_errors, gate], client_max_size=BODY_LIMIT_BYTES)
    sockets = Sockets()
    rooms = (
        EngineHandlers(engine),
        JournalHandlers(engine, sockets, clock or SystemClock()),
        TopicHandlers(engine, sockets),
        RecordsHandlers(engine, sockets),
        LogsHandlers(engine),
        DlqHandlers(engine),
        GroupsHandlers(engine),
        ResetHandlers(engine),
        FaultHandlers(engine),
        RecordingHandlers(engine),
        TrafficHandlers(engine),
        ScenarioHandlers(engine),
    )
    for route in ROUTES:
        app.router.add_route(route.method, route.path, _handler(rooms, route.operation))
    app.router.add_route("GET", OPENAPI_PATH, _openapi)

    async def close_sockets(_: web.Application) -> None:
        await sockets.close()

    app.on_shutdown.append(close_sockets)
    return app


def _handler(rooms: tuple[object, ...], operation: str) -> Handler:
    """The one method named like the operation."""
    (handler,) = (getattr(room, operation) for room in rooms if hasattr(room, operation))
    return handler


async def _openapi(request: web.Request) -> web.Response:
    from sandbox.control.openapi import openapi_document

    return web.json_response(openapi_document(f"{request.scheme}://{request.host}"))
