"""Ambient traffic: the scenario `ambient-traffic` that ships, run in the background until somebody stops it."""

from __future__ import annotations

from typing import Any

from sandbox.clock import Clock
from sandbox.config.folders import share_dir
from sandbox.errors import Conflict
from sandbox.runtime.scenario_runs import ScenarioRuns

__all__ = ["Traffic"]

SCENARIO = "ambient-traffic.yaml"


class Traffic:
    """At most one run of it at a time. It ends with the engine."""

    def __init__(self, runs: ScenarioRuns, clock: Clock) -> None:
        self._runs = runs
        self._clock = clock
        self._run = ""
        self._rate_per_s = 0.0
        self._since_ms = 0

    def start(self, rate_per_s: float, seed: int | None = None) -> dict[str, Any]:
        """How it stands then. Raises Conflict while it runs, InvalidFile when the contracts have not its topics."""
        if self._runs.runner(self._run) is not None:
            raise Conflict(
                f"traffic runs already, at {self._rate_per_s:g}/s",
                where="traffic",
                hint="`sandbox traffic stop` ends it",
            )
        text = (share_dir("scenarios") / SCENARIO).read_text(encoding="utf-8")
        document = {"file": f"scenarios/{SCENARIO}", "text": text, "seed": seed}
        self._run = self._runs.start(document, given={"rate": rate_per_s}, ambient=True)
        self._rate_per_s = rate_per_s
        self._since_ms = self._clock.now_ms()
        return self.state()

    async def stop(self) -> dict[str, Any]:
        """How it stood, with `running` false; a second call changes nothing."""
        stood = self.state()
        if stood["running"]:
            await self._runs.stop(self._run)
        return {**stood, "running": False}

    def state(self) -> dict[str, Any]:
        """`{"running", "run", "rate_per_s", "seed", "since_ms", "sent", "failed", "records": {name: sent}}`."""
        runner = self._runs.runner(self._run)
        if runner is None:
            return {"running": False}
        found = runner.beside
        return {
            "running": True,
            "run": self._run,
            "rate_per_s": self._rate_per_s,
            "seed": runner.seed,
            "since_ms": self._since_ms,
            "sent": sum(each["sent"] for each in found.values()),
            "failed": sum(each["failed"] for each in found.values()),
            "records": {name: each["sent"] for name, each in found.items()},
        }
