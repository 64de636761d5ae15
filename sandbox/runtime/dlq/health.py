"""Whether what failed may have recovered, as the engine knows it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Mapping
from typing import Any

__all__ = ["EngineHealth"]

OPEN_STATES = ("OPEN", "FORCED_OPEN")


class EngineHealth:
    """`all_ready` says whether every component is, `breakers` gives each breaker by `service/name`."""

    def __init__(
        self, all_ready: Callable[[], bool], breakers: Callable[[], Awaitable[Mapping[str, Mapping[str, Any]]]]
    ) -> None:
        self._all_ready = all_ready
        self._breakers = breakers

    async def unwell(self) -> Collection[str] | None:
        """Services with an open breaker, None while a component is not ready. Raises UpstreamUnavailable."""
        if not self._all_ready():
            return None
        return {
            name.partition("/")[0] for name, each in (await self._breakers()).items() if each["state"] in OPEN_STATES
        }
