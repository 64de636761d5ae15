"""Ambient traffic: what it is asked for by, and how it stands."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field

__all__ = ["TrafficRequest", "TrafficState"]

DEFAULT_RATE_PER_S = 5.0


class TrafficRequest(BaseModel):
    """A light mix on the platform's topics until it is stopped."""

    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)

    rate_per_s: float = Field(default=DEFAULT_RATE_PER_S, ge=0.1, le=10_000)
    """Records a second in all."""
    seed: int | None = Field(default=None, ge=0)
    """The same seed gives the same values; a new one when left out."""


class TrafficState(BaseModel):
    """How it stands; without `running` there is nothing more to say."""

    model_config = ConfigDict(extra="allow", frozen=True, defer_build=True)

    running: bool
    run: str | None = None
    """The scenario run that it is."""
    rate_per_s: float | None = None
    """What was asked for."""
    seed: int | None = None
    since_ms: int | None = None
    """When it began, in epoch milliseconds."""
    sent: int = 0
    """Records so far."""
    failed: int = 0
    """Records that Kafka did not take."""
    records: dict[str, int] = {}
    """Sent so far of each kind: ticks, signals, events, alerts, poison."""
