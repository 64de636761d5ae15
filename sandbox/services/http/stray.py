"""Requests meant for another service get a 404 that names the right URL: clients have their defaults crossed."""

from __future__ import annotations

from collections.abc import Mapping

__all__ = ["owner_of", "stray_message"]

# First segment below /api/v1 → service; from the seed and the platform's catalogue.
OWNERS = {
    "capsules": "capsule", "history": "capsule", "lineage": "capsule", "temporal": "capsule",
    "counterfactuals": "capsule",
    "world-state": "odyssey", "entities": "odyssey", "paths": "odyssey", "actors": "odyssey", "ignorance": "odyssey",
    "strategies": "odyssey", "episodes": "odyssey",
    "specs": "plato", "plans": "plato", "policies": "plato", "governance": "plato", "decisions": "plato",
}  # fmt: skip
REGISTRY_SEGMENTS = frozenset({"subjects", "schemas", "compatibility", "config", "mode"})


def owner_of(path: str) -> str | None:
    """The service that a path belongs to, if any."""
    first, _, rest = path.strip("/").partition("/")
    if first == "api":
        version, _, rest = rest.partition("/")
        return OWNERS.get(rest.partition("/")[0]) if version == "v1" else None
    if first == "ws":
        return "plato"
    return "schema-registry" if first in REGISTRY_SEGMENTS else None


def stray_message(name: str, path: str, urls: Mapping[str, str]) -> str | None:
    """What to tell a request that belongs elsewhere; None when it does not."""
    owner = owner_of(path)
    if owner is None or owner == name:
        return None
    url = urls.get(owner)
    return f"{path} is served by {owner}, not by {name}" + (f": use {url.rstrip('/')}{path}" if url else "")
