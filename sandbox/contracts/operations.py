"""What can be done to a breaker and to a component, as the links spell it."""

from __future__ import annotations

__all__ = ["BREAKER_OPERATIONS", "COMPONENT_OPERATIONS"]

BREAKER_OPERATIONS = ("open", "close", "half-open", "reset", "disable", "force-open", "metrics-only")

COMPONENT_OPERATIONS = ("start", "stop", "restart", "kill", "pause", "resume", "disconnect", "connect")
