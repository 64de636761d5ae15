"""Prefixed unique ids: `cap_…`, `plan_…`, `spec_…`, `req-…`."""

from __future__ import annotations

import random

__all__ = ["new_id", "new_uuid"]

_SYSTEM = random.SystemRandom()
_UUID_4 = 4 << 76 | 2 << 62
"""Version 4 and the variant of RFC 9562."""
_UUID_FREE = (1 << 128) - 1 & ~(0xF << 76 | 3 << 62)


def new_id(prefix: str, rng: random.Random | None = None) -> str:
    """`prefix` and 20 hex digits, for example `new_id("cap_")` → `cap_5f0c…`. Seeded when `rng` is."""
    return f"{prefix}{(rng or _SYSTEM).getrandbits(80):020x}"


def new_uuid(rng: random.Random | None = None) -> str:
    """A random (version 4) UUID, seeded when `rng` is."""
    # Spelled out: `uuid.UUID` takes three times as long, and each published record has one.
    digits = f"{(rng or _SYSTEM).getrandbits(128) & _UUID_FREE | _UUID_4:032x}"
    return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"
