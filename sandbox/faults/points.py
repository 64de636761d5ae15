"""Where faults act: what an injection point lets a fault do. Whoever owns the point implements it.

A point is passed once for each request or step; the fault decides what comes of that one.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

__all__ = ["HTTP", "PLAN_STEP", "SERVICES", "HttpExchange", "Moment", "PlanStep"]

HTTP, PLAN_STEP = "http", "plan-step"
"""The points that there are: requests to a service, steps of PLATO's plans."""
SERVICES: dict[str, tuple[str, ...]] = {HTTP: ("capsule", "odyssey", "plato"), PLAN_STEP: ("plato",)}
"""Point → the services that have it."""


class HttpExchange(Protocol):
    """One request to a service, not answered yet."""

    @property
    def method(self) -> str: ...

    @property
    def path(self) -> str:
        """Without the query."""

    def header(self, name: str) -> str | None:
        """The value of a header, in whatever case its name is written."""

    @property
    def clients(self) -> Sequence[str]:
        """The names that the caller goes by: `token:SUBJECT`, `key:…`, `tenant:T`, `address:A`, `service`."""

    async def proceed(self) -> Any:
        """The answer that the service gives; whatever came of it is what the fault returns."""

    def refusal(self, status: int, message: str | None, retry_after_s: int | None) -> Any:
        """An answer of this status in the service's own form of an error."""


class PlanStep(Protocol):
    """One step of a plan, about to do its work."""

    @property
    def plan_id(self) -> str: ...

    @property
    def step(self) -> str:
        """The step's id, such as `evaluate-conditions`."""

    @property
    def action(self) -> str:
        """What it does, in words."""


class Moment(Protocol):
    """What a fault may use while it acts."""

    def uniform(self, low: float, high: float) -> float:
        """A number from the fault's own seeded chance."""

    def lognormal(self, median: float, sigma: float) -> float:
        """A number from the same chance, half of the time below `median`, with the long tail that networks have."""

    async def wait_for_removal(self) -> None:
        """Wait until the fault is removed."""

    async def wait(self, wait_s: float) -> None:
        """Wait on the sandbox's clock; ends early when the fault is removed."""
