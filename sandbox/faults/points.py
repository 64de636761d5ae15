"""Where faults act: what an injection point lets a fault do. Whoever owns the point implements it.

A point is passed once for each request or step; the fault decides what comes of that one.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from enum import Enum
from typing import Any, Protocol

from sandbox.contracts.poison import Poison

__all__ = [
    "BROKER", "DELIVERY", "HTTP", "OUTBOUND", "PLAN_STEP", "PROCESS", "PUBLISHING", "SERVICES", "STREAM",
    "ComponentHandle", "DueDelivery", "Ending", "HttpExchange", "Moment", "OutboundCall", "OutgoingRecord", "PlanStep",
    "StreamFrame",
]  # fmt: skip

HTTP, PLAN_STEP, DELIVERY, PUBLISHING = "http", "plan-step", "delivery", "publishing"
STREAM, OUTBOUND, BROKER, PROCESS = "stream", "outbound-call", "broker", "process"
"""The points that there are: requests to a service, steps of PLATO's plans, records on their way into a service and out
of one, messages of PLATO's plan streams, calls of one service to another, Kafka, and the process of a service."""
SERVICES: dict[str, tuple[str, ...]] = {
    HTTP: ("capsule", "odyssey", "plato", "schema-registry"),
    PLAN_STEP: ("plato",),
    DELIVERY: ("capsule", "odyssey", "plato", "audit"),
    PUBLISHING: ("capsule", "odyssey", "plato", "engine"),
    STREAM: ("plato",),
    OUTBOUND: ("odyssey",),
    BROKER: ("kafka",),
    PROCESS: ("capsule", "odyssey", "plato", "audit", "schema-registry"),
}
"""Point → who has it: services, `kafka`, and the `engine`, which publishes for scenarios and for people."""


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


class DueDelivery(Protocol):
    """One attempt of a consumer to handle a record. A fault that raises makes the attempt fail; else it goes on."""

    @property
    def topic(self) -> str: ...

    @property
    def partition(self) -> int | None: ...

    @property
    def key(self) -> str | None: ...

    @property
    def value(self) -> Any:
        """As the consumer decoded it, None where it decodes nothing."""

    @property
    def group(self) -> str: ...

    def crash(self, away: Callable[[], Awaitable[None]]) -> BaseException:
        """To be raised: the consumer leaves its group without a commit, and joins again after `away`."""


class OutgoingRecord(Protocol):
    """One record that is about to be sent; what comes of sending it is what the fault returns."""

    @property
    def topic(self) -> str: ...

    @property
    def partition(self) -> int | None: ...

    @property
    def key(self) -> str | None: ...

    @property
    def value(self) -> Any:
        """Decoded, None where it cannot be."""

    async def send(self) -> Any:
        """May be called again: the same record once more."""

    async def send_poisoned(self, way: Poison) -> Any:
        """The record with its value made unreadable."""

    def send_behind(self, records: int, at_latest: Callable[[], Awaitable[None]]) -> Any:
        """Send it once so many more of its key have gone out to its topic, or when `at_latest` returns."""


class StreamFrame(Protocol):
    """One message of a plan's run, about to be sent to one client. What a method returns is what the fault returns."""

    @property
    def plan_id(self) -> str: ...

    @property
    def type(self) -> str:
        """STEP_COMPLETED, PLAN_FAILED…"""

    @property
    def sent(self) -> int:
        """How many the client has been sent on this socket."""

    async def send(self) -> bool:
        """May be called again: the same message once more."""

    def skip(self) -> bool:
        """Leave it out and go on with the next."""

    async def close(self, code: int, reason: str) -> bool:
        """End the socket in its place."""

    async def abort(self) -> bool:
        """Cut the connection without a word, which a client sees as code 1006."""

    def send_behind(self, messages: int, at_latest: Callable[[], Awaitable[None]]) -> bool:
        """Send it once so many more have gone out to this client, or when `at_latest` returns."""


class OutboundCall(Protocol):
    """One call of a service to another, not made yet."""

    @property
    def target(self) -> str:
        """The service that is called."""

    async def proceed(self) -> Any:
        """Make the call; whatever comes of it is what the fault returns."""

    def refused(self) -> Exception:
        """To be raised: nobody listens there."""


class ComponentHandle(Protocol):
    """The broker, or the process of a service, as the engine supervises it. The operations return when they are done.

    Each raises ComponentFailed, UsageError when the state does not allow it, or UpstreamUnavailable.
    """

    @property
    def name(self) -> str: ...

    async def stop(self) -> None:
        """In good order."""

    async def kill(self) -> None:
        """At once, as a crash."""

    async def pause(self) -> None:
        """Frozen: connections stay open and nothing answers."""

    async def restart(self) -> None: ...

    async def bring_back(self) -> None:
        """Have it run again, whether it was stopped, killed or paused; nothing when it does."""


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

    async def wait_for_rest(self) -> None:
        """Wait until the fault rests by its timetable, is over or is removed."""
