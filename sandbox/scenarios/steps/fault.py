from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import ConfigDict, Field, PrivateAttr, model_validator

from sandbox.config.services import SERVICES
from sandbox.errors import SandboxError
from sandbox.faults import FAULTS
from sandbox.faults.reading import UnknownParameter, check_parameters, check_service, read_fault
from sandbox.scenarios.model.bad_value import BadValue
from sandbox.scenarios.model.strict import Name, UnknownKey
from sandbox.scenarios.stage import Turn
from sandbox.scenarios.steps.step import Step, known_party
from sandbox.scenarios.template.tree import Constant, Template, compile_template, shown

OWN_KEYS = ("fault", "on", "as", "at")
ABILITIES = {"broker": "broker-control", "process": "process-control"}
"""What a kind must be able to disturb, besides a service, as scenarios call it."""
PARAMETERS = frozenset(name for model in FAULTS.values() for name in model.parameters())


def _with_parameters(schema: dict[str, Any]) -> None:
    """The parameters of all kinds are keys of the step; one that differs between kinds may have any of their shapes."""
    shapes: dict[str, list[Any]] = {}
    for model in FAULTS.values():
        for name, shape in model.model_json_schema(by_alias=True)["properties"].items():
            found = shapes.setdefault(name, [])
            if shape not in found:
                found.append(shape)
    for name, found in shapes.items():
        several = {"anyOf": found, "description": found[0].get("description", "")}
        schema["properties"][name] = found[0] if len(found) == 1 else several
    schema["properties"]["fault"]["enum"] = list(FAULTS)


class FaultStep(Step):
    """Make something of a service go wrong. It is gone at `heal`, or at the end of the steps in any case.

    Its parameters stand beside it and may be templates: `status: 503`, `ms: 200`, `first: 5`, `duration: 30s`…
    """

    model_config = ConfigDict(json_schema_extra=_with_parameters)
    verb = "fault"
    kind: str = Field(alias="fault")
    """http-status, latency, reset…"""
    on: str
    """The service (capsule, odyssey, plato, audit, schema-registry), `kafka`, or `engine`, which publishes for you."""
    name: Name | None = Field(default=None, alias="as")
    """The name by which `heal` knows it."""
    _parameters: dict[str, Template] = PrivateAttr()

    @classmethod
    def keys(cls) -> list[str]:
        return [*OWN_KEYS, *sorted(PARAMETERS)]

    @model_validator(mode="wrap")
    @classmethod
    def _take_parameters(cls, value: Any, handler: Any) -> FaultStep:
        if not isinstance(value, Mapping):
            return handler(value)
        step: FaultStep = handler({name: each for name, each in value.items() if name not in PARAMETERS})
        given = {name: each for name, each in value.items() if name in PARAMETERS}
        try:
            known = check_parameters(step.kind, given)
            check_service(step.kind, step.on)
            step._parameters = {name: compile_template(given[name]) for name in known if name in given}
            if all(isinstance(each, Constant) for each in step._parameters.values()):
                read_fault(step.kind, given)  # else only a run can tell
        except UnknownParameter as error:
            raise UnknownKey(error.name, [*OWN_KEYS, *error.known], f"the fault {step.kind}") from None
        except SandboxError as error:
            place = f"{error.where}: " if error.where else ""
            raise BadValue(f"{place}{error.message}", hint=error.hint) from None
        return step

    def templates(self) -> Iterator[Template]:
        yield from super().templates()
        for each in self._parameters.values():
            yield from each.walk()

    def needs(self) -> Iterator[str]:
        yield from super().needs()
        if self.on in SERVICES:
            yield f"own {self.on}"
        if (ability := ABILITIES.get(FAULTS[self.kind].needs)) is not None:
            yield ability

    def involves(self, names: Mapping[str, Any]) -> tuple[str, ...]:
        return (known_party(self.on),)

    def title(self, names: dict[str, Any] | None = None) -> str:
        given = {name: shown(each, names) for name, each in self._parameters.items()}
        told = "".join(f" --{name} {shlex.quote(value)}" for name, value in given.items())
        return f"fault {self.kind}{told} on {self.on}{f' as {self.name}' if self.name else ''}"

    async def run(self, turn: Turn) -> str:
        parameters = {name: each.render(turn.names) for name, each in self._parameters.items()}
        fault = await turn.world.add_fault(self.kind, self.on, parameters, self.name)
        turn.stage.faults.append(fault)
        return f"on, as {fault}"
