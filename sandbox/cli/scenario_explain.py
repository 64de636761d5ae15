"""`sandbox scenario explain`: what a scenario does and asserts, step by step, without running it."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sandbox.scenarios.model.scenario import Scenario
    from sandbox.scenarios.steps.step import Step

__all__ = ["explained", "explanation_lines"]

WIDTH = 96
PARTS = (("steady", "must hold, before and after"), ("steps", "steps"), ("finally", "whatever happened"))


def explained(scenario: Scenario) -> dict[str, Any]:
    """Its header, and the steps of each part with `verb, title, at` (file:line) and `withinSeconds` (null: no wait)."""
    names = _names(scenario)
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
        **{part: [_explained(step, names) for step in steps] for part, steps in parts.items()},
    }


def explanation_lines(found: dict[str, Any]) -> Iterator[str]:
    yield found["scenario"]
    if found["purpose"]:
        yield from (f"  {line}" for line in textwrap.wrap(found["purpose"], WIDTH))
    about = [f"tags {', '.join(found['tags'])}"] if found["tags"] else []
    about += [f"seed {found['seed']}"] if found["seed"] is not None else []
    about += [f"profile {found['profile']}"] if found["profile"] else []
    about += [f"{found['speed']:g} times as fast"] if found["speed"] != 1 else []
    if about:
        yield f"  {' · '.join(about)}"
    for part, heading in PARTS:
        if found[part]:
            yield ""
            yield f"  {heading}"
            yield from _step_lines(found[part])


def _step_lines(steps: Sequence[dict[str, Any]]) -> Iterator[str]:
    number = 0
    for step in steps:
        if step["verb"] == "say":
            yield ""
            yield f"      {step['title']}"
            continue
        number += 1
        line = step["at"].rpartition(":")[2]
        within = f", within {step['withinSeconds']:g} s" if step["withinSeconds"] else ""
        yield f"  {number:>2}  {step['title']}{within}  (line {line})"


def _explained(step: Step, names: dict[str, Any]) -> dict[str, Any]:
    return {"verb": step.verb, "title": step.title(names), "at": step.at, "withinSeconds": step.limit_s or None}


def _names(scenario: Scenario) -> dict[str, Any]:
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
