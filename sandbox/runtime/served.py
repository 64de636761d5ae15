"""One service inside a `sandbox serve` process: its lifecycle, its listener, its consumer groups."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

from aiohttp import web

from sandbox.errors import EnvironmentFailure
from sandbox.runtime.membership import Consumer, Membership

__all__ = ["Runnable", "Served"]

SHUTDOWN_LIMIT_S = 0.5
RESET_LIMIT_S = 60.0
JOIN_LIMIT_S = 10.0


class Runnable(Protocol):
    """What the registry and the platform's services have in common."""

    name: str

    def application(self) -> web.Application | None: ...

    async def start(self) -> None: ...

    async def stop(self) -> None: ...

    def status(self) -> Mapping[str, Any]: ...


class Served:
    """A service with its state: starting, ready, failed or stopped. Ready means listening and all groups joined."""

    def __init__(
        self,
        service: Runnable,
        *,
        bind: Sequence[str],
        port: int | None,
        consumers: Callable[[], Sequence[Consumer]],
        deliveries: list[Any] | None = None,
        outgoing: list[Any] | None = None,
    ) -> None:
        self.service = service
        self.deliveries = deliveries
        """What interferes with the records that its consumers handle, None where it has no consumers."""
        self.outgoing = outgoing
        """What stands between it and Kafka when it publishes, None where it does not."""
        self.failure: str | None = None
        self.waiting: str | None = None
        """What it waits for before it can join its groups, when that is somebody else's."""
        self._bind = bind
        self._port = port
        self._make_consumers = consumers
        self._members: dict[str, Membership] = {}
        self._app: web.Application | None = None
        self._runner: web.AppRunner | None = None
        self._listening = False
        self._is_joining = False
        self._is_held = False
        self._joined_ms: dict[str, float] = {}
        self._started_s = time.monotonic()
        self._opening: asyncio.TimerHandle | None = None

    @property
    def name(self) -> str:
        return self.service.name

    @property
    def limiter(self) -> Any:
        """The service's rate limiter, None where it has none or is not up yet."""
        from sandbox.services.http import RATE_LIMITER

        return self._app.get(RATE_LIMITER) if self._app is not None else None

    @property
    def interceptors(self) -> list[Any] | None:
        """What stands between the network and the service, None where it answers no requests or is not up yet."""
        from sandbox.services.http import INTERCEPTORS

        return self._app.get(INTERCEPTORS) if self._app is not None else None

    async def open(self) -> None:
        """Start the service and listen. Raises EnvironmentFailure when its port is not to be had."""
        self._started_s = time.monotonic()
        await self.service.start()
        await self._listen()

    def join(self, *, held: bool = False) -> None:
        """Begin to join its consumer groups, whose topics exist now. While `held` it is not ready: see `release`."""
        self._is_held = held
        self._started_s = time.monotonic()
        self._members = {each.group: Membership(each) for each in self._make_consumers()}
        for member in self._members.values():
            member.start()
        self._is_joining = True

    def release(self) -> None:
        """What it was held for is there."""
        self._is_held = False

    async def leave(self) -> None:
        """Leave its consumer groups for good."""
        self._is_joining = False
        await asyncio.gather(*(member.stop() for member in self._members.values()))
        self._members = {}

    def member(self, group: str) -> Membership | None:
        """Its member of that group, None when it has none."""
        return self._members.get(group)

    @property
    def can_reset(self) -> bool:
        """Whether there is anything that a reset would empty."""
        return hasattr(self.service, "reset")

    async def reset(self) -> None:
        """Empty its store while it consumes nothing: a record under way would end up half in the old store."""
        members = [each for each in self._members.values() if not each.is_absent]
        await asyncio.gather(*(each.leave(RESET_LIMIT_S) for each in members))
        try:
            await self.service.reset()  # type: ignore[attr-defined]
        finally:
            await asyncio.gather(*(each.join(JOIN_LIMIT_S) for each in members))

    async def rest(self, for_s: float) -> None:
        """Drop what is under way, take nothing new, and empty the store; up again by itself after `for_s` seconds.

        What it published is on its way to Kafka, or dropped, when this returns.
        """
        self._rise_by_itself(for_s)
        if self._door is not None:
            await self._door.shut()
        await asyncio.gather(*(each.leave(for_s, at_once=True) for each in self._members.values()))
        if self.can_reset:
            await self.service.reset()  # type: ignore[attr-defined]

    async def rise(self) -> bool:
        """Take requests and records again; whether its groups have been joined within a while."""
        self._open_door()
        joined = await asyncio.gather(*(each.join(JOIN_LIMIT_S) for each in self._members.values() if each.is_absent))
        return all(joined)

    @property
    def _door(self) -> Any:
        from sandbox.services.http.application import DOOR

        return self._app.get(DOOR) if self._app is not None else None

    def _rise_by_itself(self, after_s: float) -> None:
        """Its groups do so too (`Membership.leave`)."""
        if self._opening is not None:
            self._opening.cancel()
        self._opening = asyncio.get_running_loop().call_later(after_s, self._open_door)

    def _open_door(self) -> None:
        if self._opening is not None:
            self._opening.cancel()
            self._opening = None
        if self._door is not None:
            self._door.open()

    async def _listen(self) -> None:
        app = self._app = self.service.application()
        if app is not None and self._port is not None:
            self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=SHUTDOWN_LIMIT_S, handle_signals=False)
            await self._runner.setup()
            opened = 0
            for host in self._bind:
                try:
                    await web.TCPSite(self._runner, host, self._port).start()
                    opened += 1
                except OSError as error:
                    if host != "::1":  # a machine without IPv6 is no failure
                        raise EnvironmentFailure(
                            f"{self.name} cannot listen on {host}:{self._port}: {error.strerror}",
                            hint="see who holds the port with `sandbox doctor`",
                        ) from None
        self._listening = True

    async def stop(self) -> None:
        """Stop listening, leave the groups, close the service."""
        self._listening = self._is_joining = False
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None
        await self.leave()
        await self.service.stop()

    def status(self) -> dict[str, Any]:
        """This service's entry in the admin status."""
        groups = {}
        for consumer in (each.consumer for each in self._members.values()):
            if consumer.joined and consumer.group not in self._joined_ms:
                self._joined_ms[consumer.group] = round((time.monotonic() - self._started_s) * 1000, 1)
            groups[consumer.group] = {
                "joined": consumer.joined,
                "partitions": consumer.partitions,
                "topics": list(consumer.topics),
                "took_ms": self._joined_ms.get(consumer.group),
            }
        waiting = [group for group, each in groups.items() if not each["joined"]]
        away = [group for group in waiting if self._members[group].is_absent]
        if self.failure:
            state, detail = "failed", self.failure
        elif self._listening and self._is_joining and not self._is_held and not waiting:
            state, detail = "ready", None
        else:
            doing = f"out of group {', '.join(away)} for a reset" if away else f"joining group {', '.join(waiting)}"
            state, detail = "starting", doing if waiting else self.waiting
        return {"state": state, "detail": detail, "groups": groups, **self.service.status()}
