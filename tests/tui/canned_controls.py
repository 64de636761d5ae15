"""Canned answers about faults, components, breakers and limits; `done` is what was asked to be changed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from sandbox.control import models
from sandbox.control.fault_models import AppliedFault, FaultKind
from sandbox.errors import Conflict
from sandbox.faults.kinds import fault_kinds
from sandbox.tui.state import FaultLine
from tests.tui.fake_feed import BUSY

TROUBLED = replace(
    BUSY,
    faults=(
        *BUSY.faults,
        FaultLine("f2", "latency", "odyssey", "latency 400 ms ± 80 ms on /api/v1/history/*", 1_204),
        FaultLine("f3", "broker-pause", "kafka", "broker-pause, on for 2s, off for 8s", 3, 612.0, False),
    ),
)
"""Three faults, one of which rests."""


class CannedControls:
    def __init__(self) -> None:
        super().__init__()
        self.done: list[tuple[Any, ...]] = []
        self.refuse_fault: str | None = None

    async def status(self) -> None:
        return None

    async def fault_kinds(self) -> list[FaultKind]:
        return [FaultKind.model_validate(each) for each in fault_kinds()]

    async def add_fault(self, kind: str, on: str, parameters: Mapping[str, Any]) -> AppliedFault:
        if self.refuse_fault:
            raise Conflict(self.refuse_fault)
        self.done.append(("add", kind, on, dict(parameters)))
        return AppliedFault(
            id="f9", kind=kind, on=on, parameters=dict(parameters), text=f"{kind} made", hits=0, since_ms=1
        )

    async def remove_fault(self, identity: str) -> None:
        self.done.append(("remove", identity))

    async def remove_faults(self) -> None:
        self.done.append(("remove all",))

    async def operate_component(self, name: str, operation: str) -> None:
        self.done.append((operation, name))

    async def operate_breaker(self, service: str, name: str, operation: str) -> None:
        self.done.append((operation, service, name))

    async def limits(self) -> dict[str, models.Limits]:
        return {name: limits_of() for name in ("capsule", "odyssey", "plato")}

    async def change_limits(self, service: str, **change: Any) -> models.Limits:
        self.done.append(("limits", service, change))
        return limits_of(**change)

    async def reset_limits(self, service: str) -> models.Limits:
        self.done.append(("limits reset", service))
        return limits_of()


def limits_of(**change: Any) -> models.Limits:
    given = {"query": 1_000, "command": 100, "admin": 10, "windowSeconds": 60, "enabled": True}
    return models.Limits.model_validate({**given, **change})
