"""Circuit breakers as Prometheus text, with the names of Resilience4j's Micrometer binder."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

__all__ = ["breaker_metrics", "metric"]

STATES = ("closed", "open", "half_open", "disabled", "forced_open", "metrics_only")
PREFIX = "resilience4j_circuitbreaker"


def metric(name: str, kind: str, help_text: str, samples: list[tuple[Mapping[str, str], float]]) -> str:
    """One metric family in the text exposition format."""
    lines = [f"# HELP {name} {help_text}", f"# TYPE {name} {kind}"]
    for labels, value in samples:
        inner = ",".join(f'{label}="{_escaped(text)}"' for label, text in labels.items())
        lines.append(f"{name}{{{inner}}} {float(value)}" if inner else f"{name} {float(value)}")
    return "\n".join(lines) + "\n"


def breaker_metrics(breakers: Mapping[str, Mapping[str, Any]]) -> str:
    """All families of all breakers; empty without breakers. Rates are numbers in percent, -1 while undefined."""
    if not breakers:
        return ""
    each = list(breakers.items())
    states = [
        ({"name": name, "state": state}, float(breaker["state"].lower() == state))
        for name, breaker in each
        for state in STATES
    ]
    buffered = [
        ({"kind": kind, "name": name}, value)
        for name, breaker in each
        for kind, value in (
            ("failed", _number(breaker.get("failedCalls"))),
            ("successful", _number(breaker.get("bufferedCalls")) - _number(breaker.get("failedCalls"))),
        )
    ]
    slow = [
        ({"kind": kind, "name": name}, value)
        for name, breaker in each
        for kind, value in (
            ("failed", _number(breaker.get("slowFailedCalls"))),
            ("successful", _number(breaker.get("slowCalls")) - _number(breaker.get("slowFailedCalls"))),
        )
    ]
    refused = [({"kind": "not_permitted", "name": name}, _number(b.get("notPermittedCalls"))) for name, b in each]
    failure = [({"name": name}, _number(breaker.get("failureRate"), -1)) for name, breaker in each]
    slowness = [({"name": name}, _number(breaker.get("slowCallRate"), -1)) for name, breaker in each]
    return "".join(
        [
            metric(f"{PREFIX}_state", "gauge", "The states of the circuit breaker", states),
            metric(f"{PREFIX}_buffered_calls", "gauge", "The number of buffered calls in the ring buffer", buffered),
            metric(f"{PREFIX}_slow_calls", "gauge", "The number of slow calls", slow),
            metric(f"{PREFIX}_failure_rate", "gauge", "The failure rate of the circuit breaker", failure),
            metric(f"{PREFIX}_slow_call_rate", "gauge", "The slow call rate of the circuit breaker", slowness),
            metric(f"{PREFIX}_not_permitted_calls_total", "counter", "Total number of not permitted calls", refused),
        ]
    )


def _number(value: Any, absent: float = 0) -> float:
    """Numbers as they are, and the actuator's `"60.0%"`."""
    if value is None:
        return absent
    return float(str(value).removesuffix("%"))


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
