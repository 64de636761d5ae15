"""What a container becomes by what the Docker engine tells of it. The library is replaced, the logic is ours."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from sandbox.errors import ComponentFailed
from sandbox.runtime.docker.container import Container

STARTED = "2026-01-01T00:00:00.5Z"
STARTED_NS = 1_767_225_600_500_000_000


class FakeContainer:
    """As the library shows one."""

    name = "sandbox-shop-capsule-1"

    def __init__(self) -> None:
        self.status = "running"
        self.calls: list[str] = []
        self.attrs: dict[str, Any] = {"State": {"Running": True, "StartedAt": STARTED, "ExitCode": 0}}

    def reload(self) -> None: ...

    def start(self) -> None:
        self.calls.append("start")
        self.status = "running"
        self.attrs["State"] = {"Running": True, "StartedAt": "2026-01-01T00:01:00Z"}

    def stop(self, timeout: int) -> None:
        self.calls.append(f"stop {timeout}")
        self.status = "exited"

    def kill(self) -> None:
        self.calls.append("kill")

    def logs(self, **_: Any) -> list[bytes]:
        return [b"first line\n", b"last line\n"]


class FakeNetwork:
    def __init__(self) -> None:
        self.calls: list[tuple[str, Any]] = []

    def disconnect(self, container: Any, force: bool) -> None:
        self.calls.append(("disconnect", force))

    def connect(self, container: Any, aliases: list[str]) -> None:
        self.calls.append(("connect", aliases))


class FakeClient:
    def __init__(self) -> None:
        self.found: list[FakeContainer] = [FakeContainer()]
        self.network = FakeNetwork()
        self.containers = self
        self.networks = self

    def list(self, **_: Any) -> list[FakeContainer]:
        return self.found

    def get(self, _: str) -> FakeNetwork:
        return self.network


@pytest.fixture
def client() -> FakeClient:
    return FakeClient()


@pytest.fixture
def make(client: FakeClient, tmp_path: Path) -> Callable[[], Container]:
    return lambda: Container(
        client, "capsule", name="shop", state_dir="/s", network="sandbox-shop", log_file=tmp_path / "capsule.log"
    )


def event(action: str, at_ns: int = STARTED_NS + 10**9, **attributes: str) -> dict[str, Any]:
    return {"Action": action, "timeNano": at_ns, "Actor": {"Attributes": attributes}}


async def test_one_that_compose_started_already_is_taken_over(make: Any, client: FakeClient) -> None:
    container = make()
    await container.start()
    assert container.is_running and client.found[0].calls == []


async def test_one_that_is_not_there_is_named(make: Any, client: FakeClient) -> None:
    client.found = []
    with pytest.raises(ComponentFailed, match="capsule has no container"):
        await make().start()


async def test_its_end_is_noticed_with_the_signal(make: Any) -> None:
    container = make()
    await container.start()
    waiting = asyncio.create_task(container.wait())
    container.on_event(event("die", exitCode="137"))
    await asyncio.wait_for(waiting, 1)
    assert container.describe_end() == "ended by signal 9"


async def test_its_own_end_is_told_with_its_last_words(client: FakeClient, make: Any, tmp_path: Path) -> None:
    client.found[0].logs = lambda **_: []
    container = make()
    await container.start()
    (tmp_path / "capsule.log").write_text("noise\nKafka: no such host\n\n", encoding="utf-8")
    container.on_event(event("die", exitCode="3"))
    assert container.describe_end() == "ended with exit code 3: Kafka: no such host"


async def test_the_end_of_an_earlier_run_told_late_is_left(make: Any) -> None:
    container = make()
    await container.start()
    container.on_event(event("die", at_ns=STARTED_NS - 10**9, exitCode="0"))
    assert container.is_running


async def test_running_out_of_memory_is_said(make: Any) -> None:
    container = make()
    await container.start()
    container.on_event(event("oom"))
    container.on_event(event("die", exitCode="137"))
    assert container.describe_end() == "ended out of memory"


async def test_one_that_had_ended_before_anybody_watched_counts_as_ended(make: Any, client: FakeClient) -> None:
    client.found[0].status = "exited"
    client.found[0].attrs["State"] = {"Running": False, "StartedAt": STARTED, "ExitCode": 1}
    container = make()
    await container.start()
    assert not container.is_running and client.found[0].calls == []
    await container.start()  # asked for again, it is started
    assert container.is_running and client.found[0].calls == ["start"]


async def test_stop_and_start_again(make: Any, client: FakeClient) -> None:
    container = make()
    await container.start()
    await container.stop(4)
    assert not container.is_running
    await container.start()
    assert client.found[0].calls == ["stop 4", "start"] and container.is_running


async def test_a_pause_from_outside_the_sandbox_shows(make: Any) -> None:
    container = make()
    await container.start()
    container.on_event(event("pause"))
    assert container.describe_health() == "paused"
    container.on_event(event("unpause"))
    assert container.describe_health() is None


async def test_a_failing_health_check_shows_until_it_passes(make: Any) -> None:
    container = make()
    await container.start()
    container.on_event(event("health_status: unhealthy"))
    assert container.describe_health() == "its health check fails"
    container.on_event(event("health_status: healthy"))
    assert container.describe_health() is None


async def test_back_on_the_network_it_has_its_names_again(make: Any, client: FakeClient) -> None:
    container = make()
    await container.start()
    await container.disconnect()
    assert container.describe_health() == "disconnected from the network"
    await container.connect()
    assert container.describe_health() is None
    assert client.network.calls == [("disconnect", True), ("connect", ["capsule", "sandbox-shop-capsule-1"])]


async def test_a_start_brings_it_back_on_the_network(make: Any, client: FakeClient) -> None:
    container = make()
    await container.start()
    await container.disconnect()
    await container.stop(3)
    await container.start()
    assert container.connected and client.network.calls[-1][0] == "connect"


async def test_what_it_writes_goes_to_its_log_file(make: Any, tmp_path: Path) -> None:
    await make().start()
    file = tmp_path / "capsule.log"
    async with asyncio.timeout(5):
        while not file.is_file() or file.read_bytes() != b"first line\nlast line\n":
            await asyncio.sleep(0.01)
