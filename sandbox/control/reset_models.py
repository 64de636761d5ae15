"""Bodies about putting services, or the whole sandbox, back to the start."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict

from sandbox.control.models import Names

__all__ = ["EverythingReset", "Left", "ResetRequest", "ServicesReset"]


class _Answer(BaseModel):
    model_config = ConfigDict(extra="allow", frozen=True, defer_build=True)


class ResetRequest(BaseModel):
    """Which stores are to be emptied."""

    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)

    services: Names = []
    """All services when left out."""


class ServicesReset(_Answer):
    services: list[str]
    """Whose stores are as at their first start."""


class Left(_Answer):
    """Something that is not this sandbox's to reset."""

    what: str
    why: str


class EverythingReset(_Answer):
    """What a reset of the whole sandbox removed."""

    services: list[str]
    """Whose stores, breakers and limits are as at their first start."""
    records: int
    """Removed from the topics that stay."""
    topics: list[str]
    """Deleted: the contracts have none of that name."""
    groups: list[str]
    """Consumer groups whose offsets are forgotten."""
    subjects: list[str]
    """Of the registry: deleted, or set back to the contract's schema."""
    faults: int
    runs: list[str]
    """Scenario runs that were stopped."""
    letters: int
    """Dead letters that the desk forgot."""
    started: list[str]
    """Components that were not running and were started."""
    left: list[Left]
    """What could not be reset, and why."""
    tookMs: int
