"""Bodies about recordings."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict

__all__ = ["FinishedRecording", "Recording", "RecordingRequest"]


class RecordingRequest(BaseModel):
    """What to record."""

    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)

    topics: list[str] = []
    """Without any, every topic but those that only the sandbox writes."""
    services: list[str] = []
    """Whose calls and streams: capsule, odyssey, plato; without any, of all three."""


class Recording(BaseModel):
    """How much there is by now."""

    model_config = ConfigDict(extra="allow", frozen=True, defer_build=True)

    id: str
    began_ms: int
    topics: list[str]
    services: list[str]
    records: int
    """Published by others than the services."""
    calls: int
    streams: int
    """WebSocket connections."""
    faults: int
    """Made meanwhile; they are not recorded."""
    dropped: int
    """Of records and calls, for want of room."""
    missed: int
    """Facts that were gone before they could be read."""
    trouble: str | None = None
    """Why records are no longer seen."""


class FinishedRecording(Recording):
    """Everything that was recorded, in order, without secrets."""

    events: list[dict[str, Any]]
    """`kind` is record, call or stream."""
    outcomes: list[dict[str, Any]]
    """What the services wrote: `topic`, `count`, `records`."""
