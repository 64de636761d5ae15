"""A scenario that runs beside a command: a schedule of faults, traffic, or both."""

from __future__ import annotations

import contextlib
import sys
from typing import Any

__all__ = ["ScenarioBeside"]

STOP_LIMIT_S = 40.0


class ScenarioBeside:
    """A run that nobody watches; its story is told on stderr when it has failed."""

    def __init__(self, client: Any, run: str, after: int) -> None:
        self._client = client
        self._run = run
        self._after = after

    @classmethod
    def start(cls, given: str, target: Any) -> ScenarioBeside:
        """Check the file and start it. Raises UsageError or InvalidFile."""
        from sandbox.cli.scenario import contracts_of, find, load
        from sandbox.scenarios.load import read_document

        load(given, contracts_of(target.name))
        path, shown_as = find(given)
        client = target.patient(STOP_LIMIT_S)
        after = client.get("/v1/facts?after=-1&limit=1")["last"]
        document = read_document(path, shown_as=shown_as).to_json()
        return cls(client, client.post("/v1/scenarios/runs", document)["run"], after)

    def end(self) -> bool:
        """Stop it if it still runs, so that its faults are undone; whether it has failed until now."""
        from sandbox.cli.output import talk
        from sandbox.errors import NotRunning

        try:
            found = self._client.get(f"/v1/scenarios/runs/{self._run}")
            if found["state"] == "running":
                found = self._client.delete(f"/v1/scenarios/runs/{self._run}")
        except NotRunning as error:
            talk(f"the scenario's end is not known: {error.render()}", colour="red")
            return True
        result = found.get("result") or {}
        if found["state"] == "failed" or any(step.get("outcome") == "failed" for step in result.get("steps", ())):
            self._tell()
            return True
        return False

    def _tell(self) -> None:
        from sandbox.errors import NotRunning
        from sandbox.events.facts import ScenarioFinished, fact_from_json
        from sandbox.scenarios.report.console import ConsoleReport

        report = ConsoleReport(sys.stderr)
        with contextlib.suppress(NotRunning), contextlib.closing(report):
            after, last = self._after, self._after + 1
            while after < last:
                page = self._client.get(f"/v1/facts?after={after}&limit=2000")
                after, last = page["next"], page["last"]
                for fact in map(fact_from_json, page["facts"]):
                    report.on_fact(fact)
                    if isinstance(fact, ScenarioFinished) and fact.run == self._run:
                        return
