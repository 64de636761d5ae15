"""What can be known of a scenario before it runs: that its names are given, its topics exist and its values fit."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from sandbox.contracts.catalog import Contracts
from sandbox.errors import InvalidFile
from sandbox.scenarios.model.bad_value import BadValue, nearest
from sandbox.scenarios.model.scenario import Scenario
from sandbox.scenarios.steps.fault import FaultStep
from sandbox.scenarios.steps.heal import HealStep
from sandbox.scenarios.steps.publish import PublishStep
from sandbox.scenarios.steps.replay import ReplayStep
from sandbox.scenarios.steps.step import ENDPOINTS, Step
from sandbox.scenarios.steps.stop import StopStep
from sandbox.scenarios.template.functions import VOLATILE
from sandbox.scenarios.template.tree import Template

__all__ = ["problems"]

GIVEN = frozenset((*ENDPOINTS, "run", "avro_schema", *(VOLATILE - {"sequence", "row"})))
"""Names that every scenario has."""


def problems(scenario: Scenario, contracts: Contracts | None = None) -> Iterator[InvalidFile]:
    """Everything wrong, in no order. Topics and Avro values are looked at only with `contracts`."""
    known = set(GIVEN)
    for name, template in scenario.vars.items():
        yield from _unknown_names(template.walk(), known, "")
        known.add(name)
    yield from _steady(scenario)
    for steps in scenario.lists.values():
        yield from _names(steps, known)
    yield from _moments(scenario)
    yield from _started(scenario, BACKGROUND)
    yield from _started(scenario, FAULTS)
    if contracts is not None:
        for step in scenario.all_steps():
            yield from _topics(step, {*contracts.topics, *scenario.topics})
            if isinstance(step, PublishStep):
                yield from _value(step, contracts)
            if isinstance(step, ReplayStep):
                yield from step.problems(contracts, {*contracts.topics, *scenario.topics})


def _steady(scenario: Scenario) -> Iterator[InvalidFile]:
    for outer in scenario.steady:
        for step in outer.walk():
            if not step.observes and not step.parts():
                yield InvalidFile(f"`steady` holds steps that only observe, `{step.verb}` does more", where=step.at)


def _names(steps: Iterable[Step], known: set[str]) -> Iterator[InvalidFile]:
    """Adds to `known` what the steps give; what is known inside a step only is not."""
    for step in steps:
        yield from _unknown_names(step.templates(), {*known, *step.own_names}, step.at)
        for part in step.parts():
            inside = {*known, *part.names}
            yield from _names(part.steps, inside)
            known.update(inside - part.names)
        yield from _unknown_names(step.templates_after(), known, step.at)
        known.update(step.gives())


def _unknown_names(templates: Iterable[Template], known: set[str], at: str) -> Iterator[InvalidFile]:
    for template in templates:
        source = getattr(template, "source", None)
        for name in sorted(template.names - known) if source else ():
            close = nearest(name, known)
            hint = f"did you mean {close!r}?" if close else "give it under `vars`, or by `capture` in a step before"
            if name == "sequence":
                hint = "`sequence` is known in a publish only"
            if name == "row":
                hint = "`row` is known in a publish with `from:` only"
            yield InvalidFile(f"{source}: nothing is named {name!r} here", where=template.where or at, hint=hint)


def _moments(scenario: Scenario) -> Iterator[InvalidFile]:
    named = {name for step in scenario.all_steps() if (name := getattr(step, "name", None))}
    for step in scenario.all_steps():
        if step.moment is not None and step.moment.name is not None and step.moment.name not in named:
            close = nearest(step.moment.name, named)
            hint = f"did you mean {close!r}?" if close else "give that step a name by `as`"
            yield InvalidFile(f"no step is named {step.moment.name!r}", where=step.at_path("at"), hint=hint)


@dataclass(frozen=True, slots=True)
class _Lasting:
    """What steps begin and others end by its name."""

    begins: Callable[[Step], str | None]
    ends: Callable[[Step], str | None]
    there_already: str
    not_there: str
    hint: str


BACKGROUND = _Lasting(
    lambda step: getattr(step, "name", None) if getattr(step, "background", False) else None,
    lambda step: step.name if isinstance(step, StopStep) else None,
    "{!r} runs in the background already",
    "nothing named {!r} runs in the background here",
    "start it with `background: true` and `as`",
)
FAULTS = _Lasting(
    lambda step: step.name if isinstance(step, FaultStep) else None,
    lambda step: step.name if isinstance(step, HealStep) else None,
    "there is a fault named {!r} already",
    "there is no fault named {!r} here",
    "make it by `fault` with `as`",
)


def _started(scenario: Scenario, kind: _Lasting) -> Iterator[InvalidFile]:
    there: set[str] = set()
    for steps in (scenario.steps, scenario.finally_):
        yield from _started_in(steps, kind, there)


def _started_in(steps: Iterable[Step], kind: _Lasting, there: set[str]) -> Iterator[InvalidFile]:
    """`there` is what lasts before the steps, and afterwards what does after them."""
    for step in steps:
        if (begun := kind.begins(step)) is not None:
            if begun in there:
                yield InvalidFile(kind.there_already.format(begun), where=step.at)
            there.add(begun)
        elif (ended := kind.ends(step)) is not None:
            if ended not in there:
                close = nearest(ended, there)
                hint = f"did you mean {close!r}?" if close else kind.hint
                yield InvalidFile(kind.not_there.format(ended), where=step.at, hint=hint)
            there.discard(ended)
        before = set(there)
        for part in step.parts():
            inside = set(before)
            yield from _started_in(part.steps, kind, inside)
            if part.surely:
                there.intersection_update(inside)
            there.update(inside)  # of two ways that it may go, what lasts after either may last


def _topics(step: Step, topics: set[str]) -> Iterator[InvalidFile]:
    used = (step.topic,) if isinstance(step, PublishStep) else step.topics()
    for topic in used:
        if topic not in topics:
            close = nearest(topic, topics)
            hint = f"did you mean {close!r}?" if close else "name topics of your own under `topics:` in the header"
            yield InvalidFile(f"there is no topic {topic!r} in the contracts", where=step.at, hint=hint)


def _value(step: PublishStep, contracts: Contracts) -> Iterator[InvalidFile]:
    try:
        step.completed(contracts)
    except BadValue as error:
        yield InvalidFile(error.message, where=error.where or step.at_path(*error.path), hint=error.hint)
