"""The one source of data: what the screens show, read, follow and change goes through here.

It polls the overview, follows the facts of a running scenario by sequence number, connects again after the engine was
away, and starts anew with a new engine's journal. Screens look at `now`; `version` grows when it has changed.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Collection
from contextlib import aclosing
from dataclasses import replace
from typing import TypeVar

from sandbox.clock import Clock, SystemClock
from sandbox.control import models, records_models
from sandbox.control.client import ControlClient
from sandbox.control.overview_models import Overview
from sandbox.errors import NotRunning, SandboxError
from sandbox.tui.reader import ReadingClient, ReadOnly
from sandbox.tui.shaping import Shaping
from sandbox.tui.state import Link, Snapshot
from sandbox.tui.story import STORY_KINDS, Story

__all__ = ["Feed", "Locate"]

T = TypeVar("T")
Locate = Callable[[], tuple[str, str]]
"""URL and token of the sandbox now: they are asked for again after it was away. Raises NotRunning."""

POLL_S = 0.5
AWAY_S = 1.0
ASK_LIMIT_S = 10.0
PATIENCE_S = 2.0


class Feed:
    """`run` until cancelled. `read_only` refuses whatever would change something."""

    def __init__(self, locate: Locate, *, read_only: bool = False, clock: Clock | None = None) -> None:
        self.read_only = read_only
        self.now = Snapshot(read_only=read_only)
        self.version = 0
        self._locate = locate
        self._clock = clock or SystemClock()
        self._shaping = Shaping()
        self._story = Story()
        self._overview: Overview | None = None
        self._reading: ReadingClient | None = None
        self._acting: ControlClient | None = None
        self._asked = asyncio.Event()
        self._is_over = False

    # What screens use

    async def ask(self, call: Callable[[ControlClient], Awaitable[T]]) -> T:
        """Read something: `await feed.ask(lambda client: client.dlq_topics())`.

        Raises what the client raises, and ReadOnly for a call that would change something (a dry run may be asked).
        """
        return await call(self._reader())

    async def act(self, call: Callable[[ControlClient], Awaitable[T]]) -> T:
        """Change something: the only way there is. Raises what the client raises, ReadOnly with `--read-only`."""
        if self.read_only:
            raise ReadOnly("this is a read-only view", hint="start `sandbox tui` without --read-only to change things")
        self._reader()
        assert self._acting is not None
        try:
            return await call(self._acting)
        finally:
            self._asked.set()

    async def facts(
        self,
        *,
        after: int = 0,
        kinds: Collection[str] = (),
        sources: Collection[str] = (),
        under: str | None = None,
    ) -> AsyncGenerator[models.FactPage, None]:
        """Pages of facts from sequence number `after` on (negative counts from the end), without end.

        While the engine is away nothing comes. A page whose `journal` differs from the one before begins anew: what
        was kept of earlier pages belongs to an engine that is gone.
        """
        journal: str | None = None
        begin = after
        while True:
            try:
                # A client of its own: it connects again by itself, also after the others were closed.
                async with ReadingClient(*self._locate(), timeout_s=ASK_LIMIT_S) as client:
                    pages = client.stream(after, kinds=kinds, sources=sources, under=under, patience_s=PATIENCE_S)
                    async with aclosing(pages):
                        async for page in pages:
                            if journal not in (None, page.journal):
                                journal, after = page.journal, begin
                                break
                            journal, after = page.journal, page.next
                            yield page
            except SandboxError:
                await self._clock.sleep(AWAY_S)

    async def watch(self, topic: str, *, match: str = "", after: str = "") -> AsyncGenerator[records_models.Look, None]:
        """The newest records of a topic as they come, `after` a page's `next`, until the connection ends. Close it."""
        async with aclosing(self._reader().watch(topic, match=match, after=after)) as looks:
            async for look in looks:
                yield look

    async def pause(self, wait_s: float) -> None:
        """Before something is tried again."""
        await self._clock.sleep(wait_s)

    def look_again(self) -> None:
        """Ask for the overview at once."""
        self._asked.set()

    # Its own work

    async def run(self) -> None:
        """Until cancelled."""
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._poll())
                group.create_task(self._follow())
        finally:
            await self.close()

    async def close(self) -> None:
        """Let the connections go; nothing is asked any more. Idempotent."""
        self._is_over = True
        await self._disconnect()

    async def _poll(self) -> None:
        while True:
            try:
                self._take(await self._reader().overview())
                pause_s = POLL_S
            except SandboxError as error:
                self._lose(error)
                await self._disconnect()
                pause_s = AWAY_S
            await self._until_asked(pause_s)

    async def _until_asked(self, pause_s: float) -> None:
        self._asked.clear()
        asked = asyncio.ensure_future(self._asked.wait())
        slept = asyncio.ensure_future(self._clock.sleep(pause_s))
        try:
            await asyncio.wait({asked, slept}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            asked.cancel()
            slept.cancel()

    async def _follow(self) -> None:
        journal: str | None = None
        async with aclosing(self.facts(kinds=STORY_KINDS)) as pages:
            async for page in pages:
                if page.journal != journal:
                    journal = page.journal
                    self._story.forget()
                for fact in page.facts:
                    self._story.take(fact)
                if page.facts:
                    self._publish(replace(self.now, run=self._story.run))

    def _take(self, found: Overview) -> None:
        if self._overview is not None and self._overview.journal != found.journal:
            self._shaping.forget()
        self._overview = found
        self._story.ambient = found.traffic.run or self._story.ambient
        link = Link("live", since_ms=self.now.link.since_ms if self.now.is_live else found.at_ms)
        self._publish(self._shaping.snapshot(found, link=link, run=self._story.run, read_only=self.read_only))

    def _lose(self, error: SandboxError) -> None:
        """What was seen last stays in sight, with a word that it is old."""
        state = "reconnecting" if self._overview is not None else "connecting"
        detail = error.message if isinstance(error, NotRunning) else error.render()
        since_ms = self.now.link.since_ms if self.now.link.state == state else self._clock.now_ms()
        self._publish(replace(self.now, link=Link(state, detail, since_ms)))

    def _publish(self, now: Snapshot) -> None:
        if now != self.now:
            self.now = now
            self.version += 1

    def _reader(self) -> ReadingClient:
        if self._is_over:  # a page that reads once more while the application ends would leave a connection open
            raise NotRunning("this view has ended")
        if self._reading is None:
            url, token = self._locate()
            self._reading = ReadingClient(url, token, timeout_s=ASK_LIMIT_S)
            self._acting = ControlClient(url, token)
        return self._reading

    async def _disconnect(self) -> None:
        reading, acting, self._reading, self._acting = self._reading, self._acting, None, None
        for client in (reading, acting):
            if client is not None:
                await client.close()
