"""Dead letters through the control API, over a desk that remembers what it was asked."""

from __future__ import annotations

from typing import Any

import pytest

from sandbox.control.client import ControlClient
from sandbox.control.dlq_models import DlqQuery, EditedReplayRequest, PurgeRequest, ReplayRequest
from sandbox.control.dlq_models import Replay as Answer
from sandbox.errors import Conflict, UnknownName, UsageError
from sandbox.runtime.dlq.automatic import Automatic
from sandbox.runtime.dlq.letter_filter import LetterFilter
from sandbox.runtime.dlq.replay import Replay, ReplayOptions

ROW = {"id": "d-1", "status": "PENDING", "failureCategory": "UNKNOWN", "replays": 0, "key": "k"}


class Desk:
    def __init__(self) -> None:
        self.asked: list[Any] = []
        self.automatic = Automatic()

    async def topics(self) -> list[dict[str, Any]]:
        counts = dict.fromkeys(("depth", "letters", "pending", "retrying", "resolved", "dead", "skipped"), 1)
        return [{"topic": "a.b", "dlqTopic": "a.b.dlq", "categories": {"UNKNOWN": 1}, **counts}]

    async def list(self, topic: str, wanted: LetterFilter, *, after: int, limit: int) -> dict[str, Any]:
        self.asked.append((topic, wanted, after, limit))
        return {"topic": topic, "matching": 1, "letters": [ROW], "next": 4}

    async def show(self, topic: str, identity: str) -> dict[str, Any]:
        if identity != "d-1":
            raise UnknownName(f"there is no dead letter {identity!r}", where="id")
        return {**ROW, "letter": {"id": "d-1"}, "headers": [["a", "b"]], "history": []}

    async def replay(self, topic: str, options: ReplayOptions) -> dict[str, Any]:
        if topic == "busy":
            raise Conflict("replay rep_0 is going on", hint="wait, or stop it")
        self.asked.append((topic, options))
        state = "dry-run" if options.dry_run else "running"
        return self._replay(options, state)

    async def replay_edited(
        self, topic: str, identity: str, changes: dict[str, Any], options: ReplayOptions
    ) -> dict[str, Any]:
        self.asked.append((topic, identity, changes, options))
        return self._replay(options, "dry-run" if options.dry_run else "running")

    async def purge(
        self, topic: str, wanted: LetterFilter, *, reason: str | None, ticket: str | None
    ) -> dict[str, Any]:
        self.asked.append((topic, wanted, reason, ticket))
        return {"topic": topic, "purged": 2}

    def newest_replays(self) -> list[dict[str, Any]]:
        return [self._replay(ReplayOptions(), "finished")]

    def replay_status(self, replay: str) -> dict[str, Any]:
        if replay != "rep_1":
            raise UnknownName(f"there is no replay {replay!r}", where="replay")
        return self._replay(ReplayOptions(), "finished")

    async def stop_replay(self, replay: str) -> dict[str, Any]:
        return {**self.replay_status(replay), "state": "stopped"}

    def set_automatic(self, automatic: Automatic) -> None:
        self.automatic = automatic

    @staticmethod
    def _replay(options: ReplayOptions, state: str) -> dict[str, Any]:
        return Replay(
            replay="rep_1", dlq_topic="a.b.dlq", options=options, target_topic=None, state=state, started_ms=0
        ).to_json()


@pytest.fixture
def desk(engine) -> Desk:
    desk = Desk()

    async def dlq() -> Desk:
        return desk

    engine.dlq = dlq
    return desk


async def test_topics_and_letters_are_listed(control: ControlClient, desk: Desk) -> None:
    (topic,) = await control.dlq_topics()
    assert (topic.topic, topic.depth, topic.categories) == ("a.b", 1, {"UNKNOWN": 1})
    page = await control.dead_letters("a.b", DlqQuery(category=["VALIDATION", "UNKNOWN"], start=5, after=3, limit=7))
    assert (page.letters[0].id, page.next, page.matching) == ("d-1", 4, 1)
    assert desk.asked == [("a.b", LetterFilter(categories=("VALIDATION", "UNKNOWN"), from_ms=5), 3, 7)]
    assert (await control.dead_letter("a.b", "d-1")).letter == {"id": "d-1"}
    with pytest.raises(UnknownName):
        await control.dead_letter("a.b", "d-2")


async def test_times_are_taken_as_text_and_as_epoch(http, desk: Desk) -> None:
    answer = await http.get("/v1/dlq/a.b?from=2024-12-03T10:00:00Z&to=1733220000001&status=DEAD&status=SKIPPED&id=a,b")
    assert answer.status == 200
    wanted = desk.asked[0][1]
    assert (wanted.from_ms, wanted.to_ms) == (1_733_220_000_000, 1_733_220_000_001)
    assert (wanted.statuses, wanted.ids) == (("DEAD", "SKIPPED"), ("a", "b"))


@pytest.mark.parametrize("query", ["status=NEW", "category=x", "limit=0", "limit=1001", "from=soon", "colour=red"])
async def test_a_wrong_query_is_refused(http, desk: Desk, query: str) -> None:
    answer = await http.get(f"/v1/dlq/a.b?{query}")
    assert answer.status == 400
    assert desk.asked == []


