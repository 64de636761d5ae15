"""The whole file: a header that says what for, and the steps."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any, Literal

from pydantic import Field, PlainValidator, WithJsonSchema

from sandbox.config.services import SERVICES
from sandbox.errors import UsageError
from sandbox.scenarios.model.any_step import AnyStep
from sandbox.scenarios.model.bad_value import BadValue, nearest
from sandbox.scenarios.model.strict import Name, Strict, TemplateField
from sandbox.scenarios.steps.step import Step

__all__ = ["NEEDS", "STEP_LISTS", "Scenario"]

STEP_LISTS = ("steady", "steps", "finally")
"""The keys of a scenario that hold lists of steps."""

FASTEST = 1000
"""How many times real time the sandbox's clock may run."""


NEEDS = (
    *SERVICES, *(f"own {service}" for service in SERVICES), "broker-control", "process-control", "network-edge", "logs",
)  # fmt: skip
"""What a scenario can say that it needs."""


def _need(value: Any) -> str:
    if value not in NEEDS:
        close = nearest(str(value), NEEDS)
        hint = f"did you mean {close!r}?" if close else None
        raise BadValue(f"expected one of {', '.join(NEEDS)}, found {value!r}", hint=hint)
    return str(value)


Need = Annotated[str, PlainValidator(_need), WithJsonSchema({"enum": list(NEEDS)})]


class Scenario(Strict):
    """One story: what is done, and what must be seen."""

    scenario: str = Field(min_length=1, max_length=200)
    """What happens, in one sentence."""
    purpose: str | None = None
    """What it proves."""
    tags: tuple[str, ...] = ()
    """Words to choose scenarios by."""
    seed: int | None = Field(default=None, ge=0)
    """Makes random values the same in every run; ids are always new. A new one when left out; it is always shown."""
    profile: Literal["real", "demo"] | None = None
    """Waits of breakers and retries: `real` keeps the specification's, `demo` shortens them. Either when left out."""
    speed: float = Field(default=1.0, gt=0, le=FASTEST)
    """How much faster than real time the sandbox's clock runs while this scenario does."""
    needs: tuple[Need, ...] = ()
    """What the sandbox must have, or the whole scenario is skipped: services (`capsule`, `own capsule` for one that the
    sandbox runs itself), `broker-control`, `process-control`, `network-edge`, `logs`."""
    topics: tuple[str, ...] = ()
    """Topics it uses besides those of the contracts."""
    vars: dict[Name, TemplateField] = Field(default_factory=dict)
    """Names for values; a later one may use an earlier one."""
    steady: tuple[AnyStep, ...] = ()
    """Holds before the steps and again after them: steps that only observe."""
    steps: tuple[AnyStep, ...] = Field(min_length=1)
    """What happens, in order."""
    finally_: tuple[AnyStep, ...] = Field(default=(), alias="finally")
    """Runs at the end whatever happened."""

    @property
    def lists(self) -> dict[str, tuple[Step, ...]]:
        """Its lists of steps by their keys, in the order in which they run."""
        return {"steady": self.steady, "steps": self.steps, "finally": self.finally_}

    def all_steps(self) -> Iterator[Step]:
        """Every step, also those inside steps, in the order of the file."""
        for steps in self.lists.values():
            for step in steps:
                yield from step.walk()

    def at_speed(self, speed: float) -> Scenario:
        """The same at another speed than the file's. Raises UsageError outside of what a file may say."""
        if not 0 < speed <= FASTEST:
            raise UsageError(f"a speed lies above 0 and up to {FASTEST}, found {speed:g}", where="speed")
        return self.model_copy(update={"speed": speed})
