"""The idempotency key of a capsule: what makes two POSTs the same capsule."""

from __future__ import annotations

import hashlib

__all__ = ["VANTAGE_MODES", "idempotency_key"]

VANTAGE_MODES = ("omniscient", "observer", "system", "public")


def idempotency_key(scope_id: str, timestamp_ms: int, resolution: int, vantage_mode: str) -> str:
    """Hex SHA-256 of `scopeId|timestampEpochMs|resolution|vantageMode` (mode in lower case)."""
    text = f"{scope_id}|{timestamp_ms}|{resolution}|{vantage_mode.lower()}"
    return hashlib.sha256(text.encode()).hexdigest()
