"""Part of a scenario: from one step to another, by number, name or a part of the title."""

from __future__ import annotations

from sandbox.errors import UsageError
from sandbox.scenarios.model.bad_value import nearest
from sandbox.scenarios.model.scenario import Scenario
from sandbox.scenarios.steps.step import Step

__all__ = ["left_out"]

SHOWN = 4


def left_out(scenario: Scenario, start: str | None, end: str | None) -> frozenset[int]:
    """The places in `steps` that are not run; `steady` and `finally` always are.

    A number is the one that a run shows, so the steady state counts. A step's captions (`say`) go with it. Raises
    UsageError when no step is meant, or several.
    """
    if start is None and end is None:
        return frozenset()
    steps = scenario.steps
    first = 0 if start is None else _find(scenario, start, "--from")
    last = len(steps) - 1 if end is None else _find(scenario, end, "--to")
    if last < first:
        raise UsageError(
            f"{end!r} comes before {start!r}",
            where="--to",
            hint="--from names the first step of the part, --to its last",
        )
    while first > 0 and steps[first - 1].verb == "say":
        first -= 1
    return frozenset(range(len(steps))) - frozenset(range(first, last + 1))


def _find(scenario: Scenario, given: str, option: str) -> int:
    steps = scenario.steps
    numbers = _numbers(scenario)
    if given.isdigit():
        if int(given) in numbers.values():
            return next(place for place, number in numbers.items() if number == int(given))
        told = f"the steps have the numbers {min(numbers.values())} to {max(numbers.values())}"
        raise UsageError(f"no step has the number {given}", where=option, hint=told)
    named = [place for place in numbers if getattr(steps[place], "name", None) == given]
    found = named or [place for place in numbers if given.lower() in steps[place].title().lower()]
    if len(found) == 1:
        return found[0]
    if not found:
        close = nearest(given, [title for place in numbers for title in _titles(steps[place])])
        hint = f"did you mean {close!r}?" if close else f"a number from {min(numbers.values())} on, or part of a title"
        raise UsageError(f"no step is named {given!r} or has that in its title", where=option, hint=hint)
    told = "; ".join(f"{numbers[place]}: {steps[place].title()}" for place in found[:SHOWN])
    raise UsageError(f"{given!r} could be {len(found)} steps", where=option, hint=f"take the number: {told}")


def _numbers(scenario: Scenario) -> dict[int, int]:
    """The number that a run shows, by place in `steps`."""
    before = sum(step.verb != "say" for step in scenario.steady)
    counted = [place for place, step in enumerate(scenario.steps) if step.verb != "say"]
    return {place: before + number for number, place in enumerate(counted, 1)}


def _titles(step: Step) -> list[str]:
    name = getattr(step, "name", None)
    return [step.title(), *([name] if name else [])]
