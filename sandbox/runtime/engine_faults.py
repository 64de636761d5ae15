"""The faults of all service processes. The processes keep them; nothing is remembered here."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Mapping
from typing import Any

from sandbox.errors import Conflict, UnknownName, UpstreamUnavailable
from sandbox.runtime.admin_client import AdminClient
from sandbox.runtime.component import ComponentState, Supervised

__all__ = ["EngineFaults"]

ANSWERING = (ComponentState.READY, ComponentState.DEGRADED)


class EngineFaults:
    """`admin_of` finds the admin API of the process that runs a service."""

    def __init__(self, processes: Mapping[str, Supervised], admin_of: Callable[[str], AdminClient]) -> None:
        self._processes = processes
        self._admin_of = admin_of

    async def list(self) -> list[dict[str, Any]]:
        """Of every process that answers. Raises UpstreamUnavailable."""
        return [fault for admin in self._admins() for fault in await admin.faults()]

    async def add(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """Raises UnknownName, Conflict, UsageError that names the parameter, or UpstreamUnavailable."""
        admin = self._admin_of(str(request["on"]))
        if admin not in self._admins():
            raise UpstreamUnavailable(
                f"{request['on']} does not run now", where="on", hint="`sandbox up` starts what has stopped"
            )
        if request.get("id") and any(each["id"] == request["id"] for each in await self.list()):
            raise Conflict(f"there is a fault {request['id']!r} already", where="id", hint="remove it first")
        return await admin.add_fault(request)

    async def remove(self, identity: str) -> dict[str, Any]:
        """What it had come to. Raises UnknownName with the nearest one."""
        known = []
        for admin in self._admins():
            known += [fault["id"] for fault in await admin.faults()]
            if identity in known:
                return await admin.remove_fault(identity)
        near = difflib.get_close_matches(identity, known, 1)
        there = f"there are {', '.join(known)}" if known else "there is none"
        hint = f"did you mean {near[0]}?" if near else there
        raise UnknownName(f"there is no fault {identity!r}", where="id", hint=hint)

    async def remove_all(self) -> list[dict[str, Any]]:
        return [fault for admin in self._admins() for fault in await admin.remove_faults()]

    def _admins(self) -> list[AdminClient]:
        return [each.component.admin for each in self._processes.values() if each.state in ANSWERING]
