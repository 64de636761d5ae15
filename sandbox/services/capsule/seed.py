"""What a fresh CAPSULE knows, the same in every sandbox, so that a first call finds something."""

from __future__ import annotations

import hashlib
import math

from sandbox.services.capsule.capsule import Capsule
from sandbox.services.http.exchange import DEFAULT_TENANT

__all__ = ["seed_capsules"]

START_MS = 1_733_220_000_000  # 2024-12-03T10:00:00Z, the instant of the seed's examples
STEP_MS = 60_000
STEPS = 5
ENTITIES = {
    "rim:entity:finance:GBPUSD": 1.2671,
    "rim:entity:energy:BRENT": 72.4,
    "rim:actor:regulator:SEC": None,
}


def seed_capsules() -> list[Capsule]:
    """A few capsules for each of three entities, one minute apart."""
    return [
        _capsule(scope_id, price, START_MS + step * STEP_MS, step)
        for scope_id, price in ENTITIES.items()
        for step in range(STEPS)
    ]


def _capsule(scope_id: str, price: float | None, timestamp_ms: int, step: int) -> Capsule:
    stress = round(0.2 + 0.15 * math.sin(step), 3)
    moved = {} if price is None else {"price": round(price * (1 + 0.002 * math.sin(step)), 4)}
    return Capsule(
        capsule_id=f"cap_{hashlib.sha256(f'seed|{scope_id}|{timestamp_ms}'.encode()).hexdigest()[:20]}",
        tenant=DEFAULT_TENANT,
        scope_id=scope_id,
        timestamp_ms=timestamp_ms,
        created_ms=timestamp_ms,
        content={"configuration": {"status": "OK"}, "dynamics": {**moved, "stress": stress}},
        metadata={"origin": "seed"},
    )
