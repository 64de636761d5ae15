"""Breaker events as facts for the engine's journal."""

from __future__ import annotations

from collections.abc import Callable

from sandbox.contracts.tracing import TraceContext
from sandbox.events.facts import BreakerTransitioned, CallNotPermitted, FactSink, trace_fields
from sandbox.resilience.breaker_event import CallNotPermittedEvent, StateTransitionEvent
from sandbox.resilience.circuit_breaker import CircuitBreaker

__all__ = ["FactRecorder"]


class FactRecorder:
    """`registry.on_added(FactRecorder(sink, "odyssey").attach)`: a fact per state transition and per refused call."""

    def __init__(self, sink: FactSink, source: str, trace: Callable[[], TraceContext | None] = lambda: None) -> None:
        """`trace` gives the work that is under way, if any: the call that made the breaker open, say."""
        self._sink = sink
        self._source = source
        self._trace = trace

    def attach(self, breaker: CircuitBreaker) -> None:
        breaker.event_publisher.on_state_transition(self._transitioned).on_call_not_permitted(self._refused)

    def _transitioned(self, event: StateTransitionEvent) -> None:
        self._sink.record(
            BreakerTransitioned(
                at_ms=event.at_ms,
                source=self._source,
                breaker=event.circuit_breaker_name,
                from_state=event.from_state.value,
                to_state=event.to_state.value,
                **trace_fields(self._trace()),
            )
        )

    def _refused(self, event: CallNotPermittedEvent) -> None:
        self._sink.record(
            CallNotPermitted(
                at_ms=event.at_ms,
                source=self._source,
                breaker=event.circuit_breaker_name,
                **trace_fields(self._trace()),
            )
        )
