"""Services that stand in for ours (`--replace`): whether anything listens where they should be."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

__all__ = ["Replaced", "Sighting"]

LOOK_EVERY_S = 2.0
CONNECT_LIMIT_S = 2.0


@dataclass(frozen=True, slots=True)
class Sighting:
    """`trouble` says why nobody could be reached, None when somebody was."""

    trouble: str | None
    took_ms: float


class Replaced:
    """`urls` maps a service to the base URL of the real one.

    Looking means connecting and no more: a request would show up in the log of somebody's service every few seconds.
    """

    def __init__(self, urls: Mapping[str, str]) -> None:
        self._urls = urls
        self._seen: dict[str, Sighting] = {}

    async def run(self) -> None:
        """Look again and again, until cancelled."""
        while self._urls:
            await self.look()
            await asyncio.sleep(LOOK_EVERY_S)

    async def look(self) -> Mapping[str, Sighting]:
        """Look at all of them once."""
        found = await asyncio.gather(*(_connect(url) for url in self._urls.values()))
        self._seen = dict(zip(self._urls, found, strict=True))
        return self._seen

    def to_json(self) -> dict[str, dict[str, Any]]:
        """`{url, reachable, detail}` of each, `reachable` null before the first look."""
        return {
            name: {
                "url": url,
                "reachable": None if (seen := self._seen.get(name)) is None else seen.trouble is None,
                "detail": seen and seen.trouble,
            }
            for name, url in self._urls.items()
        }


async def _connect(url: str) -> Sighting:
    parts = urlsplit(url)
    port = parts.port or (443 if parts.scheme == "https" else 80)
    started = time.perf_counter()
    trouble = None
    try:
        async with asyncio.timeout(CONNECT_LIMIT_S):
            _, writer = await asyncio.open_connection(parts.hostname, port)
            writer.close()
    except TimeoutError:
        trouble = f"no connection within {CONNECT_LIMIT_S:g} s"
    except OSError as error:
        reason = os.strerror(error.errno) if error.errno and error.errno > 0 else error.strerror or str(error)
        trouble = f"nothing can be reached there: {reason}"
    return Sighting(trouble, round((time.perf_counter() - started) * 1000, 1))
