"""A service's member leaves its group when it is told to, and comes back whatever happens to who told it."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

import pytest

from sandbox.errors import NotReady
from sandbox.runtime.membership import Membership
from sandbox.runtime.served import Served

LONG_S, AT_ONCE_S = 60.0, 0.0


@dataclass
class Consumer:
    """Joins at once when started, unless Kafka `is_away`."""

    group: str = "capsule"
    topics: tuple[str, ...] = ("rim.fast-path",)
    partitions: int = 1
    joined: bool = False
    is_away: bool = False
    did: list[str] = field(default_factory=list)
    started: asyncio.Event = field(default_factory=asyncio.Event)

    def start(self) -> None:
        self.did.append("start")
        self.joined = not self.is_away
        self.started.set()

    async def stop(self, limit_s: float = 4.0, *, at_once: bool = False) -> None:
        await asyncio.sleep(0)
        self.did.append("stop")
        self.joined = False
        self.started.clear()

    async def wait_joined(self, limit_s: float = 10.0) -> None:
        if not self.joined:
            raise NotReady("not yet")


@pytest.fixture
def consumer() -> Consumer:
    return Consumer()


@pytest.fixture
def member(consumer: Consumer) -> Membership:
    member = Membership(consumer)
    member.start()
    return member


async def test_it_leaves_and_joins_again_when_told(consumer: Consumer, member: Membership) -> None:
    await member.leave(LONG_S)
    assert member.is_absent
    assert await member.join(1) is True
    assert (consumer.did, member.is_absent) == (["start", "stop", "start"], False)


async def test_it_joins_again_by_itself_when_nobody_tells_it(consumer: Consumer, member: Membership) -> None:
    await member.leave(AT_ONCE_S)
    async with asyncio.timeout(5):
        await consumer.started.wait()
    assert (consumer.did, member.is_absent) == (["start", "stop", "start"], False)


async def test_an_absence_that_is_asked_for_again_begins_anew(consumer: Consumer, member: Membership) -> None:
    await member.leave(AT_ONCE_S)
    await member.leave(LONG_S)
    await asyncio.sleep(0)
    assert member.is_absent and not consumer.started.is_set()
    await member.stop()


async def test_a_service_that_stops_does_not_come_back(consumer: Consumer, member: Membership) -> None:
    await member.leave(AT_ONCE_S)
    await member.stop()
    for _ in range(5):
        await asyncio.sleep(0)
    assert consumer.did == ["start", "stop", "stop"]


async def test_while_kafka_is_away_it_says_that_it_has_not_joined(consumer: Consumer, member: Membership) -> None:
    await member.leave(LONG_S)
    consumer.is_away = True
    assert await member.join(1) is False
    assert consumer.did[-1] == "start", "it goes on trying"


class Service:
    """Notes whether its consumer was in its group when it was reset."""

    name = "capsule"

    def __init__(self, consumer: Consumer) -> None:
        self.consumer = consumer
        self.fails = False
        self.joined_at_reset: list[bool] = []

    def application(self) -> None:
        return None

    async def start(self) -> None: ...

    async def stop(self) -> None: ...

    def status(self) -> dict[str, int]:
        return {}

    async def reset(self) -> None:
        self.joined_at_reset.append(self.consumer.joined)
        if self.fails:
            raise OSError("disk full")


@pytest.fixture
async def served(consumer: Consumer) -> Served:
    served = Served(Service(consumer), bind=(), port=None, consumers=lambda: [consumer])
    await served.open()
    served.join()
    return served


async def test_a_service_is_out_of_its_group_while_its_store_is_emptied(served: Served, consumer: Consumer) -> None:
    await served.reset()
    assert served.service.joined_at_reset == [False]  # type: ignore[attr-defined]
    assert (served.status()["state"], consumer.joined) == ("ready", True)


async def test_it_consumes_again_when_its_store_cannot_be_emptied(served: Served, consumer: Consumer) -> None:
    served.service.fails = True  # type: ignore[attr-defined]
    with pytest.raises(OSError, match="disk full"):
        await served.reset()
    assert (served.status()["state"], consumer.joined) == ("ready", True)


async def test_the_status_says_why_a_service_is_out_of_its_group(served: Served) -> None:
    member = served.member("capsule")
    assert member is not None and served.member("nobody") is None
    await member.leave(LONG_S)
    status = served.status()
    assert (status["state"], status["detail"]) == ("starting", "out of group capsule for a reset")
    await served.stop()


async def test_a_service_that_is_held_is_ready_when_it_is_released(consumer: Consumer) -> None:
    served = Served(Service(consumer), bind=(), port=None, consumers=lambda: [consumer])
    await served.open()
    served.join(held=True)
    assert (served.status()["state"], consumer.joined) == ("starting", True)
    served.release()
    assert served.status()["state"] == "ready"


async def test_a_service_that_left_its_groups_is_in_none(served: Served, consumer: Consumer) -> None:
    await served.leave()
    assert (consumer.did[-1], served.member("capsule")) == ("stop", None)
    assert served.status()["state"] == "starting"
