"""How a breaker stands, in the words of a failed step: its state, its numbers, and what it would take to move it."""

from __future__ import annotations

from contextlib import suppress

from sandbox.contracts.instants import parse_instant
from sandbox.errors import UsageError
from sandbox.scenarios.ports import BreakerState

__all__ = ["advice", "describe"]


def describe(breaker: BreakerState, now_ms: int) -> str:
    """`CLOSED for 10.0 s · 4 calls in the window of 10 (minimum 5), 4 failed · failure rate not yet known`."""
    metrics = breaker.metrics
    parts = [f"{breaker.state}{_for(breaker, now_ms)}"]
    if "bufferedCalls" in metrics:
        window = f" of {metrics['slidingWindowSize']}" if "slidingWindowSize" in metrics else ""
        minimum = f" (minimum {metrics['minimumNumberOfCalls']})" if "minimumNumberOfCalls" in metrics else ""
        failed = f", {metrics.get('failedCalls', 0)} failed"
        parts.append(f"{metrics['bufferedCalls']} calls in the window{window}{minimum}{failed}")
    rate = metrics.get("failureRate")
    if rate is not None:
        known = isinstance(rate, str) or rate >= 0
        shown = rate if isinstance(rate, str) else f"{rate:g} %"
        parts.append(f"failure rate {shown}" if known else "failure rate not yet known")
    if metrics.get("slowCalls"):
        parts.append(f"{metrics['slowCalls']} slow")
    if metrics.get("notPermittedCalls"):
        parts.append(f"{metrics['notPermittedCalls']} not permitted")
    return " · ".join(parts)


def advice(breaker: BreakerState, wanted: str) -> str | None:
    """What would bring it to the state that was wanted, as far as the numbers say."""
    metrics = breaker.metrics
    if wanted == "OPEN" and breaker.state == "CLOSED":
        calls, minimum = metrics.get("bufferedCalls"), metrics.get("minimumNumberOfCalls")
        if calls is not None and minimum is not None and calls < minimum:
            more = minimum - calls
            return f"it needs {more} more call{'' if more == 1 else 's'} before it can open: publish more, or faster"
        if (threshold := metrics.get("failureRateThreshold")) is not None:
            return f"it opens at a failure rate of {threshold:g} %: make more of its calls fail"
    if breaker.state == "OPEN" and wanted in ("HALF_OPEN", "CLOSED"):
        left_ms = metrics.get("timeUntilHalfOpenMs")
        return f"it goes to HALF_OPEN in {left_ms / 1000:.1f} s: wait longer" if left_ms else None
    if breaker.state == "HALF_OPEN" and wanted == "CLOSED":
        return "its probes have yet to succeed: it closes on calls, so something has to call"
    return None


def _for(breaker: BreakerState, now_ms: int) -> str:
    timeline = breaker.metrics.get("timeline")
    with suppress(UsageError, KeyError, TypeError, IndexError):
        return f" for {max(0, now_ms - parse_instant(timeline[-1]['at'])) / 1000:.1f} s"
    return ""
