"""ODYSSEY's circuit breakers: who guards which call, and everybody who hears of what they do.

Transitions and refusals become facts; transitions and exceeded rates become records of
`ecosystem.circuit-breaker.events` (key: the breaker's name), in their order.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from sandbox.contracts.tracing import TraceContext
from sandbox.errors import UpstreamUnavailable, UsageError
from sandbox.events import facts
from sandbox.events.log import CURRENT_TRACE
from sandbox.resilience import (
    CallNotPermitted,
    CircuitBreaker,
    CircuitBreakerRegistry,
    Guard,
    profile_named,
)
from sandbox.resilience import breaker_event as events
from sandbox.resilience.meters import Meters
from sandbox.services.odyssey.downstream import DownstreamLeftOut, DownstreamRejected
from sandbox.services.ports import ServiceContext

__all__ = ["Breakers"]

TOPIC = "ecosystem.circuit-breaker.events"
DEFAULT_PROFILE = "internal-service"
WAITING_LIMIT = 1_000
RETRY_WAIT_S = 1.0
_log = logging.getLogger(__name__)


class Breakers:
    """`guard` makes a breaker with its retry and time limiter; `run` watches their timers and tells Kafka."""

    def __init__(self, context: ServiceContext) -> None:
        self._context = context
        self._registry = CircuitBreakerRegistry(context.clock)
        self._meters = Meters(self._registry)
        self._waiting: deque[tuple[str, dict[str, Any], TraceContext]] = deque(maxlen=WAITING_LIMIT)
        self._filled = asyncio.Event()

    def guard(self, name: str) -> Guard:
        """Retry ( breaker ( time limiter ) ) by the context's profile, else internal-service.

        Neither a refused call (4xx) nor one to a service that is left out is the breaker's business; neither they nor
        an open breaker are worth a retry.
        """
        no_failures = (DownstreamRejected, DownstreamLeftOut)
        profile = profile_named(self._context.profile or DEFAULT_PROFILE)
        fitted = replace(
            profile,
            circuit_breaker=replace(profile.circuit_breaker, ignore_exceptions=no_failures),
            retry=replace(profile.retry, ignore_exceptions=(*no_failures, CallNotPermitted)),
        )
        guard = self._registry.guard(name, fitted)
        publisher = self._registry.circuit_breaker(name).event_publisher
        publisher.on_state_transition(self._transitioned).on_call_not_permitted(self._refused)
        publisher.on_failure_rate_exceeded(self._announce).on_slow_call_rate_exceeded(self._announce)
        return guard

    def by_name(self) -> Mapping[str, CircuitBreaker]:
        return {breaker.name: breaker for breaker in self._registry}

    def prometheus(self) -> str:
        """Breakers, retries and time limiters in Prometheus' text format."""
        return self._meters.render()

    def reset(self) -> None:
        self._registry.reset()

    async def run(self) -> None:
        """Until cancelled."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._registry.watch())
            group.create_task(self._publish())

    async def _publish(self) -> None:
        while True:
            if not self._waiting:
                self._filled.clear()
                await self._filled.wait()
            name, value, trace = self._waiting[0]
            try:
                await self._context.publisher.publish(TOPIC, value, key=name, trace=trace)
            except UpstreamUnavailable as error:
                _log.warning("an event of breaker %s waits for Kafka: %s", name, error.message, extra={"trace": trace})
                await self._context.clock.sleep(RETRY_WAIT_S)
                continue
            except UsageError as error:
                _log.error(
                    "an event of breaker %s does not fit %s and is dropped: %s", name, TOPIC, error.message,
                    extra={"trace": trace},
                )  # fmt: skip
            if self._waiting and self._waiting[0][1] is value:
                self._waiting.popleft()

    def _announce(self, event: events.CircuitBreakerEvent) -> None:
        trace = CURRENT_TRACE.get() or TraceContext.start()
        self._waiting.append((event.circuit_breaker_name, event.to_json("odyssey"), trace))
        self._filled.set()

    def _transitioned(self, event: events.StateTransitionEvent) -> None:
        self._context.facts.record(
            facts.BreakerTransitioned(
                **self._about(), breaker=event.circuit_breaker_name, from_state=event.from_state.value,
                to_state=event.to_state.value,
            )
        )  # fmt: skip
        self._announce(event)

    def _refused(self, event: events.CallNotPermittedEvent) -> None:
        self._context.facts.record(facts.CallNotPermitted(**self._about(), breaker=event.circuit_breaker_name))

    def _about(self) -> dict[str, Any]:
        trace = facts.trace_fields(CURRENT_TRACE.get())
        return {"at_ms": self._context.clock.now_ms(), "source": "odyssey", **trace}
