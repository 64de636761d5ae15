"""One at a time into the event loop: what takes long at a stretch must not add up."""

from __future__ import annotations

import asyncio

__all__ = ["Turnstile"]


class Turnstile:
    """Lets one through in each turn of the event loop, in the order of arrival; whoever comes alone does not wait."""

    def __init__(self) -> None:
        self._lock = asyncio.Lock()

    async def enter(self) -> None:
        await self._lock.acquire()
        asyncio.get_running_loop().call_soon(self._lock.release)