async def test_a_replay_is_begun_with_all_its_options(http, desk: Desk) -> None:
    body = {
        "key": "k", "id": ["d"], "category": ["PERSISTENCE"], "tenant": "t", "group": "g", "status": ["DEAD"],
        "from": 1, "to": "2", "target": "SHADOW", "maxMessages": 5, "ratePerSecond": 2.5, "retryLimit": 9,
        "reason": "why", "ticket": "T-1",
    }  # fmt: skip
    answer = await http.post("/v1/dlq/a.b/replay", json=body)
    assert (answer.status, answer.headers["Location"]) == (201, "/v1/dlq-replays/rep_1")
    wanted = LetterFilter(
        ids=("d",), categories=("PERSISTENCE",), statuses=("DEAD",), tenant="t", key="k", group="g", from_ms=1, to_ms=2
    )
    (asked,) = desk.asked
    assert asked == (
        "a.b",
        ReplayOptions(
            wanted=wanted, target="SHADOW", max_messages=5, rate_per_s=2.5, retry_limit=9, reason="why", ticket="T-1"
        ),
    )


async def test_a_dry_run_is_a_200(http, desk: Desk) -> None:
    answer = await http.post("/v1/dlq/a.b/replay", json={"dryRun": True})
    assert (answer.status, (await answer.json())["state"]) == (200, "dry-run")


@pytest.mark.parametrize(
    "body", [{"ratePerSecond": 0}, {"maxMessages": 0}, {"retryLimit": 0}, {"target": ""}, {"to": "soon"}, {"speed": 1}]
)
async def test_a_wrong_request_is_refused(http, desk: Desk, body: dict[str, Any]) -> None:
    assert (await http.post("/v1/dlq/a.b/replay", json=body)).status == 400
    assert desk.asked == []


async def test_a_second_replay_is_a_conflict(control: ControlClient, desk: Desk) -> None:
    with pytest.raises(Conflict) as caught:
        await control.replay_dead_letters("busy", ReplayRequest())
    assert caught.value.hint == "wait, or stop it"


async def test_replays_are_looked_up_and_stopped(control: ControlClient, http, desk: Desk) -> None:
    assert (await control.replay("rep_1")).state == "finished"
    assert (await control.stop_replay("rep_1")).state == "stopped"
    with pytest.raises(UnknownName):
        await control.replay("rep_2")
    assert (await (await http.get("/v1/dlq-replays")).json())["replays"][0]["replay"] == "rep_1"


async def test_only_what_is_changed_of_a_letter_is_sent(control: ControlClient, desk: Desk) -> None:
    request = EditedReplayRequest(value={"a": 1}, headers=[("n", "v")], reason="typo")
    assert (await control.replay_edited_letter("a.b", "d-1", request)).state == "running"
    topic, identity, changes, options = desk.asked.pop()
    assert (topic, identity, changes) == ("a.b", "d-1", {"value": {"a": 1}, "headers": [("n", "v")]})
    assert (options.target, options.dry_run, options.reason) == ("RAW", False, "typo")
    dry = await control.replay_edited_letter("a.b", "d-1", EditedReplayRequest(key=None, dryRun=True))
    assert (dry.state, desk.asked.pop()[2]) == ("dry-run", {"key": None})


async def test_a_value_and_bytes_at_once_are_refused(desk: Desk, control: ControlClient) -> None:
    with pytest.raises(UsageError, match="either value or valueBase64"):
        await control._ask(Answer, "POST", "/v1/dlq/a.b/d-1/replay", body={"value": {}, "valueBase64": ""})


async def test_letters_are_purged(control: ControlClient, desk: Desk) -> None:
    purged = await control.purge_dead_letters("a.b", PurgeRequest(category=["UNKNOWN"], end=9, reason="why"))
    assert purged.purged == 2
    assert desk.asked == [("a.b", LetterFilter(categories=("UNKNOWN",), to_ms=9), "why", None)]


async def test_automatic_replay_is_off_until_it_is_switched_on(http, desk: Desk) -> None:
    assert await (await http.get("/v1/dlq-automatic")).json() == {"enabled": False, "waitSeconds": 30.0}
    answer = await http.put("/v1/dlq-automatic", json={"enabled": True, "waitSeconds": 5})
    assert (await answer.json(), desk.automatic) == ({"enabled": True, "waitSeconds": 5.0}, Automatic(True, 5.0))
    assert (await http.put("/v1/dlq-automatic", json={"waitSeconds": -1, "enabled": True})).status == 400
    assert (await http.put("/v1/dlq-automatic", json={})).status == 400


async def test_a_usage_error_of_the_desk_is_a_400(http, desk: Desk) -> None:
    async def refuse(*_: Any, **__: Any) -> None:
        raise UsageError("a replay to a DLQ topic would go round in circles", where="target")

    desk.replay = refuse  # type: ignore[method-assign]
    answer = await http.post("/v1/dlq/a.b/replay", json={"target": "a.b.dlq"})
    assert (answer.status, (await answer.json())["error"]["where"]) == (400, "target")
