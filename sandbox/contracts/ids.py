"""Prefixed unique ids: `cap_…`, `plan_…`, `spec_…`, `req-…`."""

from __future__ import annotations

import random
import uuid

__all__ = ["new_id", "new_uuid"]

_SYSTEM = random.SystemRandom()


def new_id(prefix: str, rng: random.Random | None = None) -> str:
    """`prefix` and 20 hex digits, for example `new_id("cap_")` → `cap_5f0c…`. Seeded when `rng` is."""
    return f"{prefix}{(rng or _SYSTEM).getrandbits(80):020x}"


def new_uuid(rng: random.Random | None = None) -> str:
    """A random (version 4) UUID, seeded when `rng` is."""
    return str(uuid.UUID(int=(rng or _SYSTEM).getrandbits(128), version=4))
