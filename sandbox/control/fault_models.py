"""Answers about faults; the request is `sandbox.contracts.fault_request`."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict

__all__ = ["AppliedFault", "FaultKind", "FaultKindList", "FaultList"]


class AppliedFault(BaseModel):
    """A fault, and how often it has acted."""

    model_config = ConfigDict(extra="allow", frozen=True, defer_build=True)

    id: str
    """What it is removed by."""
    kind: str
    on: str
    """The service, `kafka` or `engine`."""
    parameters: dict[str, Any]
    """Those that are not as usual."""
    text: str
    """Kind and parameters in one line."""
    hits: int
    """How often it has acted."""
    since_ms: int
    """When it was made, in epoch milliseconds."""
    until_ms: int | None = None
    """When it ends by itself, in epoch milliseconds; null: when it is removed."""
    acting: bool = True
    """Whether it would act now on what it means: it has begun, does not rest and has acted no more than it may."""
    over: bool = False
    """Whether it was done when this was answered, as a restart is: there is nothing to remove."""


class FaultList(BaseModel):
    """Faults, oldest first within a process."""

    model_config = ConfigDict(extra="allow", frozen=True, defer_build=True)

    faults: list[AppliedFault]


class FaultKind(BaseModel):
    """A kind of fault, as a form needs it."""

    model_config = ConfigDict(extra="allow", frozen=True, defer_build=True)

    kind: str
    does: str
    """What happens, in words."""
    on: list[str]
    """What it acts on: services, `kafka`, `engine`."""
    needs: str = "service"
    """What the runtime must be able to disturb: a service, the broker, a process."""
    own: list[str]
    """The parameters that are its own, the needed ones first; the others are those of its point and of all kinds."""
    parameters: dict[str, Any]
    """JSON Schema of the parameters."""


class FaultKindList(BaseModel):
    model_config = ConfigDict(extra="allow", frozen=True, defer_build=True)

    kinds: list[FaultKind]
