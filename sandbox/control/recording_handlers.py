"""Recordings: passed on to the engine."""

from __future__ import annotations

from aiohttp import web

from sandbox.control.engine_handlers import answer
from sandbox.control.ports import Engine
from sandbox.control.recording_models import FinishedRecording, Recording, RecordingRequest
from sandbox.control.request import read_body

__all__ = ["RecordingHandlers"]


class RecordingHandlers:
    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    async def start_recording(self, request: web.Request) -> web.Response:
        asked = await read_body(request, RecordingRequest)
        return answer(Recording, await self._engine.recorder.start(asked.topics, asked.services), status=201)

    async def recording(self, request: web.Request) -> web.Response:
        return answer(Recording, await self._engine.recorder.state(request.match_info["id"]))

    async def finish_recording(self, request: web.Request) -> web.Response:
        return answer(FinishedRecording, await self._engine.recorder.stop(request.match_info["id"]))
