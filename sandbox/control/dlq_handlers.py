"""Dead letters through the control API."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from aiohttp import web

from sandbox.control import dlq_models as models
from sandbox.control.engine_handlers import answer
from sandbox.control.ports import Engine
from sandbox.control.request import read_body, read_query
from sandbox.runtime.dlq.letter_filter import LetterFilter
from sandbox.runtime.dlq.replay import ReplayOptions

if TYPE_CHECKING:
    from sandbox.runtime.dlq.automatic import Automatic

__all__ = ["DlqHandlers"]


class DlqHandlers:
    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    async def dlq_topics(self, _: web.Request) -> web.Response:
        desk = await self._engine.dlq()
        return answer(models.DlqTopicList, {"topics": await desk.topics()})

    async def dead_letters(self, request: web.Request) -> web.Response:
        query = read_query(request, models.DlqQuery)
        desk = await self._engine.dlq()
        found = await desk.list(request.match_info["topic"], _filter(query), after=query.after, limit=query.limit)
        return answer(models.DeadLetterPage, found)

    async def dead_letter(self, request: web.Request) -> web.Response:
        desk = await self._engine.dlq()
        return answer(models.DeadLetter, await desk.show(request.match_info["topic"], request.match_info["id"]))

    async def replay_dead_letters(self, request: web.Request) -> web.Response:
        body = await read_body(request, models.ReplayRequest)
        options = ReplayOptions(
            wanted=_filter(body),
            target=body.target,
            dry_run=body.dryRun,
            max_messages=body.maxMessages,
            rate_per_s=body.ratePerSecond,
            retry_limit=body.retryLimit,
            reason=body.reason,
            ticket=body.ticket,
        )
        desk = await self._engine.dlq()
        return _begun(await desk.replay(request.match_info["topic"], options))

    async def replay_edited(self, request: web.Request) -> web.Response:
        body = await read_body(request, models.EditedReplayRequest)
        options = ReplayOptions(target=body.target, dry_run=body.dryRun, reason=body.reason, ticket=body.ticket)
        desk = await self._engine.dlq()
        topic, identity = request.match_info["topic"], request.match_info["id"]
        return _begun(await desk.replay_edited(topic, identity, body.changes(), options))

    async def purge_dead_letters(self, request: web.Request) -> web.Response:
        body = await read_body(request, models.PurgeRequest)
        desk = await self._engine.dlq()
        topic = request.match_info["topic"]
        return answer(models.Purged, await desk.purge(topic, _filter(body), reason=body.reason, ticket=body.ticket))

    async def replays(self, _: web.Request) -> web.Response:
        desk = await self._engine.dlq()
        return answer(models.ReplayList, {"replays": desk.newest_replays()})

    async def replay(self, request: web.Request) -> web.Response:
        desk = await self._engine.dlq()
        return answer(models.Replay, desk.replay_status(request.match_info["replay"]))

    async def stop_replay(self, request: web.Request) -> web.Response:
        desk = await self._engine.dlq()
        return answer(models.Replay, await desk.stop_replay(request.match_info["replay"]))

    async def automatic_replay(self, _: web.Request) -> web.Response:
        return _automatic((await self._engine.dlq()).automatic)

    async def set_automatic_replay(self, request: web.Request) -> web.Response:
        from sandbox.runtime.dlq.automatic import Automatic

        body = await read_body(request, models.AutomaticReplay)
        desk = await self._engine.dlq()
        desk.set_automatic(Automatic(enabled=body.enabled, wait_s=body.waitSeconds))
        return _automatic(desk.automatic)


def _filter(given: models.DlqFilter) -> LetterFilter:
    return LetterFilter(
        ids=tuple(given.id),
        categories=tuple(given.category),
        statuses=tuple(given.status),
        tenant=given.tenant,
        key=given.key,
        group=given.group,
        from_ms=given.start,
        to_ms=given.end,
    )


def _begun(started: dict[str, Any]) -> web.Response:
    if started["dryRun"]:
        return answer(models.Replay, started)
    answered = answer(models.Replay, started, status=201)
    answered.headers["Location"] = f"/v1/dlq-replays/{started['replay']}"
    return answered


def _automatic(automatic: Automatic) -> web.Response:
    return answer(models.AutomaticReplay, {"enabled": automatic.enabled, "waitSeconds": automatic.wait_s})
