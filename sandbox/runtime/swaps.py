"""What is not ours or not there in a sandbox: services replaced or left out, contracts of a team's own."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from typing import Any

from sandbox.errors import UnknownName
from sandbox.runtime.plan import EnginePlan
from sandbox.runtime.replaced import Replaced, Sighting

__all__ = ["Swaps"]


class Swaps:
    """Raises InvalidFile for contracts that cannot be used."""

    def __init__(self, plan: EnginePlan) -> None:
        self._plan = plan
        self._replaced = Replaced(plan.replace)
        self._findings = _findings(plan) if plan.contracts else []

    async def run(self) -> None:
        """Keep an eye on the services that stand in for ours, until cancelled."""
        await self._replaced.run()

    async def look(self) -> Mapping[str, Sighting]:
        return await self._replaced.look()

    def unknown(self, name: str) -> UnknownName:
        """The error about a component that the engine does not run."""
        known = ("kafka", *self._plan.services)
        near = difflib.get_close_matches(name, known, 1)
        hint = f"did you mean {near[0]}?" if near else f"choose from {', '.join(known)}"
        if url := self._plan.replace.get(name):
            return UnknownName(f"{name} is not the sandbox's own: {url} stands in for it", hint=hint)
        return UnknownName(f"there is no component {name!r}", hint=hint)

    def to_json(self) -> dict[str, Any]:
        """Members of the status."""
        return {
            "left_out": list(self._plan.left_out),
            "replaced": self._replaced.to_json(),
            "contracts": {"folder": self._plan.contracts, "findings": self._findings},
        }


def _findings(plan: EnginePlan) -> list[dict[str, Any]]:
    """What our services miss in the team's contracts."""
    from sandbox.runtime.team_contracts import findings, load_contracts

    return [each.to_json() for each in findings(load_contracts(plan.contracts), plan.services)]
