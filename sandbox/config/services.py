"""What both `sandbox up` and `sandbox serve` let one choose from. Standard library only: it is needed before anything
heavy is imported."""

from __future__ import annotations

from typing import Literal

__all__ = ["SERVICES", "RateLimitsChoice"]

SERVICES = ("schema-registry", "capsule", "odyssey", "plato", "audit")
"""In start order."""

RateLimitsChoice = Literal["on", "off", "per-service"]
