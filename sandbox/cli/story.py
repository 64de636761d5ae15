"""Runs a scenario over the control API and tells it while it happens."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import sys
from collections.abc import Iterator
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
        telling = asyncio.create_task(_tell(client, run, after, quiet=json))
        try:
            with _stopped_by(asyncio.current_task()):
                await asyncio.shield(telling)
        except asyncio.CancelledError:
            await client.stop_scenario(run)
            await asyncio.wait({telling}, timeout=PATIENCE_S)
            raise
        found = await client.scenario_run(run)
    result = found.model_dump()["result"]
    if json:
        json_data(result)
    return result["exitCode"]


@contextlib.contextmanager
def _stopped_by(task: asyncio.Task[Any] | None) -> Iterator[None]:
    """A closed terminal and SIGTERM stop the run as Ctrl-C does: nobody would be there to see its end."""
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGHUP):
        loop.add_signal_handler(number, lambda: task and task.cancel())
    try:
        yield
    finally:
        for number in (signal.SIGTERM, signal.SIGHUP):
            loop.remove_signal_handler(number)


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
