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
LATE_S = 0.4
"""How long after the end of a run the facts of what the services did in it may come."""


async def follow(
    target: Any, document: dict[str, Any], *, quiet: bool, log: Any = None, progress: Any = None
) -> dict[str, Any]:
    """Start the run, tell its facts as they come, return its result. Ctrl-C stops the run, not the sandbox.

    `log` is a RunLog that takes all facts too; `progress` what a terminal shows at its end; `quiet` tells nothing.
    """
    from sandbox.control.client import ControlClient

    async with ControlClient(target.url, target.token) as client:
        after = (await client.facts(after=-1, limit=1)).last
        run = await client.run_scenario(document)
        telling = asyncio.create_task(_tell(client, run, after, _listeners(quiet, log, progress), log))
        try:
            with _stopped_by(asyncio.current_task()):
                await asyncio.shield(telling)
        except asyncio.CancelledError:
            await client.stop_scenario(run)
            await asyncio.wait({telling}, timeout=PATIENCE_S)
            raise
        found = await client.scenario_run(run)
    return found.model_dump()["result"]


def _listeners(quiet: bool, log: Any, progress: Any) -> list[Any]:
    from sandbox.scenarios.report.console import ConsoleReport

    listeners = [] if quiet else [ConsoleReport(sys.stdout, progress=progress)]
    return listeners if log is None else [*listeners, log]


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


async def _tell(client: Any, run: str, after: int, listeners: list[Any], log: Any) -> None:
    """Until the end of the run, and a moment longer for a `log`: services send their last facts a little later."""
    from sandbox.events.facts import ScenarioFinished, fact_from_json

    limit = asyncio.timeout(None)
    try:
        async with limit, aclosing(client.stream(after, patience_s=PATIENCE_S)) as pages:
            async for page in pages:
                if log is not None and page.gap:
                    log.on_gap(page.gap)
                for data in page.facts:
                    fact = fact_from_json(data)
                    for each in listeners:
                        each.on_fact(fact)
                    if isinstance(fact, ScenarioFinished) and fact.run == run:
                        if log is None:
                            return
                        limit.reschedule(asyncio.get_running_loop().time() + LATE_S)
    except TimeoutError:
        return
    finally:
        for each in listeners:
            if each is not log:
                each.close()
