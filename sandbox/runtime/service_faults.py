"""The faults of one process of services: made, told of, removed. Nothing of them outlives the process."""

from __future__ import annotations

import itertools
from collections.abc import Collection, Mapping
from typing import Any

from sandbox.clock import Clock
from sandbox.contracts.fault_request import FaultRequest
from sandbox.errors import Conflict, UnknownName, UsageError
from sandbox.events.facts import FactSink
from sandbox.faults.applied import AppliedFault
from sandbox.faults.points import HTTP, PLAN_STEP
from sandbox.faults.reading import read_fault
from sandbox.runtime.served import Served
from sandbox.services.http.fault_interceptor import FaultInterceptor
from sandbox.services.plato.step_fault import AppliedStepFault

__all__ = ["ServiceFaults"]

POINTS = {
    HTTP: (lambda served: served.interceptors, FaultInterceptor),
    PLAN_STEP: (lambda served: getattr(served.service, "step_faults", None), AppliedStepFault),
}
"""Point → where a service keeps what stands there (None: it has no such point), and what puts a fault there."""


class ServiceFaults:
    def __init__(self, served: Mapping[str, Served], clock: Clock, facts: FactSink) -> None:
        self._served = served
        self._clock = clock
        self._facts = facts
        self._applied: dict[str, tuple[AppliedFault, list[Any], Any]] = {}
        self._numbers = itertools.count(1)

    def list(self) -> list[dict[str, Any]]:
        """Oldest first."""
        return [applied.to_json() for applied, _, _ in self._applied.values()]

    def add(self, request: FaultRequest) -> dict[str, Any]:
        """Raises UnknownName for the service or the kind, Conflict for an id in use, UsageError for a parameter."""
        fault = read_fault(request.kind, request.parameters)
        place, stand_at = POINTS[fault.point]
        if request.on not in self._served:
            known = [name for name, served in self._served.items() if place(served) is not None]
            hint = f"choose from {', '.join(known) or 'none here'}"
            raise UnknownName(f"no service {request.on!r} is in this process", where="on", hint=hint)
        standing = place(self._served[request.on])
        if standing is None:
            raise UsageError(
                f"{request.on} has nothing that {fault.kind} could act on", where="on", hint=_HINTS[fault.point]
            )
        identity = request.id or f"{fault.kind}-{request.on}-{next(self._numbers)}"
        if identity in self._applied:
            raise Conflict(f"there is a fault {identity!r} already", where="id", hint="remove it first")
        applied = AppliedFault(identity, fault, request.on, self._clock, self._facts)
        hook = stand_at(applied)
        standing.append(hook)
        self._applied[identity] = (applied, standing, hook)
        return applied.to_json()

    def remove(self, identity: str) -> dict[str, Any]:
        """What it had come to. Raises UnknownName."""
        if identity not in self._applied:
            known = f"there are {', '.join(self._applied)}" if self._applied else "there is none"
            raise UnknownName(f"there is no fault {identity!r}", where="id", hint=known)
        applied, standing, hook = self._applied.pop(identity)
        if hook in standing:
            standing.remove(hook)
        applied.remove()
        return applied.to_json()

    def remove_all(self, services: Collection[str] = ()) -> list[dict[str, Any]]:
        """Of these services; with none named, of all."""
        gone = [name for name, (applied, _, _) in self._applied.items() if not services or applied.service in services]
        return [self.remove(identity) for identity in gone]


_HINTS = {HTTP: "capsule, odyssey and plato answer requests", PLAN_STEP: "only plato runs plans"}
