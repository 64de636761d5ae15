from __future__ import annotations

from typing import Any

from pydantic import Field, PrivateAttr, field_validator

from sandbox.scenarios.assertions.assertion import show
from sandbox.scenarios.model.bad_value import BadValue
from sandbox.scenarios.model.strict import Name, TemplateField
from sandbox.scenarios.stage import Turn
from sandbox.scenarios.steps.step import Part, Step
from sandbox.scenarios.template.tree import Template


class IncludeStep(Step):
    """The steps of another file, which has `steps:` and may have `parameters:` and `vars:`.

    They know its parameters and variables besides what is known here; what they capture is known afterwards.
    """

    verb = "include"
    file_keys = ("include",)
    file: str = Field(alias="include", min_length=1)
    """The file, relative to this one and in its folder or below the scenario's."""
    given: dict[Name, TemplateField] = Field(default_factory=dict, alias="with")
    """Values for its parameters, and in place of its variables."""
    _steps: tuple[Step, ...] = PrivateAttr(default=())
    _defaults: dict[str, Template] = PrivateAttr(default_factory=dict)

    @field_validator("file")
    @classmethod
    def _is_yaml(cls, file: str) -> str:
        if not file.endswith((".yaml", ".yml")):
            raise BadValue(f"expected a YAML file, found {show(file)}", hint="for example parts/trip-breaker.yaml")
        return file

    def take(self, steps: tuple[Step, ...], defaults: dict[str, Template]) -> None:
        """What the file holds: its steps, and its variables."""
        self._steps, self._defaults = steps, defaults

    def title(self, names: dict[str, Any] | None = None) -> str:
        return f"include {self.file}"

    def parts(self) -> tuple[Part, ...]:
        return (Part("include", self._steps, frozenset((*self.given, *self._defaults)), placed=True),)

    async def run(self, turn: Turn) -> None:
        names: dict[str, Any] = {name: template.render(turn.names) for name, template in self.given.items()}
        for name, template in self._defaults.items():
            if name not in names:
                names[name] = template.render({**turn.names, **names})
        await turn.play(self._steps, "include", names=names)
