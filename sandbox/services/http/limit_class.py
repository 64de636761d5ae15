"""Which limit a request counts against (seed: Limits by Endpoint Type)."""

from __future__ import annotations

__all__ = ["ACTUATOR_PREFIX", "limit_class"]

READS = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})
ADMIN_PREFIX = "/api/v1/admin/"
ACTUATOR_PREFIX = "/actuator"


def limit_class(method: str, path: str) -> tuple[str, bool]:
    """`(query|command|admin, counted)`: reads of the actuator are shown the limits and not counted."""
    if path.startswith(ACTUATOR_PREFIX):
        return "admin", method not in READS
    if path.startswith(ADMIN_PREFIX):
        return "admin", True
    return ("query" if method in READS else "command"), True
