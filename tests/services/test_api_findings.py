"""Schemathesis, run against each service's own OpenAPI document, finds nothing."""

from __future__ import annotations

import asyncio
import importlib
import re
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from sandbox.clock import SystemClock
from sandbox.contracts.delivery import Published
from sandbox.contracts.tracing import TraceContext
from sandbox.services.ports import Service, ServiceContext
from sandbox.services.settings import HttpSettings

SERVICES = {"capsule": "CapsuleService", "odyssey": "OdysseyService", "plato": "PlatoService"}
EXAMPLES = 8
# A schema cannot say that two fields contradict each other, or that a name must be of something that exists.
BEYOND_SCHEMA = """
[[operations]]
include-name = "GET /api/v1/entities/{id}/history"
checks.positive_data_acceptance.expected-statuses = ["2xx", "400", "404"]

[[operations]]
include-name = "POST /api/v1/plans"
checks.positive_data_acceptance.expected-statuses = ["2xx", "400", "404", "409"]
"""


class _Publisher:
    async def publish(
        self,
        topic: str,
        value: Mapping[str, Any],
        *,
        key: str | None,
        trace: TraceContext,
        headers: Sequence[tuple[str, bytes]] = (),
    ) -> Published:
        return Published(topic, 0, 0)


class _NoFacts:
    def record(self, fact: object) -> None:
        pass


@contextmanager
def _running(make: Callable[[], Service]) -> Iterator[str]:
    """The service on a free port in a thread of its own; gives its URL."""
    loop = asyncio.new_event_loop()
    service = make()

    async def start() -> tuple[web.AppRunner, str]:
        await service.start()
        runner = web.AppRunner(service.application(), access_log=None)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        return runner, f"http://127.0.0.1:{runner.addresses[0][1]}"

    async def stop(runner: web.AppRunner) -> None:
        await runner.cleanup()
        await service.stop()

    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    try:
        runner, url = asyncio.run_coroutine_threadsafe(start(), loop).result(30)
        yield url
        asyncio.run_coroutine_threadsafe(stop(runner), loop).result(30)
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join(30)
        loop.close()


@pytest.mark.spec("REST-OPENAPI")
@pytest.mark.parametrize("name", SERVICES)
def test_schemathesis_finds_nothing(name: str, tmp_path: Path) -> None:
    module = importlib.import_module(f"sandbox.services.{name}.service")
    context = ServiceContext(
        clock=SystemClock(),
        facts=_NoFacts(),
        publisher=_Publisher(),
        urls={"capsule": "http://127.0.0.1:9", "plato": "http://127.0.0.1:9"},
        state_dir=tmp_path,
        http=HttpSettings(rate_limits=False),
    )
    (tmp_path / "schemathesis.toml").write_text(BEYOND_SCHEMA)
    options = f"--max-examples {EXAMPLES} --seed 1 --no-color --exclude-path-regex /admin/".split()
    with _running(lambda: getattr(module, SERVICES[name])(context)) as url:
        found = subprocess.run(
            [Path(sys.executable).with_name("schemathesis"), "run", f"{url}/v3/api-docs", *options],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=110,
            check=False,
        )
    assert found.returncode == 0, found.stdout[-8_000:]
    assert int(re.search(r"Tested: (\d+)", found.stdout)[1]) > 10, found.stdout
