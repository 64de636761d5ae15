"""Requests that meant another service: JVM clients left on their defaults look for CAPSULE on the registry's port."""

from __future__ import annotations

from collections.abc import Mapping

__all__ = ["stray_hint"]

_OWNERS = {
    "capsule": {"capsules", "history", "lineage", "temporal", "counterfactuals"},
    "plato": {"specs", "plans", "policies", "governance", "decisions"},
    "odyssey": {
        "world-state", "entities", "paths", "actors", "ignorance", "strategies", "episodes",
    },
}  # fmt: skip


def stray_hint(path: str, urls: Mapping[str, str]) -> str | None:
    """The URL that the path belongs to, if it is one of the platform's; CAPSULE when only the prefix says so."""
    if path.startswith("/ws/plans"):
        owner = "plato"
    elif path == "/api/v1" or path.startswith("/api/v1/"):
        first = path.removeprefix("/api/v1").strip("/").partition("/")[0]
        owner = next((name for name, firsts in _OWNERS.items() if first in firsts), "capsule")
    else:
        return None
    if owner not in urls:
        return f"this is the schema registry; the path belongs to {owner.upper()}"
    return f"this is the schema registry; {owner.upper()} is at {urls[owner].rstrip('/')}{path}"
