"""Circuit breakers as lines for people."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from typing import Any

import typer

__all__ = ["breaker_lines"]

COLOURS = {"CLOSED": "green", "HALF_OPEN": "yellow", "OPEN": "red", "FORCED_OPEN": "red"}


def breaker_lines(breakers: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    """A head and a line for each `service/name`; nothing when there is none.

    A rate below the minimum number of calls is -1 and shown as `–`.
    """
    if not breakers:
        return
    width = max(len("breaker"), *map(len, breakers))
    numbers = f"{'failures':>13}  {'slow calls':>13}  {'in window':>9}  {'failed':>6}  {'slow':>4}  {'refused':>7}"
    yield f"{'breaker':<{width}}  {'state':<12}  {numbers}"
    for name, each in breakers.items():
        failures = _rate(each["failureRate"], each["failureRateThreshold"])
        slow = _rate(each["slowCallRate"], each["slowCallRateThreshold"])
        counts = f"{each['bufferedCalls']:>9}  {each['failedCalls']:>6}  {each['slowCalls']:>4}"
        left_ms = each.get("timeUntilHalfOpenMs")
        left = "" if left_ms is None else f"  half-open in {left_ms / 1000:.1f} s"
        state = _coloured(f"{each['state']:<12}", COLOURS.get(each["state"], "cyan"))
        yield f"{name:<{width}}  {state}  {failures:>13}  {slow:>13}  {counts}  {each['notPermittedCalls']:>7}{left}"


def _rate(rate: float, threshold: float) -> str:
    shown = "–" if rate < 0 else f"{rate:.1f}"
    return f"{shown} of {threshold:g} %"


def _coloured(text: str, colour: str) -> str:
    return typer.style(text, fg=colour) if sys.stdout.isatty() else text
