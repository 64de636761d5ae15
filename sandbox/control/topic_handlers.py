"""Kafka through the control API: topics, records to publish, and topics to follow."""

from __future__ import annotations

from contextlib import aclosing

from aiohttp import web

from sandbox.control import models
from sandbox.control.engine_handlers import answer
from sandbox.control.ports import Engine
from sandbox.control.request import read_body, read_query
from sandbox.control.sockets import Sockets
from sandbox.control.topic_models import NewTopicRequest

__all__ = ["TopicHandlers"]


class TopicHandlers:
    def __init__(self, engine: Engine, sockets: Sockets) -> None:
        self._engine = engine
        self._sockets = sockets

    async def topics(self, _: web.Request) -> web.Response:
        return answer(models.TopicList, {"topics": list(await self._engine.topics())})

    async def topic(self, request: web.Request) -> web.Response:
        return answer(models.Topic, await self._engine.topic(request.match_info["topic"]))

    async def create_topic(self, request: web.Request) -> web.Response:
        body = await read_body(request, NewTopicRequest)
        return answer(models.Topic, await self._engine.create_topic(body.name, body.partitions), status=201)

    async def delete_topic(self, request: web.Request) -> web.Response:
        return answer(models.Topic, await self._engine.delete_topic(request.match_info["topic"]))

    async def publish_record(self, request: web.Request) -> web.Response:
        body = await read_body(request, models.PublishRequest)
        published = await self._engine.publish_record(
            request.match_info["topic"],
            value=body.value,
            value_base64=body.value_base64,
            key=body.key,
            headers=body.headers,
            partition=body.partition,
        )
        return answer(models.Published, published, status=201)

    async def tail(self, request: web.Request) -> web.WebSocketResponse:
        """The next record is asked for when the client has taken the last one: Kafka is the buffer."""
        query = read_query(request, models.TailQuery)
        topic = request.match_info["topic"]
        await self._engine.topic(topic)  # an unknown topic is a plain 404, before the handshake

        async def write(socket: web.WebSocketResponse) -> None:
            async with aclosing(self._engine.tail(topic, start=query.start)) as records:
                async for record in records:
                    await socket.send_str(models.TailedRecord.model_validate(record).model_dump_json())

        return await self._sockets.serve(request, write)
