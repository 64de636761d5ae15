"""The engine's own faults: what they do to a supervised component, by hand and by the clock."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from sandbox.clock import ManualClock
from sandbox.contracts.fault_request import FaultRequest
from sandbox.errors import CapabilityMissing, ComponentFailed, Conflict, UnknownName, UsageError
from sandbox.observe.journal import Journal
from sandbox.runtime.component import ComponentState, Supervised
from sandbox.runtime.own_faults import OwnFaults


class Part:
    """A component that notes what is done to it; `refusal` is what its next start raises."""

    def __init__(self, name: str, services: tuple[str, ...] = ()) -> None:
        self.name = name
        self.services = services
        self.pid = 7
        self.done: list[str] = []
        self.refusal: ComponentFailed | None = None
        self.end: asyncio.Future[str] = asyncio.get_running_loop().create_future()

    async def start(self) -> None:
        self.done.append("start")
        self.end = asyncio.get_running_loop().create_future()
        if self.refusal is not None:
            raise self.refusal

    async def stop(self) -> None:
        if not self.end.done():
            self.done.append("stop")
            self.end.set_result("stopped")

    async def kill(self) -> None:
        self.done.append("kill")
        self.end.set_result("ended by signal 9")

    async def pause(self) -> None:
        self.done.append("pause")

    async def resume(self) -> None:
        self.done.append("resume")

    async def ended(self) -> str:
        return await asyncio.shield(self.end)

    async def check(self) -> None:
        return None


class World:
    """Kafka and one process of all services, supervised; `came_back` counts proofs begun anew."""

    def __init__(self, *, capabilities: frozenset[str] = frozenset({"broker", "process"})) -> None:
        self.clock = ManualClock()
        self.journal = Journal()
        self.kafka = Part("kafka")
        self.process = Part("services", ("capsule", "odyssey", "audit"))
        self.supervised = {each.name: Supervised(each, self.journal, self.clock) for each in (self.kafka, self.process)}
        self.outgoing: list[Any] = []
        self.came_back = 0
        self.faults = OwnFaults(
            self.find, self.outgoing, self.clock, self.journal, capabilities=capabilities, revived=self.revived
        )

    def find(self, name: str) -> Supervised:
        for each in self.supervised.values():
            if name == each.name or name in each.component.services:
                return each
        raise UnknownName(f"there is no component {name!r}")

    def revived(self) -> None:
        self.came_back += 1

    async def start(self) -> None:
        for each in self.supervised.values():
            await each.start()
            each.component.done.clear()

    async def add(self, kind: str, on: str = "kafka", id: str | None = None, **parameters: Any) -> dict[str, Any]:
        return await self.faults.add(FaultRequest(kind=kind, on=on, id=id, parameters=parameters))

    def told(self) -> list[tuple[str, Any]]:
        facts = [entry.fact() for entry in self.journal.read(0, kinds=("FaultApplied", "FaultRemoved")).entries]
        return [(each.kind, getattr(each, "reason", each.fault_id)) for each in facts]

    @property
    def ids(self) -> list[str]:
        return [each["id"] for each in self.faults.list()]


@pytest.fixture
async def world() -> Any:
    world = World()
    await world.start()
    yield world
    await world.faults.close()
    for each in world.supervised.values():
        await each.stop()


@pytest.mark.parametrize(
    ("kind", "does", "undoes", "state"),
    [
        ("broker-stop", "stop", "start", ComponentState.STOPPED),
        ("broker-kill", "kill", "start", ComponentState.FAILED),
        ("broker-pause", "pause", "resume", ComponentState.DEGRADED),
    ],
)
async def test_the_broker_is_disturbed_until_the_fault_is_removed(
    world: World, kind: str, does: str, undoes: str, state: ComponentState
) -> None:
    made = await world.add(kind, id="f1")
    assert (made["id"], made["on"], made["text"], made["hits"]) == ("f1", "kafka", kind, 1)
    assert (made["acting"], made["over"]) == (True, False)
    assert (world.kafka.done, world.supervised["kafka"].state) == ([does], state)
    assert world.ids == ["f1"]
    assert (await world.faults.remove("f1"))["hits"] == 1
    assert (world.kafka.done, world.supervised["kafka"].state) == ([does, undoes], ComponentState.READY)
    assert (world.ids, world.came_back) == ([], 1)
    assert world.told() == [("FaultApplied", "f1"), ("FaultRemoved", "removed")]


async def test_a_restart_is_over_once_it_is_done(world: World) -> None:
    made = await world.add("broker-restart")
    assert (made["over"], made["hits"]) == (True, 1)
    assert (world.kafka.done, world.ids, world.came_back) == (["stop", "start"], [], 1)
    assert world.told()[-1] == ("FaultRemoved", "expired")


@pytest.mark.parametrize("kind", ["service-stop", "service-crash"])
async def test_a_service_goes_with_the_others_of_its_process_and_the_text_says_so(world: World, kind: str) -> None:
    made = await world.add(kind, "odyssey", "f1")
    assert made["text"] == f"{kind} (its process also runs capsule, audit)"
    assert world.supervised["services"].state in (ComponentState.STOPPED, ComponentState.FAILED)
    await world.faults.remove("f1")
    assert world.process.done[-1] == "start" and world.kafka.done == []


async def test_it_is_undone_by_itself_when_its_time_is_up(world: World) -> None:
    await world.add("broker-pause", duration="10s")
    await world.clock.advance(9.9)
    assert world.kafka.done == ["pause"]
    await world.clock.advance(0.2)
    await until(lambda: world.ids == [])
    assert world.kafka.done == ["pause", "resume"]
    assert world.told()[-1] == ("FaultRemoved", "expired")


async def test_it_begins_later_and_comes_and_goes(world: World) -> None:
    made = await world.add("broker-pause", **{"begins-in": "5s", "on-for": "2s", "off-for": "1s"})
    assert (world.kafka.done, made["hits"], made["acting"]) == ([], 0, False)
    seen = []
    for _ in range(9):
        await world.clock.advance(1)
        await asyncio.sleep(0)
        seen.append("".join(each[0] for each in world.kafka.done))
    assert seen == ["", "", "", "", "p", "p", "pr", "prp", "prp"]
    await world.faults.remove(made["id"])
    assert world.kafka.done == ["pause", "resume", "pause", "resume"]


async def test_a_component_is_disturbed_by_one_fault_at_a_time(world: World) -> None:
    await world.add("broker-pause", id="first")
    with pytest.raises(Conflict, match="first disturbs kafka already: broker-pause") as caught:
        await world.add("broker-stop")
    assert caught.value.hint == "remove it first: `sandbox fault remove first`"
    with pytest.raises(Conflict, match="a fault 'first' already"):
        await world.add("service-stop", "capsule", "first")
    await world.add("service-stop", "capsule")
    assert len(world.ids) == 2


async def test_what_cannot_be_done_is_raised_and_leaves_no_fault(world: World) -> None:
    await world.supervised["kafka"].stop()
    with pytest.raises(UsageError, match="cannot pause kafka: it is stopped"):
        await world.add("broker-pause")
    assert world.ids == []
    assert world.told()[-1] == ("FaultRemoved", "failed")


async def test_what_does_not_come_back_is_told_to_whoever_removes_it(world: World) -> None:
    await world.add("broker-stop", id="f1")
    world.kafka.refusal = ComponentFailed("the disk is full")
    with pytest.raises(ComponentFailed, match="does not run again: the disk is full"):
        await world.faults.remove("f1")
    assert world.ids == [] and world.came_back == 0


async def test_one_that_fails_to_come_back_keeps_no_other_from_it(world: World) -> None:
    await world.add("broker-stop")
    await world.add("service-stop", "capsule")
    world.kafka.refusal = ComponentFailed("the disk is full")
    with pytest.raises(ComponentFailed):
        await world.faults.remove_all()
    assert world.supervised["services"].state is ComponentState.READY and world.ids == []


async def test_what_somebody_brought_back_meanwhile_is_left_alone(world: World) -> None:
    await world.add("broker-kill", id="f1")
    await world.supervised["kafka"].start()
    await world.faults.remove("f1")
    assert world.kafka.done == ["kill", "start"]


async def test_a_runtime_that_cannot_do_it_says_which_capability_is_missing() -> None:
    world = World(capabilities=frozenset({"process"}))
    with pytest.raises(CapabilityMissing, match="broker-stop needs a broker of the sandbox's own") as caught:
        await world.add("broker-stop")
    assert (caught.value.capability, world.ids) == ("broker", [])


async def test_where_a_kind_does_not_act_it_is_refused(world: World) -> None:
    with pytest.raises(UsageError, match="broker-stop does not act on capsule"):
        await world.add("broker-stop", "capsule")
    with pytest.raises(UsageError, match="http-status does not act on engine"):
        await world.add("http-status", "engine", status=503)


async def test_what_the_engine_publishes_has_faults_of_its_own(world: World) -> None:
    made = await world.add("poison-record", "engine", "f1", topic="perception.*")
    assert made["text"] == "poison-record --topic 'perception.*'"
    assert [each.applied.id for each in world.outgoing] == world.ids == ["f1"]
    await world.faults.remove("f1")
    assert world.outgoing == []


async def test_a_stop_of_the_engine_brings_nothing_back(world: World) -> None:
    await world.add("broker-stop")
    await world.faults.close()
    assert world.kafka.done == ["stop"] and world.ids == []


async def until(condition: Any) -> None:
    async with asyncio.timeout(5):
        while not condition():
            await asyncio.sleep(0)
