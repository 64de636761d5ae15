"""The engine finds a fault in whatever process it is, and remembers none itself."""

from __future__ import annotations

from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any

import pytest

from sandbox.errors import Conflict, UnknownName, UpstreamUnavailable, UsageError
from sandbox.runtime.component import ComponentState
from sandbox.runtime.engine_faults import EngineFaults


class Admin:
    def __init__(self, *ids: str) -> None:
        self.ids = list(ids)

    async def faults(self) -> list[dict[str, Any]]:
        return [{"id": each} for each in self.ids]

    async def add_fault(self, request: Mapping[str, Any]) -> dict[str, Any]:
        self.ids.append(request["id"] or "made")
        return {"id": self.ids[-1]}

    async def remove_fault(self, identity: str) -> dict[str, Any]:
        self.ids.remove(identity)
        return {"id": identity}

    async def remove_faults(self) -> list[dict[str, Any]]:
        gone, self.ids = self.ids, []
        return [{"id": each} for each in gone]


CAPSULE, PLATO, DEAD = "capsule", "plato", "odyssey"


@pytest.fixture
def admins() -> dict[str, Admin]:
    return {CAPSULE: Admin("outage"), PLATO: Admin("stale"), DEAD: Admin("gone")}


@pytest.fixture
def faults(admins: dict[str, Admin]) -> EngineFaults:
    states = {DEAD: ComponentState.FAILED, PLATO: ComponentState.DEGRADED}
    processes = {
        name: SimpleNamespace(component=SimpleNamespace(admin=admin), state=states.get(name, ComponentState.READY))
        for name, admin in admins.items()
    }
    return EngineFaults(processes, admins.__getitem__)  # type: ignore[arg-type]


async def test_faults_of_every_process_that_answers_are_listed(faults: EngineFaults) -> None:
    assert [each["id"] for each in await faults.list()] == ["outage", "stale"]


async def test_a_fault_is_made_in_the_process_of_its_service(faults: EngineFaults, admins: dict[str, Admin]) -> None:
    assert await faults.add({"on": PLATO, "kind": "latency", "id": None, "parameters": {}}) == {"id": "made"}
    assert admins[PLATO].ids == ["stale", "made"]


async def test_a_service_that_does_not_run_takes_none(faults: EngineFaults) -> None:
    with pytest.raises(UpstreamUnavailable, match="odyssey does not run now"):
        await faults.add({"on": DEAD, "kind": "latency", "id": None, "parameters": {}})


async def test_an_id_is_given_once_over_all_processes(faults: EngineFaults) -> None:
    with pytest.raises(Conflict):
        await faults.add({"on": PLATO, "kind": "latency", "id": "outage", "parameters": {}})


async def test_a_fault_is_removed_wherever_it_is(faults: EngineFaults, admins: dict[str, Admin]) -> None:
    assert await faults.remove("stale") == {"id": "stale"}
    assert admins[PLATO].ids == []
    assert [each["id"] for each in await faults.remove_all()] == ["outage"]


async def test_an_unknown_one_names_the_nearest(faults: EngineFaults) -> None:
    with pytest.raises(UnknownName) as caught:
        await faults.remove("outag")
    assert caught.value.hint == "did you mean outage?"


class Own:
    """Stands where OwnFaults would; its parts are kept."""

    def __init__(self, **parts: Any) -> None:
        self.parts = parts
        self.ids: list[str] = []

    def list(self) -> list[dict[str, Any]]:
        return [{"id": each} for each in self.ids]

    def has(self, identity: str) -> bool:
        return identity in self.ids

    async def add(self, request: Any) -> dict[str, Any]:
        self.ids.append(request.id or request.kind)
        return {"id": self.ids[-1]}

    async def remove(self, identity: str) -> dict[str, Any]:
        self.ids.remove(identity)
        return {"id": identity}

    async def remove_all(self) -> list[dict[str, Any]]:
        gone, self.ids = self.ids, []
        return [{"id": each} for each in gone]


@pytest.mark.parametrize(
    ("kind", "on"), [("broker-stop", "kafka"), ("service-crash", PLATO), ("poison-record", "engine")]
)
async def test_faults_of_components_and_of_the_engine_are_its_own_and_in_the_same_list(
    kind: str, on: str, faults: EngineFaults, admins: dict[str, Admin], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sandbox.runtime.own_faults.OwnFaults", Own)
    await faults.add({"on": on, "kind": kind, "id": "mine", "parameters": {}})
    assert admins[PLATO].ids == ["stale"]
    assert [each["id"] for each in await faults.list()] == ["outage", "stale", "mine"]
    with pytest.raises(Conflict):
        await faults.add({"on": PLATO, "kind": "latency", "id": "mine", "parameters": {}})
    assert await faults.remove("mine") == {"id": "mine"}
    await faults.add({"on": on, "kind": kind, "id": None, "parameters": {}})
    assert [each["id"] for each in await faults.remove_all()] == [kind, "outage", "stale"]


async def test_an_unknown_kind_is_refused_before_anybody_is_asked(faults: EngineFaults) -> None:
    with pytest.raises(UnknownName, match="no kind of fault 'broker-stopp'"):
        await faults.add({"on": "kafka", "kind": "broker-stopp", "id": None, "parameters": {}})


async def test_where_a_kind_does_not_act_it_is_refused_with_what_acts_there(faults: EngineFaults) -> None:
    with pytest.raises(UsageError, match="consumer-pause does not act on kafka") as caught:
        await faults.add({"on": "kafka", "kind": "consumer-pause", "id": None, "parameters": {}})
    assert caught.value.hint is not None and "on kafka act broker-stop" in caught.value.hint
