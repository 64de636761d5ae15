"""A person at work, by the variables of `sandbox env`: a record, three calls and a stream. Its argument is a token."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import time
from typing import Any

import aiohttp

EVENT = {
    "rim_node_id": "rim:entity:finance:EURUSD", "event_id": None, "stress": 0.95, "status": "ALERT",
    "critical_metrics": {"spread": 4.2},
}  # fmt: skip
CAPSULE = {
    "scopeId": "rim:entity:finance:GBPUSD", "content": {"dynamics": {"stress": 0.75}},
    "metadata": {"password": "hunter2"},
}  # fmt: skip


async def main(token: str) -> None:
    capsule, plato = os.environ["CAPSULE_URL"], os.environ["PLATO_URL"]
    now_ms = int(time.time() * 1000)
    produce(EVENT | {"vector_timestamp": {"event_ts_ms": now_ms, "ingest_ts_ms": now_ms}})
    async with aiohttp.ClientSession() as session:

        async def ask(method: str, path: str, **options: Any) -> tuple[int, Any]:
            async with session.request(method, f"{capsule}{path}", **options) as answer:
                return answer.status, await answer.json()

        await ask("GET", "/actuator/health")
        headers = {"Authorization": f"Bearer {token}"}
        status, made = await ask("POST", "/api/v1/capsules", json=CAPSULE | {"timestamp": now_ms}, headers=headers)
        assert status == 201, made
        capsule_id = made["data"]["capsuleId"]
        assert (await ask("GET", f"/api/v1/capsules/{capsule_id}", headers=headers))[0] == 200
        assert (await ask("GET", f"/api/v1/capsules/{capsule_id}/nothing"))[0] == 404
        assert (await ask("GET", "/api/v1/capsules", params={"scopeId": CAPSULE["scopeId"]}))[0] == 200
        async with session.ws_connect(f"{plato}/ws/plans/plan_123") as socket:
            async for message in socket:
                if json.loads(message.data)["type"] == "PLAN_COMPLETED":
                    break


def produce(event: dict[str, Any]) -> None:
    command = [
        sys.executable,
        "-P",
        "-m",
        "sandbox",
        "topics",
        "produce",
        "rim.fast-path",
        "--key",
        event["rim_node_id"],
    ]
    subprocess.run(command, input=json.dumps(event), text=True, check=True, capture_output=True)


asyncio.run(main(sys.argv[1]))
