"""Answers about faults; the request is `sandbox.contracts.fault_request`."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict

__all__ = ["AppliedFault", "FaultList"]


class AppliedFault(BaseModel):
    """A fault of a service, and how often it has acted."""

    model_config = ConfigDict(extra="allow", frozen=True, defer_build=True)

    id: str
    """What it is removed by."""
    kind: str
    on: str
    """The service."""
    parameters: dict[str, Any]
    """Those that are not as usual."""
    text: str
    """Kind and parameters in one line."""
    hits: int
    """How often it has acted."""
    since_ms: int
    """When it was made, in epoch milliseconds."""


class FaultList(BaseModel):
    """Faults, oldest first within a process."""

    model_config = ConfigDict(extra="allow", frozen=True, defer_build=True)

    faults: list[AppliedFault]
