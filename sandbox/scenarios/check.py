"""What can be known of a scenario before it runs: that its names are given, its topics exist and its values fit."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from sandbox.contracts.catalog import Contracts
from sandbox.errors import InvalidFile
from sandbox.scenarios.model.bad_value import BadValue, nearest
from sandbox.scenarios.model.scenario import Scenario
from sandbox.scenarios.steps.fault import FaultStep
from sandbox.scenarios.steps.heal import HealStep
from sandbox.scenarios.steps.publish import PublishStep
from sandbox.scenarios.steps.step import ENDPOINTS, Step
from sandbox.scenarios.steps.stop import StopStep
from sandbox.scenarios.template.functions import VOLATILE
from sandbox.scenarios.template.tree import Template

__all__ = ["problems"]

GIVEN = frozenset((*ENDPOINTS, "run", *(VOLATILE - {"sequence"})))
"""Names that every scenario has."""


def problems(scenario: Scenario, contracts: Contracts | None = None) -> Iterator[InvalidFile]:
    """Everything wrong, in no order. Topics and Avro values are looked at only with `contracts`."""
    known = set(GIVEN)
    for name, template in scenario.vars.items():
        yield from _unknown_names(template.walk(), known, "")
        known.add(name)
    yield from _steady(scenario)
    yield from _names(scenario, known)
    yield from _backgrounds(scenario)
    yield from _faults(scenario)
    if contracts is not None:
        for step in scenario.all_steps():
            yield from _topics(step, {*contracts.topics, *scenario.topics})
            if isinstance(step, PublishStep):
                yield from _value(step, contracts)


def _steady(scenario: Scenario) -> Iterator[InvalidFile]:
    for step in scenario.steady:
        if not step.observes:
            yield InvalidFile(f"`steady` holds steps that only observe, `{step.verb}` does more", where=step.at)


def _names(scenario: Scenario, known: set[str]) -> Iterator[InvalidFile]:
    for step in scenario.all_steps():
        usable = {*known, "sequence"} if isinstance(step, PublishStep) else known
        yield from _unknown_names(step.templates(), usable, step.at)
        known.update(step.gives())


def _unknown_names(templates: Iterable[Template], known: set[str], at: str) -> Iterator[InvalidFile]:
    for template in templates:
        source = getattr(template, "source", None)
        for name in sorted(template.names - known) if source else ():
            close = nearest(name, known)
            hint = f"did you mean {close!r}?" if close else "give it under `vars`, or by `capture` in a step before"
            if name == "sequence":
                hint = "`sequence` is known in a publish only"
            yield InvalidFile(f"{source}: nothing is named {name!r} here", where=template.where or at, hint=hint)


def _backgrounds(scenario: Scenario) -> Iterator[InvalidFile]:
    running: set[str] = set()
    for step in (*scenario.steps, *scenario.finally_):
        if isinstance(step, PublishStep) and step.background and step.name is not None:
            if step.name in running:
                yield InvalidFile(f"{step.name!r} runs in the background already", where=step.at)
            running.add(step.name)
        elif isinstance(step, StopStep):
            if step.name not in running:
                close = nearest(step.name, running)
                hint = f"did you mean {close!r}?" if close else "start it by `publish` with `background: true` and `as`"
                yield InvalidFile(f"nothing named {step.name!r} runs in the background here", where=step.at, hint=hint)
            running.discard(step.name)


def _faults(scenario: Scenario) -> Iterator[InvalidFile]:
    there: set[str] = set()
    for step in (*scenario.steps, *scenario.finally_):
        if isinstance(step, FaultStep) and step.name is not None:
            if step.name in there:
                yield InvalidFile(f"there is a fault named {step.name!r} already", where=step.at)
            there.add(step.name)
        elif isinstance(step, HealStep):
            if step.name not in there:
                close = nearest(step.name, there)
                hint = f"did you mean {close!r}?" if close else "make it by `fault` with `as`"
                yield InvalidFile(f"there is no fault named {step.name!r} here", where=step.at, hint=hint)
            there.discard(step.name)


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
