"""Where faults act: what an injection point lets a fault do. Whoever owns the point implements it.

A point is passed once for each request or step; the fault decides what comes of that one.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from enum import Enum
from typing import Any, Protocol

__all__ = ["HTTP", "PLAN_STEP", "SERVICES", "Ending", "HttpExchange", "Moment", "PlanStep"]

HTTP, PLAN_STEP = "http", "plan-step"
"""The points that there are: requests to a service, steps of PLATO's plans."""
SERVICES: dict[str, tuple[str, ...]] = {
    HTTP: ("capsule", "odyssey", "plato", "schema-registry"),
    PLAN_STEP: ("plato",),
}
"""Point → the services that have it."""


class Ending(Enum):
    """What becomes of the connection."""

    WHOLE = "whole"
    """The answer is complete, and the connection stays."""
    CLOSED = "closed"
    """It is closed in good order, whatever is missing (FIN)."""
    RESET = "reset"
    """It breaks off (RST)."""


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

    def refusal(self, status: int, message: str | None, retry_after_s: int | None, code: int | None = None) -> Any:
        """An answer of this status in the service's own form of an error; `code` is the schema registry's own."""

    async def limited(self, limits: Mapping[str, int]) -> Any:
        """As `proceed`, under these request limits in place of the service's: `{"query": 5}`. Windows are the fault's
        own, so that what was counted before it does not matter, nor it afterwards."""

    def content(self, answer: Any) -> bytes | None:
        """The body of an answer that is still to be sent; None when it has none, or is on its way."""

    async def send(self, answer: Any, pieces: AsyncIterator[bytes], *, length: int | None, ending: Ending) -> Any:
        """Send status and headers of `answer` with these pieces as its body. `length` is what Content-Length says,
        true or not; None sends chunks. Returns what the fault returns."""

    async def send_raw(self, data: bytes) -> None:
        """Send these bytes as they are."""

    async def hang_up(self, ending: Ending) -> Any:
        """End the connection without a byte of an answer. Returns what the fault returns."""

    async def client_gone(self) -> None:
        """Wait until the client has left."""


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
