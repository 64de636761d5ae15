"""How the services reach the world. The composition root (`sandbox.runtime`) brings the implementations."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from aiohttp import web

from sandbox.clock import Clock
from sandbox.contracts.delivery import Delivery, Published, Subscription
from sandbox.contracts.tracing import TraceContext
from sandbox.events.facts import FactSink
from sandbox.services.settings import HttpSettings

__all__ = ["Delivery", "Posted", "Published", "Publisher", "Service", "ServiceContext", "Subscription"]


class Posted(Protocol):
    """A record on its way to the broker."""

    async def published(self) -> Published:
        """Wait until the broker has it. Raises as `Publisher.publish`."""


class Publisher(Protocol):
    """Publishes to a logical topic with acks=all: Avro by the topic's contract, else JSON.

    Returns when the broker has the record. Raises UpstreamUnavailable, or UsageError when the value does not fit.
    """

    async def publish(
        self,
        topic: str,
        value: Mapping[str, Any],
        *,
        key: str | None,
        trace: TraceContext,
        headers: Sequence[tuple[str, bytes]] = (),
    ) -> Published: ...

    async def post(
        self,
        topic: str,
        value: Mapping[str, Any],
        *,
        key: str | None,
        trace: TraceContext,
        headers: Sequence[tuple[str, bytes]] = (),
    ) -> Posted:
        """The same without the wait: returns once the record is on its way, in the order of the calls."""


class Service(Protocol):
    """One of the platform's services."""

    name: str

    def subscriptions(self) -> Sequence[Subscription]: ...

    def application(self) -> web.Application | None:
        """Its REST and WebSocket side, or None (audit)."""

    async def start(self) -> None:
        """Open stores and start background work; subscriptions are consumed only after this."""

    async def stop(self) -> None: ...

    def status(self) -> Mapping[str, Any]:
        """Extra members of this service's entry in the admin status (counts, plans running…)."""


@dataclass(frozen=True, slots=True)
class ServiceContext:
    """What every service is given. `urls` maps a service name to the base URL that reaches it, `public_urls` to the one
    that clients are told. `access_log` takes a finished JSON line for each request; without it the logger does."""

    clock: Clock
    facts: FactSink
    publisher: Publisher
    urls: Mapping[str, str]
    state_dir: Any
    profile: str | None = None
    dialect: str = "envelope"
    public_urls: Mapping[str, str] = field(default_factory=dict)
    access_log: Callable[[str], None] | None = None
    http: HttpSettings = field(default_factory=HttpSettings)
