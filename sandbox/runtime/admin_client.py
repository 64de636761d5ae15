"""Link 2, the engine's end: asks one service process."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from types import TracebackType
from typing import Any
from urllib.parse import quote

import aiohttp

from sandbox.contracts.link_error import raise_for
from sandbox.errors import UpstreamUnavailable

__all__ = ["AdminClient"]

GROUP_LIMIT_S = 15.0
RESET_LIMIT_S = 60.0


class AdminClient:
    """The admin API at `url`. Every call waits at most `timeout_s` seconds, those that wait for Kafka there longer.

    Raises UpstreamUnavailable when the process does not answer as it should, and what the process raised when it
    refuses. Use as an async context manager, or `close` it.
    """

    def __init__(self, url: str, token: str, *, timeout_s: float = 5.0) -> None:
        self.url = url.rstrip("/")
        self._headers = {"Authorization": f"Bearer {token}"}
        self._timeout_s = timeout_s
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> AdminClient:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def status(self) -> dict[str, Any]:
        return await self._call("GET", "/admin/status")

    async def operate_breaker(self, service: str, name: str, operation: str) -> dict[str, Any]:
        """The breaker's state afterwards. Raises UnknownName, or UsageError for an unknown operation."""
        path = "/".join(quote(part, safe="") for part in (service, name, operation))
        return await self._call("POST", f"/admin/breakers/{path}")

    async def limits(self) -> dict[str, Any]:
        """The request limits of each service."""
        return await self._call("GET", "/admin/limits")

    async def change_limits(self, service: str, change: Mapping[str, Any]) -> dict[str, Any]:
        """The service's limits afterwards. Raises UnknownName or UsageError."""
        return await self._call("PUT", f"/admin/limits/{quote(service, safe='')}", dict(change))

    async def reset_limits(self, service: str) -> dict[str, Any]:
        return await self._call("DELETE", f"/admin/limits/{quote(service, safe='')}")

    async def faults(self) -> list[dict[str, Any]]:
        return (await self._call("GET", "/admin/faults"))["faults"]

    async def add_fault(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """The fault as it stands. Raises UnknownName, Conflict, or UsageError that names the parameter."""
        return await self._call("POST", "/admin/faults", dict(request))

    async def remove_fault(self, identity: str) -> dict[str, Any]:
        """What it had come to. Raises UnknownName."""
        return await self._call("DELETE", f"/admin/faults/{quote(identity, safe='')}")

    async def remove_faults(self) -> list[dict[str, Any]]:
        return (await self._call("DELETE", "/admin/faults"))["faults"]

    async def capture(self, for_s: float, limit_bytes: int) -> list[str]:
        """Have requests told of with their bodies for so long; the services that do."""
        return (await self._call("PUT", "/admin/capture", {"for_s": for_s, "limit_bytes": limit_bytes}))["services"]

    async def set_speed(self, speed: float) -> None:
        await self._call("PUT", "/admin/clock", {"speed": speed})

    async def reset(self, services: Collection[str] = ()) -> dict[str, Any]:
        """Of these services; with none named, of all and the clock too. The status afterwards. Raises UnknownName."""
        body = {"services": list(services)} if services else None
        return await self._call("POST", "/admin/reset", body, limit_s=RESET_LIMIT_S)

    async def begin_reset(self, for_s: float) -> None:
        """Empty and at rest when this returns, until `end_reset`, or `for_s` seconds at most."""
        await self._call("POST", "/admin/reset/begin", {"for_s": for_s}, limit_s=RESET_LIMIT_S)

    async def end_reset(self) -> bool:
        """Whether every consumer group is joined again."""
        return bool((await self._call("POST", "/admin/reset/end", limit_s=GROUP_LIMIT_S))["joined"])

    async def leave_group(self, group: str, for_s: float) -> None:
        """The process joins again by itself after `for_s` seconds. Raises UnknownName."""
        await self._call(
            "POST", f"/admin/groups/{quote(group, safe='')}/leave", {"for_s": for_s}, limit_s=GROUP_LIMIT_S
        )

    async def join_group(self, group: str) -> bool:
        """Whether it has joined yet. Raises UnknownName."""
        path = f"/admin/groups/{quote(group, safe='')}/join"
        return bool((await self._call("POST", path, limit_s=GROUP_LIMIT_S))["joined"])

    async def _call(self, method: str, path: str, body: Any = None, *, limit_s: float | None = None) -> dict[str, Any]:
        if self._session is None:
            self._session = aiohttp.ClientSession(headers=self._headers)
        limit_s = limit_s or self._timeout_s
        timeout = aiohttp.ClientTimeout(total=limit_s)
        try:
            async with self._session.request(method, self.url + path, json=body, timeout=timeout) as answer:
                status, content = answer.status, await answer.read()
        except TimeoutError:
            raise UpstreamUnavailable(
                f"the service process does not answer within {limit_s:g} s", where=self.url
            ) from None
        except aiohttp.ClientError as error:
            raise UpstreamUnavailable(f"the service process cannot be reached: {error}", where=self.url) from None
        try:
            decoded = json.loads(content)
        except ValueError:
            decoded = None
        raise_for(status, decoded)
        if not isinstance(decoded, dict):
            raise UpstreamUnavailable("something answers there, but not as a service process does", where=self.url)
        return decoded
