"""Scenario runs inside the engine: one task each, its progress told as facts, its result kept."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sandbox.errors import Conflict, UnknownName, UsageError

if TYPE_CHECKING:
    from sandbox.scenarios.gate import Gate
    from sandbox.scenarios.result import ScenarioResult
    from sandbox.scenarios.runner import ScenarioRunner

__all__ = ["ScenarioRuns"]

KEPT = 100
DOCUMENT = (
    '{"file": name, "text": YAML, "files"?: {name: text}, '
    '"seed"?: number, "speed"?: number, "from"?: step, "to"?: step, "step"?: true}'
)
STOP_LIMIT_S = 35.0


@dataclass(slots=True)
class _Run:
    name: str
    speed: float | None
    runner: ScenarioRunner
    task: asyncio.Task[ScenarioResult]
    gate: Gate | None = None


class ScenarioRuns:
    """`make_world` builds the world that a run sees. The newest `KEPT` runs are remembered."""

    def __init__(self, make_world: Callable[[], Any]) -> None:
        self._make_world = make_world
        self._runs: dict[str, _Run] = {}

    def start(
        self, document: Mapping[str, Any], *, given: Mapping[str, Any] | None = None, ambient: bool = False
    ) -> str:
        """Start a run of a `DOCUMENT`; its id. With `step` it waits before each step. Raises UsageError or InvalidFile.

        `given` takes the place of vars of the scenario. An `ambient` run lets later ones change the clock's speed.
        """
        from sandbox.scenarios.gate import Gate
        from sandbox.scenarios.load import read_scenario
        from sandbox.scenarios.part import left_out
        from sandbox.scenarios.runner import ScenarioRunner

        file, text, seed = (document.get(name) for name in ("file", "text", "seed"))
        speed, start, end = (document.get(name) for name in ("speed", "from", "to"))
        texts = isinstance(file, str) and isinstance(text, str)
        if not texts or not isinstance(seed, int | None) or not isinstance(speed, int | float | None):
            raise UsageError(f"must be {DOCUMENT}", where="document")
        if not isinstance(start, str | None) or not isinstance(end, str | None):
            raise UsageError(f"must be {DOCUMENT}", where="document")
        if not isinstance(document.get("step"), bool | None):
            raise UsageError(f"must be {DOCUMENT}", where="document")
        files = document.get("files") or {}
        if not isinstance(files, Mapping) or not all(isinstance(each, str) for each in files.values()):
            raise UsageError("must be a mapping of names to texts", where="files")
        world = self._make_world()
        scenario = read_scenario(text, file, world.contracts, files=files)
        if speed is not None:
            scenario = scenario.at_speed(speed)
        self._refuse_other_speed(scenario.speed)
        gate = Gate() if document.get("step") else None
        leave_out = left_out(scenario, start, end)
        runner = ScenarioRunner(world, scenario, file=file, seed=seed, given=given, left_out=leave_out, gate=gate)
        task = asyncio.create_task(runner.run(), name=f"scenario {runner.run_id}")
        self._runs[runner.run_id] = _Run(scenario.scenario, None if ambient else scenario.speed, runner, task, gate)
        for old in [each for each, run in self._runs.items() if run.task.done()][: max(0, len(self._runs) - KEPT)]:
            del self._runs[old]
        return runner.run_id

    def _refuse_other_speed(self, speed: float) -> None:
        """There is one clock in a sandbox, so runs side by side must agree on how fast it goes."""
        for run in self._runs.values():
            if not run.task.done() and run.speed not in (None, speed):
                raise Conflict(
                    f"{run.name!r} runs at {run.speed:g} times real time, this scenario wants {speed:g}",
                    where="speed",
                    hint="wait for its end, or use another sandbox: `sandbox up --name N --ports auto`",
                )

    async def get(self, run: str) -> dict[str, Any]:
        """`{"run", "scenario", "state", "held", "result"}`; state is running, passed, failed or stopped, `held` what
        it waits to do."""
        found = self._find(run)
        if not found.task.done():
            # The end is told as a fact an instant before the task itself ends.
            await asyncio.wait({found.task}, timeout=0.2)
        return self._json(run, found)

    def runner(self, run: str) -> ScenarioRunner | None:
        """The runner of a run that goes on; None when it has ended."""
        found = self._runs.get(run)
        return None if found is None or found.task.done() else found.runner

    async def stop(self, run: str) -> dict[str, Any]:
        """Interrupt a run; its `finally` steps still run."""
        found = self._find(run)
        found.task.cancel()
        await asyncio.wait({found.task}, timeout=STOP_LIMIT_S)
        return self._json(run, found)

    async def next(self, run: str, *, to_end: bool = False) -> dict[str, Any]:
        """Let a run that waits go on by a step, or to its end. Raises Conflict when it does not wait."""
        found = self._find(run)
        if found.gate is None or found.task.done():
            raise Conflict("the run does not wait", where="run", hint='start it with `"step": true`')
        if to_end:
            found.gate.open()
        else:
            found.gate.next()
        await asyncio.sleep(0)
        return self._json(run, found)

    async def stop_all(self) -> list[str]:
        """Interrupt what runs, without a long wait for `finally`; the ids of these runs."""
        running = {name: run.task for name, run in self._runs.items() if not run.task.done()}
        for task in running.values():
            task.cancel()
        if running:
            await asyncio.wait(running.values(), timeout=2.0)
        return list(running)

    def _find(self, run: str) -> _Run:
        found = self._runs.get(run)
        if found is None:
            raise UnknownName(f"there is no scenario run {run!r}", where="run")
        return found

    @staticmethod
    def _json(run: str, found: _Run) -> dict[str, Any]:
        shown: dict[str, Any] = {"run": run, "scenario": found.name, "state": "running"}
        if found.gate is not None and found.gate.held is not None and not found.task.done():
            shown["held"] = found.gate.held.to_json()
        if found.task.done():
            if found.task.cancelled():
                shown["state"] = "stopped"
            else:
                result = found.task.result()
                shown |= {"state": result.outcome, "result": result.to_json()}
        return shown
