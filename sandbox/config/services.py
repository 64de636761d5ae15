"""The names of the services. Standard library only, since they are needed before anything heavy is imported."""

from __future__ import annotations

__all__ = ["SERVICES"]

SERVICES = ("schema-registry", "capsule", "odyssey", "plato", "audit")
"""In start order."""
