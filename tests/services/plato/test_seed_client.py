"""The seed's JavaScript client, word for word, in Node (>= 20.10) against PLATO."""

import asyncio
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from aiohttp.test_utils import TestServer

from sandbox.clock import SystemClock
from sandbox.services.plato.service import PlatoService

CLIENT = Path(__file__).with_name("seed_client.js")
# What the page around the client has: two functions, and PLATO at the address that the client names.
PAGE = """
const Socket = globalThis.WebSocket;
globalThis.WebSocket = class extends Socket {
  constructor(url) { super(url.replace('localhost:8080', process.env.PLATO)); }
};
globalThis.updateProgressBar = (step, progress) => console.log(`${step} ${progress} %`);
globalThis.displayArtifacts = (artifacts) => {
  console.log(`${artifacts.length} artifacts: ${artifacts.map((each) => each.name)}`);
  process.exit(0);
};
"""


@pytest.mark.node
async def test_the_seeds_client_prints_the_whole_run(context, tmp_path):
    plato = PlatoService(replace(context, clock=SystemClock(speed=5)))
    await plato.start()
    server = TestServer(plato.application())
    await server.start_server()
    page = tmp_path / "page.cjs"
    page.write_text(PAGE + CLIENT.read_text(encoding="utf-8"), encoding="utf-8")
    node = await asyncio.create_subprocess_exec(
        shutil.which("node"), "--experimental-websocket", "--no-warnings", str(page),
        env={"PLATO": f"127.0.0.1:{server.port}"}, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    try:
        out, err = await asyncio.wait_for(node.communicate(), 30)
    finally:
        if node.returncode is None:
            node.kill()
            await node.wait()
        await server.close()
        await plato.stop()
    lines = out.decode().splitlines()
    assert (node.returncode, err.decode()) == (0, "")
    assert lines[0] == "Connected to plan execution stream"
    assert lines[-2] == "Plan completed successfully"
    assert lines[-1] == "1 artifacts: Respond to stress on EURUSD: produce-artifact"
    steps = [line for line in lines if line.startswith("Step ") and line.endswith(" started")]
    assert steps == [
        f"Step {step} started" for step in ("evaluate-conditions", "gather-history", "decide", "produce-artifact")
    ]
    assert [line for line in lines if line.startswith("decide ")] == ["decide 50 %", "decide 100 %"]
