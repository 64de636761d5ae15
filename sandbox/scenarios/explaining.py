"""What a scenario does and asserts, step by step, without running it."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from typing import Any

from sandbox.scenarios.model.scenario import Scenario
from sandbox.scenarios.steps.step import ENDPOINTS, Step
from sandbox.scenarios.template.tree import Constant, TemplateFailed

__all__ = ["explained", "known_names"]


def explained(scenario: Scenario) -> dict[str, Any]:
    """Its header, and the steps of each part: `path` (its number), `verb, title, at` (file:line), `withinSeconds`
    (null: no wait), when it `begins` (null: at once), what it `needs`, and `parts`, each with `heading` and `steps`."""
    names = known_names(scenario)
    parts: dict[str, Sequence[Step]] = {
        "steady": scenario.steady, "steps": scenario.steps, "finally": scenario.finally_
    }  # fmt: skip
    return {
        "scenario": scenario.scenario,
        "purpose": scenario.purpose,
        "tags": list(scenario.tags),
        "seed": scenario.seed,
        "profile": scenario.profile,
        "speed": scenario.speed,
        "needs": list(scenario.needs),
        **{part: _explained(steps, names, "") for part, steps in parts.items()},
    }


def _explained(steps: Sequence[Step], names: dict[str, Any], address: str) -> list[dict[str, Any]]:
    told, number = [], 0
    for step in steps:
        number += step.verb != "say"
        path = "" if step.verb == "say" else f"{address}{number}"
        parts = [{"heading": part.heading, "steps": _explained(part.steps, names, f"{path}.")} for part in step.parts()]
        told.append({
            "path": path, "verb": step.verb, "title": step.title(names), "at": step.at,
            "withinSeconds": step.limit_s or None, "begins": step.moment.describe() if step.moment else None,
            "needs": sorted(set(step.needs())), "parts": parts,
        })  # fmt: skip
    return told


def known_names(scenario: Scenario) -> dict[str, Any]:
    """What is known without a run: variables, and the services by their names."""
    names: dict[str, Any] = {service: f"http://{service}" for service in ENDPOINTS}
    for name, template in scenario.vars.items():
        with suppress(TemplateFailed):
            known = template.fold(names)
            if isinstance(known, Constant):
                names[name] = known.value
    return names
