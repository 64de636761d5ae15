"""Runs a scenario over the control API and tells it while it happens."""

from __future__ import annotations

import asyncio
import sys
from contextlib import aclosing
from typing import Any

__all__ = ["follow"]

PATIENCE_S = 10.0


async def follow(target: Any, document: dict[str, Any], *, json: bool) -> int:
    """Start the run, tell its facts as they come, return its exit code. Ctrl-C stops the run, not the sandbox."""
    from sandbox.cli.output import json_data
    from sandbox.control.client import ControlClient

    async with ControlClient(target.url, target.token) as client:
        after = (await client.facts(after=-1, limit=1)).last
        run = await client.run_scenario(document)
        try:
            await _tell(client, run, after, quiet=json)
            found = await client.scenario_run(run)
        except asyncio.CancelledError:
            await client.stop_scenario(run)
            raise
    result = found.model_dump()["result"]
    if json:
        json_data(result)
    return result["exitCode"]


async def _tell(client: Any, run: str, after: int, *, quiet: bool) -> None:
    from sandbox.events.facts import ScenarioFinished, fact_from_json
    from sandbox.scenarios.report.console import ConsoleReport

    report = None if quiet else ConsoleReport(sys.stdout)
    try:
        async with aclosing(client.stream(after, patience_s=PATIENCE_S)) as pages:
            async for page in pages:
                for data in page.facts:
                    fact = fact_from_json(data)
                    if report is not None:
                        report.on_fact(fact)
                    if isinstance(fact, ScenarioFinished) and fact.run == run:
                        return
    finally:
        if report is not None:
            report.close()
