"""One consumer of a service as a member of its group, which it can be told to leave for a while."""

from __future__ import annotations

import asyncio
from typing import Protocol

from sandbox.errors import NotReady

__all__ = ["Consumer", "Membership"]

LEAVE_LIMIT_S = 4.0


class Consumer(Protocol):
    """A consumer group's member, as `sandbox.kafka` builds it."""

    group: str

    def start(self) -> None: ...

    async def stop(self, limit_s: float = 4.0, *, at_once: bool = False) -> None: ...

    async def wait_joined(self, limit_s: float = 10.0) -> None:
        """Raises NotReady."""

    @property
    def joined(self) -> bool: ...

    @property
    def partitions(self) -> int: ...

    @property
    def topics(self) -> tuple[str, ...]: ...


class Membership:
    """Kafka sets a group's offsets only while it has no members, so members leave for that and join again after.

    An absence ends by itself after its time: whoever asked for it may have died meanwhile, and a service must not stay
    away from its records because of that.
    """

    def __init__(self, consumer: Consumer) -> None:
        self.consumer = consumer
        self._turn = asyncio.Lock()
        self._return: asyncio.Task[None] | None = None

    @property
    def is_absent(self) -> bool:
        """Whether it has left to come back."""
        return self._return is not None

    def start(self) -> None:
        self.consumer.start()

    async def stop(self) -> None:
        """Leave for good."""
        async with self._turn:
            self._forget_return()
            await self.consumer.stop()

    async def leave(self, for_s: float, *, at_once: bool = False) -> None:
        """Finish the records under way, or with `at_once` drop them; commit, leave the group; join again by itself
        after `for_s` seconds.

        Asked again while absent, the time begins anew.
        """
        async with self._turn:
            self._forget_return()
            self._return = asyncio.create_task(self._come_back(for_s), name=f"absent {self.consumer.group}")
            await self.consumer.stop(LEAVE_LIMIT_S, at_once=at_once)

    async def join(self, limit_s: float) -> bool:
        """Join again, now; whether the group has taken it in within `limit_s` (it goes on trying)."""
        async with self._turn:
            self._forget_return()
            self.consumer.start()
        try:
            await self.consumer.wait_joined(limit_s)
        except NotReady:
            return False
        return True

    async def _come_back(self, after_s: float) -> None:
        await asyncio.sleep(after_s)
        async with self._turn:
            self._return = None
            self.consumer.start()

    def _forget_return(self) -> None:
        if self._return is not None:
            self._return.cancel()
            self._return = None
