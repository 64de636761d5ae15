"""A part of the sandbox that the engine keeps: Kafka, or one process of services."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from enum import StrEnum
from typing import Protocol

from sandbox.clock import Clock
from sandbox.errors import SandboxError, UsageError
from sandbox.events.facts import ComponentStateChanged, FactSink

__all__ = ["Component", "ComponentState", "Supervised"]


class ComponentState(StrEnum):
    STARTING = "starting"
    READY = "ready"
    DEGRADED = "degraded"
    FAILED = "failed"
    STOPPING = "stopping"
    STOPPED = "stopped"


class Component(Protocol):
    """What a supervisor can do with a part. All waits are bounded; errors are SandboxErrors."""

    name: str

    @property
    def pid(self) -> int | None: ...

    async def start(self) -> str | None:
        """Start, and return when ready; a text is a remark to show beside the state."""

    async def stop(self) -> None:
        """Stop in good order. Does nothing when it is not running."""

    async def kill(self) -> None: ...

    async def pause(self) -> None: ...

    async def resume(self) -> None: ...

    async def disconnect(self) -> None:
        """Take it off the network that it shares with the others. Raises UsageError where there is none."""

    async def connect(self) -> None: ...

    async def ended(self) -> str:
        """Wait until the process ends, and say how (`ended with exit code 1`)."""

    async def check(self) -> str | None:
        """A reason why it is alive but not well, None when it is well."""


class Supervised:
    """One component with its state. A failure is recorded here and goes no further."""

    CHECK_EVERY_S = 1.0
    NOTICE_LIMIT_S = 5.0

    def __init__(self, component: Component, facts: FactSink, clock: Clock) -> None:
        self.component = component
        self.name = component.name
        self.state = ComponentState.STOPPED
        self.detail: str | None = None
        self.since_ms = clock.now_ms()
        self.restarts = 0
        self.changed: Callable[[], None] = lambda: None
        self._facts = facts
        self._clock = clock
        self._paused = False
        self._remark: str | None = None
        self._watch: asyncio.Task[None] | None = None
        self._turn = asyncio.Lock()

    @property
    def is_paused(self) -> bool:
        return self._paused

    async def start(self) -> None:
        """Start the component; afterwards it is ready or failed, and watched."""
        async with self._turn:
            if self.state in (ComponentState.READY, ComponentState.DEGRADED):
                return
            await self._until_watched_out()
            self._paused = False
            self._become(ComponentState.STARTING)
            try:
                self._remark = await self.component.start()
            except SandboxError as error:
                self._become(ComponentState.FAILED, error.message)
                await self.component.stop()
                return
            except BaseException:
                await self.component.kill()
                raise
            self._become(ComponentState.READY, self._remark)
            self._watch = asyncio.create_task(self._watch_over(), name=f"watch {self.name}")

    async def stop(self) -> None:
        async with self._turn:
            await self._end_watch()
            if self.state is ComponentState.STOPPED:
                return
            failed = self.state is ComponentState.FAILED
            self._become(ComponentState.STOPPING)
            if self._paused:
                await self.component.resume()
            await self.component.stop()
            self._become(ComponentState.STOPPED, "it had failed before" if failed else None)

    async def restart(self) -> None:
        await self.stop()
        self.restarts += 1
        await self.start()

    async def kill(self) -> None:
        """End it at once, as a crash does; returns when the watch has noticed, so that it can be started again."""
        self._require_running("kill")
        await self.component.kill()
        await self._until_watched_out()

    async def pause(self) -> None:
        self._require_running("pause")
        await self.component.pause()
        self._paused = True
        self._become(ComponentState.DEGRADED, "paused")

    async def resume(self) -> None:
        if not self._paused:
            raise UsageError(f"{self.name} is not paused", where=self.name)
        await self.component.resume()
        self._paused = False
        self._become(ComponentState.READY, self._remark)

    async def disconnect(self) -> None:
        """Off the network that it shares with the others."""
        self._require_running("disconnect")
        await self.component.disconnect()
        self._become(ComponentState.DEGRADED, "disconnected from the network")

    async def connect(self) -> None:
        self._require_running("connect")
        await self.component.connect()
        self._become(ComponentState.READY, self._remark)

    async def look(self) -> None:
        """Ask now how it is, not only at the next turn of the watch."""
        if not self._paused and self.state in (ComponentState.READY, ComponentState.DEGRADED):
            reason = await self.component.check()
            self._become(ComponentState.DEGRADED if reason else ComponentState.READY, reason or self._remark)

    def _require_running(self, verb: str) -> None:
        if self.state not in (ComponentState.STARTING, ComponentState.READY, ComponentState.DEGRADED):
            raise UsageError(
                f"cannot {verb} {self.name}: it is {self.state}", where=self.name, hint=f"start it first: {self.name}"
            )

    async def _watch_over(self) -> None:
        """Notice the end of the process at once, and ill health within `CHECK_EVERY_S`."""
        ended = asyncio.create_task(self.component.ended())
        try:
            while True:
                await asyncio.wait({ended}, timeout=self.CHECK_EVERY_S)
                if not self._paused and not ended.done():
                    await self._check_unless(ended)
                if ended.done():
                    self._paused = False
                    self._become(ComponentState.FAILED, ended.result())
                    await self.component.stop()
                    return
        finally:
            ended.cancel()

    async def _check_unless(self, ended: asyncio.Task[str]) -> None:
        """One check of its health, given up when it ends meanwhile: a dead process may take long not to answer."""
        check = asyncio.create_task(self.component.check())
        try:
            await asyncio.wait({ended, check}, return_when=asyncio.FIRST_COMPLETED)
            if not ended.done() and not self._paused:
                reason = check.result()
                self._become(ComponentState.DEGRADED if reason else ComponentState.READY, reason or self._remark)
        finally:
            check.cancel()

    async def _until_watched_out(self) -> None:
        """Wait until the watch over a process that has ended has recorded that and cleared up behind it."""
        if self._watch is not None:
            await asyncio.wait({self._watch}, timeout=self.NOTICE_LIMIT_S)

    async def _end_watch(self) -> None:
        if self._watch is not None:
            self._watch.cancel()
            await asyncio.gather(self._watch, return_exceptions=True)
            self._watch = None

    def _become(self, state: ComponentState, detail: str | None = None) -> None:
        if (state, detail) == (self.state, self.detail):
            return
        if state is not self.state:
            self.since_ms = self._clock.now_ms()
        self.state, self.detail = state, detail
        self._facts.record(
            ComponentStateChanged(
                at_ms=self._clock.now_ms(), source="engine", component=self.name, state=state.value, detail=detail
            )
        )
        self.changed()
