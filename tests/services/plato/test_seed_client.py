"""The seed's JavaScript client, word for word, in Node (20.10 or later) against PLATO."""

import asyncio
import json
import os
import re
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from aiohttp.test_utils import TestServer

from sandbox.clock import SystemClock
from sandbox.services.plato.service import PlatoService

pytestmark = pytest.mark.node

FOLDER = Path(__file__).parent
STEPS = ("evaluate-conditions", "gather-history", "decide", "produce-artifact")


@pytest.fixture
async def plato(context):
    """PLATO on a real clock, five times as fast."""
    service = PlatoService(replace(context, clock=SystemClock(speed=5)))
    await service.start()
    server = TestServer(service.application())
    await server.start_server()
    service.server = server
    yield service
    await server.close()
    await service.stop()


@pytest.fixture
def client(node, tmp_path):
    """Runs the client in its page; `localhost:8080` leads to the address that is given."""

    @asynccontextmanager
    async def run(address, **environ):
        page = tmp_path / "page.cjs"
        parts = (FOLDER / name for name in ("seed_page.js", "seed_client.js"))
        page.write_text("\n".join(part.read_text(encoding="utf-8") for part in parts), encoding="utf-8")
        process = await asyncio.create_subprocess_exec(
            *node, str(page), env={"PATH": os.environ["PATH"], "PLATO": address, **environ},
            stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
        )  # fmt: skip
        try:
            yield process
        finally:
            if process.returncode is None:
                process.kill()
            await process.communicate()

    return run


async def line_of(stream, beginning):
    """Read until a line begins like this; returns all lines read."""
    lines = []
    async with asyncio.timeout(20):
        while not lines or not lines[-1].startswith(beginning):
            line = await stream.readline()
            assert line, f"ended without {beginning!r}: {lines}"
            lines.append(line.decode().rstrip())
    return lines


def address_of(plato):
    return f"127.0.0.1:{plato.server.port}"


@pytest.mark.spec("JS-CONNECT", "JS-OPEN", "JS-STARTED", "JS-PROGRESS", "JS-COMPLETED", "JS-PLAN-COMPLETED")
async def test_the_seeds_client_prints_the_whole_run(plato, client):
    async with client(address_of(plato)) as node:
        out, err = await asyncio.wait_for(node.communicate(), 30)
    assert (node.returncode, err.decode()) == (0, "")
    run, artifacts = out.decode().split("Plan completed successfully\nArtifacts: ")
    lines = [re.sub("completed: .*", "completed", line) for line in run.splitlines() if line[0] not in " }"]
    expected = ["Connected to plan execution stream"]
    for step in STEPS:
        expected += [f"Step {step} started", f"Step {step} at 50 %", f"Step {step} at 100 %", f"Step {step} completed"]
    assert lines == expected
    assert "chosenOption: 'HEDGE'" in run, "a step's result is printed"
    [artifact] = json.loads(artifacts)
    assert artifact["name"] == "Respond to stress on EURUSD: produce-artifact"
    assert artifact["content"]["decide"]["chosenOption"] == "HEDGE"


@pytest.mark.spec("JS-PLAN-FAILED")
async def test_it_prints_the_error_of_a_plan_that_fails(plato, client):
    plato.step_faults.append(lambda plan, step: "the model is stale" if step.step_id == "decide" else None)
    async with client(address_of(plato)) as node:
        assert await line_of(node.stderr, "Plan failed") == ["Plan failed: the model is stale"]
        node.kill()
        out = (await node.stdout.read()).decode()
    assert "Step decide started" in out
    assert "Plan completed" not in out and "Step produce-artifact" not in out


@pytest.mark.spec("JS-KEEP-ALIVE")
async def test_its_keep_alive_is_answered(plato, client):
    async with client(address_of(plato), KEEP_ALIVE="yes", STAY="yes") as node:
        assert "Every 30000 ms" in await line_of(node.stdout, "Every")
        for _ in range(3):
            await line_of(node.stdout, "PONG")


@pytest.mark.spec("JS-CLOSE")
async def test_it_hears_of_the_end_of_the_connection(plato, client):
    async with client(address_of(plato), STAY="yes") as node:
        await line_of(node.stdout, "Plan completed")
        await plato.server.close()
        await line_of(node.stdout, "Connection closed")


@pytest.mark.spec("JS-ERROR")
async def test_it_hears_of_an_error_where_nobody_listens(unused_tcp_port, client):
    async with client(f"127.0.0.1:{unused_tcp_port}") as node:
        out, err = await asyncio.wait_for(node.communicate(), 20)
    assert err.decode().startswith("WebSocket error:")
    assert "Connected" not in out.decode()
