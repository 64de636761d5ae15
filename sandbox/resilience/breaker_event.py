"""What a circuit breaker says, one event per fact."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from sandbox.contracts.instants import format_instant
from sandbox.resilience.state import State

__all__ = [
    "CallNotPermittedEvent",
    "CircuitBreakerEvent",
    "ErrorEvent",
    "FailureRateExceededEvent",
    "IgnoredErrorEvent",
    "ResetEvent",
    "SlowCallRateExceededEvent",
    "StateTransitionEvent",
    "SuccessEvent",
]


@dataclass(frozen=True, slots=True)
class CircuitBreakerEvent:
    """`at_ms`: epoch milliseconds of the breaker's clock; `state`: the breaker's when the event is published."""

    event_type: ClassVar[str]
    always_published: ClassVar[bool] = False
    """Also from DISABLED and FORCED_OPEN, which publish nothing else."""

    circuit_breaker_name: str
    at_ms: int
    state: State

    def to_json(self, service_id: str) -> dict[str, Any]:
        """The value of a record of `ecosystem.circuit-breaker.events`, whose key is the breaker's name."""
        return {
            "eventType": self.event_type,
            "circuitBreakerName": self.circuit_breaker_name,
            "serviceId": service_id,
            "state": self.state.value,
            **self._details(),
            "timestamp": format_instant(self.at_ms),
        }

    def _details(self) -> dict[str, Any]:
        return {}


@dataclass(frozen=True, slots=True)
class SuccessEvent(CircuitBreakerEvent):
    """A call counts as a success. Published before it is counted."""

    event_type: ClassVar[str] = "SUCCESS"
    duration_ns: int

    def _details(self) -> dict[str, Any]:
        return {"durationMs": self.duration_ns // 1_000_000}


@dataclass(frozen=True, slots=True)
class ErrorEvent(SuccessEvent):
    """A call counts as a failure. Published before it is counted."""

    event_type: ClassVar[str] = "ERROR"
    error: BaseException

    def _details(self) -> dict[str, Any]:
        return {"durationMs": self.duration_ns // 1_000_000, "error": f"{type(self.error).__name__}: {self.error}"}


@dataclass(frozen=True, slots=True)
class IgnoredErrorEvent(ErrorEvent):
    """A call failed with an error that counts as nothing; its permit is given back."""

    event_type: ClassVar[str] = "IGNORED_ERROR"


@dataclass(frozen=True, slots=True)
class CallNotPermittedEvent(CircuitBreakerEvent):
    event_type: ClassVar[str] = "NOT_PERMITTED"


@dataclass(frozen=True, slots=True)
class StateTransitionEvent(CircuitBreakerEvent):
    """`state` is where the breaker is now."""

    event_type: ClassVar[str] = "STATE_TRANSITION"
    always_published: ClassVar[bool] = True
    from_state: State
    to_state: State

    def _details(self) -> dict[str, Any]:
        return {"state": self.to_state.value, "previousState": self.from_state.value}


@dataclass(frozen=True, slots=True)
class ResetEvent(CircuitBreakerEvent):
    event_type: ClassVar[str] = "RESET"
    always_published: ClassVar[bool] = True


@dataclass(frozen=True, slots=True)
class FailureRateExceededEvent(CircuitBreakerEvent):
    """The call that makes the breaker open reached the threshold; the transition follows. `failure_rate` in percent."""

    event_type: ClassVar[str] = "FAILURE_RATE_EXCEEDED"
    failure_rate: float

    def _details(self) -> dict[str, Any]:
        return {"failureRate": self.failure_rate}


@dataclass(frozen=True, slots=True)
class SlowCallRateExceededEvent(CircuitBreakerEvent):
    event_type: ClassVar[str] = "SLOW_CALL_RATE_EXCEEDED"
    slow_call_rate: float

    def _details(self) -> dict[str, Any]:
        return {"slowCallRate": self.slow_call_rate}
