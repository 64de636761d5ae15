"""Circuit breaker, retry and time limiter with Resilience4j 2.2.0's semantics. `docs/resilience.md` shows the use."""

from sandbox.resilience.actuator import circuit_breakers_body, health_of, to_actuator, to_status
from sandbox.resilience.breaker_config import CircuitBreakerConfig, SlidingWindowType
from sandbox.resilience.circuit_breaker import CircuitBreaker
from sandbox.resilience.errors import CallNotPermitted, CallTimedOut, IllegalStateTransition, MaxRetriesExceeded
from sandbox.resilience.guard import Guard
from sandbox.resilience.profile import PROFILES, ResilienceProfile, profile_named
from sandbox.resilience.registry import OPERATIONS, CircuitBreakerRegistry
from sandbox.resilience.retry import Retry
from sandbox.resilience.retry_config import RetryConfig
from sandbox.resilience.state import State
from sandbox.resilience.time_limiter import TimeLimiter, TimeLimiterConfig
from sandbox.resilience.transition_check import TransitionCheck

__all__ = [
    "OPERATIONS",
    "PROFILES",
    "CallNotPermitted",
    "CallTimedOut",
    "CircuitBreaker",
    "CircuitBreakerConfig",
    "CircuitBreakerRegistry",
    "Guard",
    "IllegalStateTransition",
    "MaxRetriesExceeded",
    "ResilienceProfile",
    "Retry",
    "RetryConfig",
    "SlidingWindowType",
    "State",
    "TimeLimiter",
    "TimeLimiterConfig",
    "TransitionCheck",
    "circuit_breakers_body",
    "health_of",
    "profile_named",
    "to_actuator",
    "to_status",
]
