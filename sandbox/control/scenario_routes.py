"""The routes about scenarios."""

from __future__ import annotations

from sandbox.control import models
from sandbox.control.route import Route
from sandbox.control.scenario_models import NextRequest, ScenarioDocument, ScenarioLibraryList

__all__ = ["SCENARIO_ROUTES"]

SCENARIO_ROUTES = (
    Route("GET", "/v1/scenarios/library", "scenario_library", "Scenarios that ship and the project's own",
          ScenarioLibraryList, tag="scenarios"),
    Route("GET", "/v1/scenarios/library/{name}", "library_scenario", "One of them: text, files and steps",
          ScenarioDocument, tag="scenarios"),
    Route(
        "POST", "/v1/scenarios/runs", "run_scenario", "Run a resolved scenario document", models.RunStarted,
        any_body=True, status=201, tag="scenarios",
    ),
    Route("GET", "/v1/scenarios/runs/{run}", "scenario_run", "How a run stands", models.ScenarioRun, tag="scenarios"),
    Route("DELETE", "/v1/scenarios/runs/{run}", "stop_scenario", "Stop a run", models.ScenarioRun, tag="scenarios"),
    Route("POST", "/v1/scenarios/runs/{run}/next", "next_step", "Let a run that waits go on", models.ScenarioRun,
          body=NextRequest, tag="scenarios"),
)  # fmt: skip
