"""Queries and answers about what components log."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from sandbox.control.models import Names

__all__ = ["LogLine", "LogPage", "LogsQuery"]


class LogsQuery(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)

    after: str | None = None
    """Go on after `next` of the page before; without it the last lines come."""
    limit: int = Field(default=200, ge=1, le=5_000)
    """How many of the last lines."""
    component: Names = []
    """Components wanted: repeated, or separated by commas. All without it."""
    level: Literal["DEBUG", "INFO", "WARN", "ERROR"] | None = None
    """This level and those above it."""
    match: str | None = None
    """Only lines whose message has this text, whatever its case."""
    under: str | None = None
    """Only lines of this request, correlation or trace id."""


class LogLine(BaseModel):
    model_config = ConfigDict(extra="allow", frozen=True, defer_build=True)

    component: str
    at_ms: int | None = None
    """Epoch milliseconds; what stands below a line, such as a stack trace, has that line's."""
    level: Literal["DEBUG", "INFO", "WARN", "ERROR"] | None = None
    message: str
    fields: dict[str, Any] = {}
    """What else the line says: logger, requestId, correlationId, traceId, and members of its own."""


class LogPage(BaseModel):
    model_config = ConfigDict(extra="allow", frozen=True, defer_build=True)

    lines: list[LogLine]
    """In the order of their times."""
    next: str
    """Read on with `after=next`."""
    more: bool
    """Whether there is more already."""
