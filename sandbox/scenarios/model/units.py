"""Durations and rates as people write them: `200ms`, `5s`, `1.5m`, `2h`; `100/s`, `30/m`."""

from __future__ import annotations

import re
from typing import Annotated, Any

from pydantic import BeforeValidator, WithJsonSchema

from sandbox.contracts import duration
from sandbox.contracts.duration import format_duration
from sandbox.scenarios.model.bad_value import BadValue

__all__ = ["Duration", "Rate", "duration_s", "format_age", "format_duration", "rate_per_s"]

_UNITS_S = {"s": 1.0, "m": 60.0, "h": 3600.0}
_RATE = re.compile(r"(\d{1,9}(?:\.\d{1,6})?)\s*/\s*(s|m|h)\Z")
FASTEST_PER_S = 1_000_000.0


def duration_s(value: Any) -> float:
    """Seconds of `5s`, `200ms`, `1m`. Raises BadValue when there is no unit, or it is longer than a day."""
    try:
        return duration.duration_s(value)
    except duration.BadDuration as error:
        raise BadValue(str(error), hint=error.hint) from None


def rate_per_s(value: Any) -> float:
    """Events a second of `100/s`, `30/m`. Raises BadValue when it is none, or nought."""
    match = _RATE.match(value.strip()) if isinstance(value, str) else None
    if match is None:
        raise BadValue(f"expected a rate with its unit, found {value!r}", hint="write 100/s or 30/m")
    per_s = float(match[1]) / _UNITS_S[match[2]]
    if not 0 < per_s <= FASTEST_PER_S:
        raise BadValue(f"a rate lies above 0 and up to {FASTEST_PER_S:,.0f}/s, found {value}")
    return per_s


def format_age(age_ms: float) -> str:
    """How long ago something was: `0.3 s ago`, `11 s ago`, `4 min ago`; never below nought, clocks may differ."""
    seconds = max(0.0, age_ms / 1000)
    if seconds >= 120:
        return f"{seconds / 60:.0f} min ago"
    return f"{seconds:.{0 if seconds >= 10 else 1}f} s ago"


Duration = Annotated[
    float,
    BeforeValidator(duration_s),
    WithJsonSchema({"type": "string", "pattern": r"^\d+(\.\d+)?\s*(ms|s|m|h)$", "examples": ["5s", "200ms"]}),
]
"""Seconds."""
Rate = Annotated[
    float,
    BeforeValidator(rate_per_s),
    WithJsonSchema({"type": "string", "pattern": r"^\d+(\.\d+)?\s*/\s*(s|m|h)$", "examples": ["100/s"]}),
]
"""Events a second."""
