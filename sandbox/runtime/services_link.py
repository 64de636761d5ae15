"""The engine's view of one process of services, wherever that runs: its admin API, and what it said last."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Any

from sandbox.errors import ComponentFailed, SandboxError
from sandbox.runtime.admin_client import AdminClient

__all__ = ["ServicesLink"]

ASK_EVERY_S = 0.03
TRY_EVERY_S = 0.1
"""While the process loads: what it answers then is of no use before it has started its services."""


class ServicesLink:
    """Base of the components that are processes of services."""

    def __init__(self, name: str, services: Sequence[str], admin: AdminClient) -> None:
        self.name = name
        self.services = tuple(services)
        self.admin = admin
        self.status: dict[str, Any] = {}

    async def until_ready(self, ended: Callable[[], str | None], *, ask_every_s: float = ASK_EVERY_S) -> None:
        """Wait until each service says that it is ready; `ended` says how the process ended, None while it runs.

        Raises ComponentFailed when it ended or a service failed.
        """
        while True:
            if end := ended():
                raise ComponentFailed(end, where=self.name)
            try:
                self.status = await self.admin.status()
            except SandboxError:
                self.status = {}
            states = {name: each["state"] for name, each in self.status.get("services", {}).items()}
            if failed := [name for name, state in states.items() if state == "failed"]:
                raise ComponentFailed(f"{failed[0]}: {self.status['services'][failed[0]]['detail']}", where=self.name)
            if states and all(state == "ready" for state in states.values()):
                return
            await asyncio.sleep(ask_every_s if self.status else max(ask_every_s, TRY_EVERY_S))

    async def check(self) -> str | None:
        """Ask the process how it is; what it says is kept for the status."""
        try:
            self.status = await self.admin.status()
        except SandboxError as error:
            return error.message
        unwell = {name: each for name, each in self.status["services"].items() if each["state"] != "ready"}
        return "; ".join(f"{name} {each['state']}: {each.get('detail')}" for name, each in unwell.items()) or None
