"""A service process's end of link 1: facts wait here, and go to the engine in numbered batches.

Recording costs a list append; encoding happens when a batch leaves. While the engine is away facts wait within a bound,
oldest out. Give it a `SystemClock` at speed 1: the pace of pushing is nothing that a sandbox's speed should change.
"""

from __future__ import annotations

import asyncio
import json
import secrets
from collections import deque
from collections.abc import Awaitable, Callable
from itertools import islice

from pydantic_core import to_json

from sandbox.clock import Clock
from sandbox.errors import UsageError
from sandbox.events.facts import Fact

__all__ = ["Outbox", "Send"]

Send = Callable[[bytes], Awaitable[int | None]]
"""Delivers the JSON of one batch: the engine's `next`, or None while the engine is away.

Raises UsageError when the engine refuses the batch as malformed; it is then dropped and counted as lost.
"""


class Outbox:
    """The `FactSink` of a service process. `run` pushes until cancelled; call `flush` before that.

    At most one batch per `pace_s` seconds while the engine keeps up; `backoff_s` doubles up to `backoff_limit_s` while
    it is away. `epoch` tells this life of the process from others.
    """

    def __init__(
        self,
        instance: str,
        send: Send,
        clock: Clock,
        *,
        epoch: str | None = None,
        limit_facts: int = 30_000,
        batch_facts: int = 1_000,
        batch_bytes: int = 512 * 1024,
        pace_s: float = 0.05,
        backoff_s: float = 0.1,
        backoff_limit_s: float = 2.0,
    ) -> None:
        self.instance = instance
        self.epoch = epoch or secrets.token_hex(8)
        self._send = send
        self._clock = clock
        self._batch_facts = batch_facts
        self._batch_bytes = batch_bytes
        self._pace_s = pace_s
        self._backoff_s = backoff_s
        self._backoff_limit_s = backoff_limit_s
        self._facts: deque[Fact] = deque(maxlen=limit_facts)
        self._crowd_facts = limit_facts // 3
        self._is_taken = False  # whether the engine took the last batch
        self._answered = asyncio.Event()
        self._recorded = 0  # number of the next fact
        self._acknowledged = 0  # number that the engine wants next
        self._lost = 0
        self._news = asyncio.Event()
        self._turn = asyncio.Lock()

    @property
    def pending(self) -> int:
        """Facts that wait."""
        return len(self._facts)

    @property
    def lost(self) -> int:
        """Facts that were dropped before the engine had them."""
        return self._lost + self._gap

    @property
    def _first(self) -> int:
        return self._recorded - len(self._facts)

    @property
    def _gap(self) -> int:
        """Facts dropped since the engine's last answer; a fact dropped on its way is not among them if it arrives."""
        return max(0, self._first - self._acknowledged)

    def record(self, fact: Fact) -> None:
        self._facts.append(fact)
        self._recorded += 1
        if not self._news.is_set():
            self._news.set()

    async def room(self) -> None:
        """Wait for this before work that records many facts: it returns once the engine has caught up with what waits.

        While the engine is away nobody is held up for it.
        """
        while self._is_taken and len(self._facts) > self._crowd_facts:
            self._answered.clear()
            await self._answered.wait()

    async def run(self) -> None:
        """Push facts as they come, until cancelled."""
        backoff_s = self._backoff_s
        while True:
            await self._news.wait()
            await self._clock.sleep(self._pace_s)
            self._news.clear()
            while self._facts:
                if await self._push():
                    backoff_s = self._backoff_s
                    if len(self._facts) < self._batch_facts:
                        break
                else:
                    await self._clock.sleep(backoff_s)
                    backoff_s = min(backoff_s * 2, self._backoff_limit_s)
            if self._facts:
                self._news.set()

    async def flush(self, wait_s: float = 1.0) -> bool:
        """Push what waits, for at most `wait_s` real seconds and not past the first failure; whether all has gone."""
        try:
            async with asyncio.timeout(wait_s):
                while self._facts and await self._push():
                    pass
        except TimeoutError:
            return False
        return not self._facts

    async def _push(self) -> bool:
        """Send one batch. False when the engine is away or did not take anything."""
        async with self._turn:
            if not self._facts:
                return True
            self._is_taken = await self._push_batch()
            self._answered.set()
            return self._is_taken

    async def _push_batch(self) -> bool:
        body, count = self._batch()
        first = self._first
        try:
            following = await self._send(body)
        except UsageError:
            # The engine will never take these: drop them, so that the next ones have their turn.
            self._forget(first + count)
            return True
        if following is None or following <= first:
            return False
        self._lost += max(0, first - self._acknowledged)
        self._acknowledged = min(following, self._recorded)
        self._forget(self._acknowledged)
        return True

    def _batch(self) -> tuple[bytes, int]:
        """The next batch and how many facts are in it: at least one, then as many as the limits allow."""
        encoded: list[bytes] = []
        size_bytes = 0
        for fact in islice(self._facts, self._batch_facts):
            body = _encoded(fact)
            size_bytes += len(body) + 1
            if encoded and size_bytes > self._batch_bytes:
                break
            encoded.append(body)
        head = {"instance": self.instance, "epoch": self.epoch, "first": self._first, "lost": self._gap}
        return b'%s,"facts":[%s]}' % (json.dumps(head).encode()[:-1], b",".join(encoded)), len(encoded)

    def _forget(self, number: int) -> None:
        """Drop the facts numbered below `number`; some may have been pushed out already."""
        for _ in range(min(len(self._facts), number - self._first)):
            self._facts.popleft()


def _encoded(fact: Fact) -> bytes:
    members = fact.to_json()
    try:
        return to_json(members)
    except ValueError:  # half a surrogate pair, which only the standard library writes
        return json.dumps(members, separators=(",", ":")).encode()
