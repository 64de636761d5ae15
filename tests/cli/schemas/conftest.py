"""`sandbox schemas` on a control API of two answers and a real registry without Kafka."""

from __future__ import annotations

import asyncio
import random
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from sandbox.clock import SystemClock
from sandbox.contracts.catalog import Contracts
from sandbox.registry.auth import BasicAuth
from sandbox.registry.memory_log import MemoryLog
from sandbox.registry.service import RegistryService


class NoFacts:
    def record(self, fact: Any) -> None:
        """Nobody looks."""


class ServedRegistry:
    """Serves in a thread of its own until closed."""

    def __init__(self, users: dict[str, str]) -> None:
        self._users = users
        self._loop = asyncio.new_event_loop()
        self._ready, self._ended = threading.Event(), asyncio.Event()
        self._thread = threading.Thread(target=self._loop.run_until_complete, args=(self._serve(),))
        self._thread.start()
        assert self._ready.wait(10)

    async def _serve(self) -> None:
        auth = BasicAuth(self._users) if self._users else None
        registry = RegistryService(MemoryLog(), NoFacts(), SystemClock(), rng=random.Random(0), auth=auth)
        await registry.start()
        runner = web.AppRunner(registry.application(), access_log=None, shutdown_timeout=0.1)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        self.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
        self._ready.set()
        await self._ended.wait()
        await runner.cleanup()
        await registry.stop()

    def close(self) -> None:
        self._loop.call_soon_threadsafe(self._ended.set)
        self._thread.join(10)
        self._loop.close()


@dataclass
class Small:
    """What the control API tells of the sandbox; a test may change it."""

    endpoints: dict[str, str | None]
    topics: list[dict[str, Any]]


@pytest.fixture
def users() -> dict[str, str]:
    """Who may use the registry; a test may say otherwise."""
    return {}


@pytest.fixture
def small_sandbox(users: dict[str, str], control: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Small]:
    registry = ServedRegistry(users)
    topics = [
        {"name": each.name, "partitions": each.partitions, "records": 0, "internal": False}
        for each in Contracts.load().topics.values()
    ]
    small = Small({"kafka": "localhost:9092", "schema_registry": registry.url}, topics)
    control.answers["GET /v1/status"] = {"name": "desk", "endpoints": small.endpoints}
    control.answers["GET /v1/topics"] = {"topics": small.topics}
    monkeypatch.delenv("SCHEMA_REGISTRY_BASIC_AUTH_USER_INFO", raising=False)
    yield small
    registry.close()


@pytest.fixture
def cli(small_sandbox: Small, sandbox: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Runs `sandbox …` in a folder of its own."""
    monkeypatch.chdir(tmp_path)
    return sandbox


@pytest.fixture
def golden() -> Callable[[str, str], None]:
    """Compares what a person sees with `golden/NAME.txt`."""

    def compare(name: str, text: str) -> None:
        file = Path(__file__).parent / "golden" / f"{name}.txt"
        assert text == file.read_text(encoding="utf-8")

    return compare
