"""`sandbox scenario explain`: what a scenario does and asserts, step by step, without running it."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sandbox.scenarios.model.scenario import Scenario
    from sandbox.scenarios.steps.step import Step

__all__ = ["explained", "explanation_lines", "known_names"]

WIDTH = 96
INDENT = "    "
PARTS = (("steady", "must hold, before and after"), ("steps", "steps"), ("finally", "whatever happened"))


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


def explanation_lines(found: dict[str, Any]) -> Iterator[str]:
    first = next(found[part][0] for part, _ in PARTS if found[part])
    file = first["at"].rpartition(":")[0]
    yield found["scenario"]
    if found["purpose"]:
        yield from (f"  {line}" for line in textwrap.wrap(found["purpose"], WIDTH))
    about = [f"tags {', '.join(found['tags'])}"] if found["tags"] else []
    about += [f"seed {found['seed']}"] if found["seed"] is not None else []
    about += [f"profile {found['profile']}"] if found["profile"] else []
    about += [f"{found['speed']:g} times as fast"] if found["speed"] != 1 else []
    about += [f"needs {', '.join(found['needs'])}"] if found["needs"] else []
    if about:
        yield f"  {' · '.join(about)}"
    for part, heading in PARTS:
        if found[part]:
            yield ""
            yield f"  {heading}"
            yield from _step_lines(found[part], file)


def _step_lines(steps: Sequence[dict[str, Any]], file: str, depth: int = 0) -> Iterator[str]:
    inside = INDENT * depth
    for step in steps:
        if step["verb"] == "say":
            yield ""
            yield f"      {inside}{step['title']}"
            continue
        within = f", within {step['withinSeconds']:g} s" if step["withinSeconds"] else ""
        where, _, line = step["at"].rpartition(":")
        place = f"line {line}" if where == file else step["at"]
        moment = f", {step['begins']}" if step["begins"] else ""
        yield f"  {inside}{step['path']:>2}  {step['title']}{moment}{within}  ({place})"
        for part in step["parts"]:
            if part["heading"]:
                yield f"  {inside}{INDENT}{part['heading']}"
            yield from _step_lines(part["steps"], file, depth + 1)


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
    from sandbox.scenarios.steps.step import ENDPOINTS
    from sandbox.scenarios.template.tree import Constant, TemplateFailed

    names: dict[str, Any] = {service: f"http://{service}" for service in ENDPOINTS}
    for name, template in scenario.vars.items():
        with suppress(TemplateFailed):
            known = template.fold(names)
            if isinstance(known, Constant):
                names[name] = known.value
    return names
