"""The meters of Resilience4j's Micrometer binder, in Prometheus' text format."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from sandbox.clock import NANOS
from sandbox.resilience.breaker_event import CallNotPermittedEvent, ErrorEvent, IgnoredErrorEvent, SuccessEvent
from sandbox.resilience.call_timer import CallTimer
from sandbox.resilience.circuit_breaker import CircuitBreaker
from sandbox.resilience.registry import CircuitBreakerRegistry
from sandbox.resilience.state import State

__all__ = ["Meters"]

_BREAKER = "resilience4j_circuitbreaker"
_FAMILIES = {
    f"{_BREAKER}_state": ("gauge", "The states of the circuit breaker"),
    f"{_BREAKER}_buffered_calls": ("gauge", "The number of buffered calls stored in the ring buffer"),
    f"{_BREAKER}_slow_calls": ("gauge", "The number of calls which were slower than a certain threshold"),
    f"{_BREAKER}_failure_rate": ("gauge", "The failure rate of the circuit breaker"),
    f"{_BREAKER}_slow_call_rate": ("gauge", "The slow call of the circuit breaker"),
    f"{_BREAKER}_calls_seconds": ("summary", "Total number of calls by outcome"),
    f"{_BREAKER}_calls_seconds_max": ("gauge", "Longest call of the last two minutes"),
    f"{_BREAKER}_not_permitted_calls_total": ("counter", "Total number of not permitted calls"),
    "resilience4j_retry_calls_total": ("counter", "The number of calls by outcome, with and without a retry attempt"),
    "resilience4j_timelimiter_calls_total": ("counter", "The number of calls by outcome"),
}


class _Sample(NamedTuple):
    family: str
    suffix: str
    labels: dict[str, str]
    value: float


class _BreakerMeters:
    """What a breaker's metrics, which its states forget, do not keep."""

    def __init__(self, breaker: CircuitBreaker) -> None:
        self.timers = {kind: CallTimer(breaker.clock) for kind in ("successful", "failed", "ignored")}
        self.not_permitted = 0
        (
            breaker.event_publisher.on_success(self._on_success)
            .on_error(self._on_error)
            .on_ignored_error(self._on_ignored_error)
            .on_call_not_permitted(self._on_call_not_permitted)
        )

    def _on_success(self, event: SuccessEvent) -> None:
        self.timers["successful"].record(event.duration_ns)

    def _on_error(self, event: ErrorEvent) -> None:
        self.timers["failed"].record(event.duration_ns)

    def _on_ignored_error(self, event: IgnoredErrorEvent) -> None:
        self.timers["ignored"].record(event.duration_ns)

    def _on_call_not_permitted(self, event: CallNotPermittedEvent) -> None:
        self.not_permitted += 1


class Meters:
    """Counts the calls of every breaker of a registry, later ones included."""

    def __init__(self, registry: CircuitBreakerRegistry) -> None:
        self._registry = registry
        self._meters: dict[str, _BreakerMeters] = {}
        registry.on_added(self._add)

    def _add(self, breaker: CircuitBreaker) -> None:
        self._meters[breaker.name] = _BreakerMeters(breaker)

    def render(self) -> str:
        """Prometheus' text format, with a line feed at its end; empty without breakers."""
        samples: dict[str, list[_Sample]] = {family: [] for family in _FAMILIES}
        for sample in self._samples():
            samples[sample.family].append(sample)
        lines = []
        for family, (kind, text) in _FAMILIES.items():
            if samples[family]:
                lines += [f"# HELP {family} {text}", f"# TYPE {family} {kind}"]
                lines += [_line(sample) for sample in samples[family]]
        return "".join(f"{line}\n" for line in lines)

    def _samples(self) -> Iterator[_Sample]:
        for breaker in self._registry:
            yield from _present(breaker)
            yield from _totals(breaker.name, self._meters[breaker.name])
        for name, guard in self._registry.guards.items():
            if guard.retry is not None:
                counts = guard.retry.metrics
                for kind, value in (
                    ("failed_with_retry", counts.number_of_failed_calls_with_retry_attempt),
                    ("failed_without_retry", counts.number_of_failed_calls_without_retry_attempt),
                    ("successful_with_retry", counts.number_of_successful_calls_with_retry_attempt),
                    ("successful_without_retry", counts.number_of_successful_calls_without_retry_attempt),
                ):
                    yield _Sample("resilience4j_retry_calls_total", "", {"kind": kind, "name": name}, value)
            if guard.time_limiter is not None:
                for kind, value in guard.time_limiter.calls.items():
                    yield _Sample("resilience4j_timelimiter_calls_total", "", {"kind": kind, "name": name}, value)


def _present(breaker: CircuitBreaker) -> Iterator[_Sample]:
    name, state, metrics = breaker.name, breaker.state, breaker.metrics
    for each in State:
        labels = {"name": name, "state": each.value.lower()}
        yield _Sample(f"{_BREAKER}_state", "", labels, 1 if each is state else 0)
    for kind, value in (
        ("failed", metrics.number_of_failed_calls),
        ("successful", metrics.number_of_successful_calls),
    ):
        yield _Sample(f"{_BREAKER}_buffered_calls", "", {"kind": kind, "name": name}, value)
    for kind, value in (
        ("failed", metrics.number_of_slow_failed_calls),
        ("successful", metrics.number_of_slow_successful_calls),
    ):
        yield _Sample(f"{_BREAKER}_slow_calls", "", {"kind": kind, "name": name}, value)
    yield _Sample(f"{_BREAKER}_failure_rate", "", {"name": name}, metrics.failure_rate)
    yield _Sample(f"{_BREAKER}_slow_call_rate", "", {"name": name}, metrics.slow_call_rate)


def _totals(name: str, meters: _BreakerMeters) -> Iterator[_Sample]:
    for kind, timer in meters.timers.items():
        labels = {"kind": kind, "name": name}
        yield _Sample(f"{_BREAKER}_calls_seconds", "_count", labels, timer.count)
        yield _Sample(f"{_BREAKER}_calls_seconds", "_sum", labels, timer.total_ns / NANOS)
        yield _Sample(f"{_BREAKER}_calls_seconds_max", "", labels, timer.max_ns / NANOS)
    labels = {"kind": "not_permitted", "name": name}
    yield _Sample(f"{_BREAKER}_not_permitted_calls_total", "", labels, meters.not_permitted)


def _line(sample: _Sample) -> str:
    labels = ",".join(f'{name}="{_escaped(value)}"' for name, value in sample.labels.items())
    return f"{sample.family}{sample.suffix}{{{labels}}} {float(sample.value)}"


def _escaped(value: str) -> str:
    return value.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")
