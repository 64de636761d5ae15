"""Looking until something holds: at once, again whenever there may be news, up to a limit on the sandbox's clock."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from enum import Enum
from typing import Any

from sandbox.clock import Clock

__all__ = ["Backoff", "Verdict", "look"]


class Verdict(Enum):
    """What one look gave: it holds, it may come to hold, or it never can any more."""

    HOLDS = "holds"
    NOT_YET = "not yet"
    HOPELESS = "hopeless"


class Backoff:
    """Waits between two looks at something that tells no news by itself: 50 ms, growing to 500 ms."""

    def __init__(self, clock: Clock, first_s: float = 0.05, longest_s: float = 0.5) -> None:
        self._clock = clock
        self._wait_s = first_s
        self._longest_s = longest_s

    async def __call__(self) -> None:
        await self._clock.sleep(self._wait_s)
        self._wait_s = min(self._wait_s * 1.5, self._longest_s)


async def look(
    attempt: Callable[[], Awaitable[Verdict]], news: Callable[[], Awaitable[None]], *, limit_s: float, clock: Clock
) -> Verdict:
    """The last verdict: HOLDS, HOPELESS, or NOT_YET when the limit has passed. A limit of 0 looks once."""
    if limit_s <= 0:
        return await attempt()

    async def keep_looking() -> Verdict:
        while (verdict := await attempt()) is Verdict.NOT_YET:
            await news()
        return verdict

    return await _limited(keep_looking(), clock, limit_s) or Verdict.NOT_YET


async def _limited(work: Coroutine[Any, Any, Verdict], clock: Clock, limit_s: float) -> Verdict | None:
    """The result of `work`, None when the clock reached the limit first. Ends both in any case."""
    worker = asyncio.ensure_future(work)
    timer = asyncio.ensure_future(clock.sleep(limit_s))
    try:
        await asyncio.wait((worker, timer), return_when=asyncio.FIRST_COMPLETED)
        return worker.result() if worker.done() else None
    finally:
        worker.cancel()
        timer.cancel()
        await asyncio.wait((worker, timer))
        if not worker.cancelled():
            worker.exception()  # looked at, so that one that came too late is not reported as forgotten
