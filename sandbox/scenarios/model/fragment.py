"""A file of steps that other scenarios include."""

from __future__ import annotations

from pydantic import Field

from sandbox.scenarios.model.any_step import AnyStep
from sandbox.scenarios.model.strict import Name, Strict, TemplateField

__all__ = ["Fragment"]


class Fragment(Strict):
    """Steps with parameters."""

    purpose: str | None = None
    """What the steps do, in one sentence."""
    parameters: tuple[Name, ...] = ()
    """Names that whoever includes it must give, by `with`."""
    vars: dict[Name, TemplateField] = Field(default_factory=dict)
    """Names that they may give; a later one may use an earlier one and the parameters."""
    steps: tuple[AnyStep, ...] = Field(min_length=1)
    """What happens, in order."""

    @classmethod
    def describe_kind(cls) -> str:
        return "an included file"
