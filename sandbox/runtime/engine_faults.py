"""All faults of a sandbox: those that the service processes keep, and the engine's own."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from sandbox.contracts.fault_request import FaultRequest
from sandbox.errors import Conflict, UnknownName, UpstreamUnavailable
from sandbox.runtime.admin_client import AdminClient
from sandbox.runtime.component import ComponentState, Supervised

if TYPE_CHECKING:
    from sandbox.runtime.own_faults import OwnFaults

__all__ = ["EngineFaults"]

ANSWERING = (ComponentState.READY, ComponentState.DEGRADED)
ENGINE = "engine"


class EngineFaults:
    """`admin_of` finds the admin API of the process that runs a service; the rest is for the engine's own faults
    (`OwnFaults`), which are loaded with the first of them."""

    def __init__(
        self, processes: Mapping[str, Supervised], admin_of: Callable[[str], AdminClient], **parts: Any
    ) -> None:
        self._processes = processes
        self._admin_of = admin_of
        self._parts = parts
        self._own: OwnFaults | None = None

    async def list(self) -> list[dict[str, Any]]:
        """Of every process that answers, and of the engine. Raises UpstreamUnavailable."""
        theirs = [fault for admin in self._admins() for fault in await admin.faults()]
        return theirs + (self._own.list() if self._own is not None else [])

    async def add(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """Raises UnknownName, Conflict, UsageError that names the parameter, CapabilityMissing, UpstreamUnavailable, or
        ComponentFailed."""
        if _is_own(str(request["kind"]), str(request["on"])):
            await self._must_be_new(request)
            return await self._load_own().add(FaultRequest.model_validate(request))
        admin = self._admin_of(str(request["on"]))
        if admin not in self._admins():
            raise UpstreamUnavailable(
                f"{request['on']} does not run now", where="on", hint="`sandbox up` starts what has stopped"
            )
        await self._must_be_new(request)
        return await admin.add_fault(request)

    def _load_own(self) -> OwnFaults:
        from sandbox.runtime.own_faults import OwnFaults

        self._own = self._own or OwnFaults(**self._parts)
        return self._own

    async def _must_be_new(self, request: Mapping[str, Any]) -> None:
        if request.get("id") and any(each["id"] == request["id"] for each in await self.list()):
            raise Conflict(f"there is a fault {request['id']!r} already", where="id", hint="remove it first")

    async def remove(self, identity: str) -> dict[str, Any]:
        """What it had come to. Raises UnknownName with the nearest one."""
        if self._own is not None and self._own.has(identity):
            return await self._own.remove(identity)
        known = [each["id"] for each in self._own.list()] if self._own is not None else []
        for admin in self._admins():
            known += [fault["id"] for fault in await admin.faults()]
            if identity in known:
                return await admin.remove_fault(identity)
        near = difflib.get_close_matches(identity, known, 1)
        there = f"there are {', '.join(known)}" if known else "there is none"
        hint = f"did you mean {near[0]}?" if near else there
        raise UnknownName(f"there is no fault {identity!r}", where="id", hint=hint)

    async def remove_all(self) -> list[dict[str, Any]]:
        """The engine's own first: what they ended runs again then. Raises what undoing one of them raises."""
        own = await self._own.remove_all() if self._own is not None else []
        return own + [fault for admin in self._admins() for fault in await admin.remove_faults()]

    async def close(self) -> None:
        """Forget the engine's own; whatever they ended stays so."""
        if self._own is not None:
            await self._own.close()

    def _admins(self) -> list[AdminClient]:
        return [each.component.admin for each in self._processes.values() if each.state in ANSWERING]


def _is_own(kind: str, on: str) -> bool:
    """Whether such a fault is one of the engine's own. Raises UnknownName for the kind, UsageError where it does not
    act."""
    from sandbox.faults.points import BROKER, PROCESS
    from sandbox.faults.reading import check_service, require_kind

    point = require_kind(kind).point
    check_service(kind, on)
    return on == ENGINE or point in (BROKER, PROCESS)
