"""JSON text as Java's libraries write it: compact, members in their order, numbers as `Double.toString` gives them."""

from __future__ import annotations

import json
import math
from typing import Any

__all__ = ["dump"]


def dump(value: Any) -> str:
    """Raises RecursionError for a value nested deeper than Python's stack."""
    if not _has_floats(value):
        return json.dumps(value, separators=(",", ":"), ensure_ascii=False)
    parts: list[str] = []
    _write(value, parts)
    return "".join(parts)


def _has_floats(value: Any) -> bool:
    waiting = [value]
    while waiting:
        each = waiting.pop()
        if isinstance(each, float):
            return True
        if isinstance(each, dict):
            waiting.extend(each.values())
        elif isinstance(each, list | tuple):
            waiting.extend(each)
    return False


def _write(value: Any, parts: list[str]) -> None:
    if isinstance(value, float):
        written = _java_float(value)
        parts.append(written if math.isfinite(value) else f'"{written}"')
    elif isinstance(value, dict):
        before = "{"
        for name, item in value.items():
            parts.append(f"{before}{json.dumps(name, ensure_ascii=False)}:")
            _write(item, parts)
            before = ","
        parts.append("}" if value else "{}")
    elif isinstance(value, list | tuple):
        before = "["
        for item in value:
            parts.append(before)
            _write(item, parts)
            before = ","
        parts.append("]" if value else "[]")
    else:
        parts.append(json.dumps(value, ensure_ascii=False))


def _java_float(value: float) -> str:
    """Scientific from 10^7 up and below 10^-3, always with a fraction."""
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "Infinity" if value > 0 else "-Infinity"
    if value == 0 or 1e-3 <= abs(value) < 1e7:
        return repr(value)
    text = f"{value:.1e}"  # two digits, as Java writes no fewer, even where one would do
    mantissa, _, exponent = f"{text if float(text) == value else repr(value)}e0".partition("e")
    sign = "-" if mantissa.startswith("-") else ""
    whole, _, fraction = mantissa.lstrip("-").partition(".")
    digits = (whole + fraction).lstrip("0")
    leading = len(whole) - 1 if whole.strip("0") else -1 - (len(fraction) - len(fraction.lstrip("0")))
    power = leading + int(exponent.split("e")[0])
    digits = digits.rstrip("0") or "0"
    return f"{sign}{digits[0]}.{digits[1:] or '0'}E{power}"
