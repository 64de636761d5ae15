"""What components log, over HTTP."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from aiohttp import web

from sandbox.control.engine_handlers import answer
from sandbox.control.logs_models import LogPage, LogsQuery
from sandbox.control.ports import Engine
from sandbox.control.request import read_query
from sandbox.observe.log_folder import LEVELS, LogLine

__all__ = ["LogsHandlers"]


class LogsHandlers:
    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    async def logs(self, request: web.Request) -> web.Response:
        query = read_query(request, LogsQuery)
        logs = self._engine.logs
        return answer(
            LogPage, await asyncio.to_thread(logs.page, query.after, limit=query.limit, wanted=_wanted(query))
        )


def _wanted(query: LogsQuery) -> Callable[[LogLine], bool]:
    text = (query.match or "").lower()
    levels = LEVELS[LEVELS.index(query.level) :] if query.level else ()

    def is_wanted(line: LogLine) -> bool:
        return (
            (not query.component or line.component in query.component)
            and (not levels or line.level in levels)
            and text in line.message.lower()
            and (query.under is None or line.is_under(query.under))
        )

    return is_wanted
