"""Consumer groups and resets through the control API, over an engine that remembers what it was asked."""

from __future__ import annotations

from typing import Any

import pytest

from sandbox.control.client import ControlClient
from sandbox.control.groups_models import GroupResetRequest
from sandbox.errors import Conflict, UnknownName

ROW = {"group": "capsule", "state": "Stable", "service": "capsule", "memberCount": 1, "topics": ["a.b"], "lag": 2}
PARTITION = {
    "topic": "a.b",
    "partition": 0,
    "committed": 3,
    "begin": 0,
    "end": 5,
    "lag": 2,
    "client": "capsule-services",
}
MEMBER = {"member": "m-1", "client": "capsule-services", "host": "127.0.0.1", "partitions": 1}


class Groups:
    """Stands for the engine's groups and resets."""

    def __init__(self) -> None:
        self.asked: list[Any] = []

    async def all(self) -> list[dict[str, Any]]:
        return [ROW]

    async def one(self, group: str) -> dict[str, Any]:
        if group != "capsule":
            raise UnknownName(f"there is no consumer group {group!r}", where=group, hint="did you mean capsule?")
        return {**ROW, "members": [MEMBER], "partitions": [PARTITION]}

    async def reset(self, group: str, to: str, topics: list[str], *, dry_run: bool) -> dict[str, Any]:
        if group == "busy":
            raise Conflict("group busy is in use by ide on 10.0.0.7", hint="stop these consumers")
        self.asked.append((group, to, topics, dry_run))
        moved = {"topic": "a.b", "partition": 0, "committed": 3, "to": 0, "again": 3, "skipped": 0}
        return {"group": group, "to": to, "dryRun": dry_run, "again": 3, "skipped": 0, "partitions": [moved]}


class Resets:
    def __init__(self) -> None:
        self.asked: list[Any] = []

    async def reset(self, services: list[str]) -> dict[str, Any]:
        self.asked.append(services)
        return {"services": services or ["capsule", "plato"]}


@pytest.fixture
def groups(engine: Any) -> Groups:
    engine.consumer_groups = Groups()
    return engine.consumer_groups


@pytest.fixture
def resets(engine: Any) -> Resets:
    engine.resets = Resets()
    return engine.resets


async def test_groups_are_listed_and_described(control: ControlClient, groups: Groups) -> None:
    (row,) = await control.groups()
    assert (row.group, row.state, row.lag, row.memberCount) == ("capsule", "Stable", 2, 1)
    group = await control.group("capsule")
    assert (group.members[0].client, group.partitions[0].committed, group.partitions[0].end) == (
        "capsule-services", 3, 5,
    )  # fmt: skip
    with pytest.raises(UnknownName) as raised:
        await control.group("capsul/e")
    assert raised.value.hint == "did you mean capsule?"


async def test_a_reset_is_passed_on_with_all_that_it_says(control: ControlClient, groups: Groups) -> None:
    done = await control.reset_group("capsule", GroupResetRequest(to="earliest"))
    assert (done.again, done.partitions[0].to, done.dryRun) == (3, 0, False)
    await control.reset_group("capsule", GroupResetRequest(to="10m", topics=["a.b"], dryRun=True))
    assert groups.asked == [("capsule", "earliest", [], False), ("capsule", "10m", ["a.b"], True)]


async def test_a_group_that_others_use_is_a_conflict(http: Any, control: ControlClient, groups: Groups) -> None:
    with pytest.raises(Conflict, match=r"10\.0\.0\.7"):
        await control.reset_group("busy", GroupResetRequest(to="earliest"))
    assert (await http.post("/v1/groups/busy/reset", json={"to": "earliest"})).status == 409


@pytest.mark.parametrize("body", [{}, {"to": ""}, {"to": "earliest", "topic": "a.b"}, {"to": 3}])
async def test_a_reset_that_cannot_be_read_is_a_400(http: Any, groups: Groups, body: dict[str, Any]) -> None:
    assert (await http.post("/v1/groups/capsule/reset", json=body)).status == 400
    assert groups.asked == []


async def test_services_are_reset_by_name_or_all(control: ControlClient, http: Any, resets: Resets) -> None:
    assert await control.reset_services(["capsule"]) == ["capsule"]
    assert await control.reset_services() == ["capsule", "plato"]
    assert (await http.post("/v1/reset", json={})).status == 200
    assert resets.asked == [["capsule"], [], []]
    assert (await http.post("/v1/reset", json={"service": "capsule"})).status == 400
