"""The state of an entity at any moment, put together from the capsules up to then."""

from __future__ import annotations

import hashlib
import json
import sqlite3
from typing import Any

from sandbox.contracts.instants import format_instant

__all__ = ["SLICES_LIMIT", "slice_at", "slices_between"]

CONTRIBUTING_LIMIT = 5
SLICES_LIMIT = 1_000
STATE_DIMENSIONS = ("configuration", "dynamics", "agency")
HALF_LIFE_RESOLUTIONS = 60
"""After this many times its resolution, a capsule says half as much about now."""


def slice_at(connection: sqlite3.Connection, tenant: str, scope_id: str, at_ms: int) -> dict[str, Any] | None:
    """The TemporalSlice of one moment; None before the entity's first capsule.

    The state lays the last capsules over each other, newest on top; the confidence fades with the newest one's age.
    """
    sql = (
        "SELECT timestamp_ms, body FROM capsules WHERE tenant = ? AND scope_id = ? AND timestamp_ms <= ?"
        " ORDER BY timestamp_ms DESC, seq DESC LIMIT ?"
    )
    rows = connection.execute(sql, (tenant, scope_id, at_ms, CONTRIBUTING_LIMIT)).fetchall()
    if not rows:
        return None
    contributing = [json.loads(body) for _, body in rows]
    state: dict[str, Any] = {}
    for name in STATE_DIMENSIONS:
        layers = [each["content"][name] for each in reversed(contributing)]
        state[name] = {member: value for layer in layers for member, value in layer.items()}
    age_s = (at_ms - rows[0][0]) / 1000
    confidence = 0.5 ** (age_s / (contributing[0]["resolution"] * HALF_LIFE_RESOLUTIONS))
    name = hashlib.sha256(f"{tenant}|{scope_id}|{at_ms}".encode()).hexdigest()[:20]
    return {
        "sliceId": f"slice_{name}",
        "scopeId": scope_id,
        "timestamp": format_instant(at_ms),
        "state": state,
        "confidence": round(confidence, 6),
        "contributingCapsuleIds": [each["capsuleId"] for each in contributing],
    }


def slices_between(
    connection: sqlite3.Connection, tenant: str, scope_id: str, from_ms: int, to_ms: int, resolution_s: int
) -> list[dict[str, Any]]:
    """A slice every `resolution_s` seconds, both ends included, for the first `SLICES_LIMIT` of these moments.

    Moments before the entity's first capsule are left out.
    """
    moments = range(from_ms, to_ms + 1, resolution_s * 1000)[:SLICES_LIMIT]
    slices = (slice_at(connection, tenant, scope_id, at_ms) for at_ms in moments)
    return [each for each in slices if each is not None]
