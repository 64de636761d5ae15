"""The faults of one process of services: made, told of, removed. Nothing of them outlives the process."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any

from sandbox.clock import Clock
from sandbox.contracts.fault_request import FaultRequest
from sandbox.errors import Conflict, UnknownName, UsageError
from sandbox.events.facts import FactSink
from sandbox.faults.applied import AppliedFault
from sandbox.faults.fault import Fault
from sandbox.faults.points import DELIVERY, HTTP, OUTBOUND, PLAN_STEP, PUBLISHING, STREAM
from sandbox.faults.reading import check_service, read_fault
from sandbox.kafka.delivery_fault import AppliedDeliveryFault
from sandbox.kafka.publishing_fault import AppliedPublishingFault
from sandbox.registry.request_fault import RequestFault
from sandbox.runtime.served import Served
from sandbox.services.http.fault_interceptor import FaultInterceptor
from sandbox.services.odyssey.call_fault import AppliedCallFault
from sandbox.services.plato.step_fault import AppliedStepFault
from sandbox.services.plato.stream_fault import AppliedStreamFault

__all__ = ["ServiceFaults"]

POINTS: dict[str, tuple[tuple[Callable[[Served], list[Any] | None], Callable[[AppliedFault], Any]], ...]] = {
    HTTP: (
        (lambda served: served.interceptors, FaultInterceptor),
        (lambda served: getattr(served.service, "request_faults", None), RequestFault),
    ),
    PLAN_STEP: ((lambda served: getattr(served.service, "step_faults", None), AppliedStepFault),),
    DELIVERY: ((lambda served: served.deliveries, AppliedDeliveryFault),),
    PUBLISHING: ((lambda served: served.outgoing, AppliedPublishingFault),),
    STREAM: ((lambda served: getattr(served.service, "stream_faults", None), AppliedStreamFault),),
    OUTBOUND: ((lambda served: getattr(served.service, "call_faults", None), AppliedCallFault),),
}
"""Point → where a service may keep what stands there (None: not there), and what puts a fault in that place."""


@dataclass(frozen=True, slots=True)
class _Standing:
    """A fault in its place, and what ends it when its time is up."""

    applied: AppliedFault
    place: list[Any]
    hook: Any
    run_out: asyncio.Task[None] | None


class ServiceFaults:
    def __init__(self, served: Mapping[str, Served], clock: Clock, facts: FactSink) -> None:
        self._served = served
        self._clock = clock
        self._facts = facts
        self._standing: dict[str, _Standing] = {}
        self._numbers = itertools.count(1)

    def list(self) -> list[dict[str, Any]]:
        """Oldest first."""
        return [each.applied.to_json() for each in self._standing.values()]

    def add(self, request: FaultRequest) -> dict[str, Any]:
        """Raises UnknownName for the service or the kind, Conflict for an id in use, UsageError for a parameter."""
        fault = read_fault(request.kind, request.parameters)
        place, stand_at = self._place(request.on, fault)
        identity = request.id or f"{fault.kind}-{request.on}-{next(self._numbers)}"
        if identity in self._standing:
            raise Conflict(f"there is a fault {identity!r} already", where="id", hint="remove it first")
        applied = AppliedFault(identity, fault, request.on, self._clock, self._facts)
        hook = stand_at(applied)
        place.append(hook)
        run_out = None if applied.left_s is None else asyncio.create_task(self._run_out(applied))
        self._standing[identity] = _Standing(applied, place, hook, run_out)
        return applied.to_json()

    def _place(self, on: str, fault: Fault) -> tuple[list[Any], Callable[[AppliedFault], Any]]:
        if on not in self._served:
            known = [name for name in self._served if name in fault.acts_on()]
            hint = f"choose from {', '.join(known) or 'none here'}"
            raise UnknownName(f"no service {on!r} is in this process", where="on", hint=hint)
        check_service(fault.kind, on)
        for find, stand_at in POINTS[fault.point]:
            if (place := find(self._served[on])) is not None:
                return place, stand_at
        raise UsageError(f"{on} is not up yet", where="on", hint="try again in a moment")

    async def _run_out(self, applied: AppliedFault) -> None:
        await applied.run_out()
        if applied.id in self._standing:
            self._take_away(applied.id)

    def _take_away(self, identity: str) -> _Standing:
        standing = self._standing.pop(identity)
        if standing.hook in standing.place:
            standing.place.remove(standing.hook)
        return standing

    def remove(self, identity: str) -> dict[str, Any]:
        """What it had come to. Raises UnknownName."""
        if identity not in self._standing:
            known = f"there are {', '.join(self._standing)}" if self._standing else "there is none"
            raise UnknownName(f"there is no fault {identity!r}", where="id", hint=known)
        standing = self._take_away(identity)
        standing.applied.remove()
        if standing.run_out is not None:
            standing.run_out.cancel()
        return standing.applied.to_json()

    def remove_all(self, services: Collection[str] = ()) -> list[dict[str, Any]]:
        """Of these services; with none named, of all."""
        every = self._standing.items()
        return [
            self.remove(identity)
            for identity in [name for name, each in every if not services or each.applied.service in services]
        ]
