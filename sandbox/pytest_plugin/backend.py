"""What all clients of one test process share: connections, followed topics, contracts, tokens."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Collection
from functools import cached_property
from typing import Any, TypeVar

import aiohttp

from sandbox.contracts.catalog import Contracts
from sandbox.control.client import ControlClient
from sandbox.control.models import Status
from sandbox.pytest_plugin.loop_thread import LoopThread
from sandbox.pytest_plugin.topic_log import TopicLog
from sandbox.runtime.team_contracts import load_contracts

__all__ = ["Backend"]

Found = TypeVar("Found")

REQUEST_LIMIT_S = 30.0
TOKEN_S = 7 * 86_400
LOOK_S = 0.1


class Backend:
    """A sandbox at `url`. Everything but `start` and `close` happens in `loop`."""

    def __init__(self, url: str, token: str) -> None:
        self.loop = LoopThread()
        self.control = ControlClient(url, token)
        self.since_ms = time.time_ns() // 1_000_000
        self.tenants: set[str] = set()
        """Those of this process's leases."""
        self.status: Status
        self._secret = token
        self._http: aiohttp.ClientSession | None = None
        self._logs: dict[str, TopicLog] = {}
        self._fault_parameters: dict[str, Collection[str]] = {}

    @classmethod
    def start(cls, url: str, token: str) -> Backend:
        """Connect. Raises NotRunning."""
        backend = cls(url, token)
        try:
            backend.status = backend.loop.run(backend.control.status())
        except BaseException:
            backend.close()
            raise
        return backend

    def close(self) -> None:
        self.loop.run(self._close())
        self.loop.close()

    async def _close(self) -> None:
        await asyncio.gather(*(each.close() for each in self._logs.values()))
        if self._http is not None:
            await self._http.close()
        await self.control.close()
        await asyncio.sleep(0)  # transports close in the loop's next turn

    @property
    def http(self) -> aiohttp.ClientSession:
        if self._http is None:
            self._http = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=REQUEST_LIMIT_S))
        return self._http

    @cached_property
    def contracts(self) -> Contracts:
        """Those that the sandbox was started with. Raises InvalidFile when the folder is no longer good."""
        return load_contracts(self.status.contracts.folder if self.status.contracts else None)

    def is_shared(self, topic: str) -> bool:
        """Whether all tenants use this topic: one of the contracts, or an internal one."""
        return topic in self.contracts.topics or topic.startswith("_")

    def token(self, tenant: str | None, scopes: Collection[str] | None = None) -> str:
        """A bearer token of these scopes, all without any."""
        from sandbox.services.bearer_token import SCOPES, issue_token
        from sandbox.services.settings import HttpSettings

        given: dict[str, Any] = {"now_s": int(time.time()), "expires_s": TOKEN_S, "tenant": tenant}
        return issue_token(HttpSettings(secret=self._secret), tuple(scopes or SCOPES), subject="tests", **given)

    def log(self, topic: str) -> TopicLog:
        """The topic by its real name, followed since this process began."""
        if topic not in self._logs:
            self._logs[topic] = TopicLog(self.control, topic, self.since_ms, self.tenants.__contains__)
        return self._logs[topic]

    async def forget(self, tenant: str, topics: Collection[str]) -> None:
        """A lease has ended: its topics go, and what was kept for it."""
        self.tenants.discard(tenant)
        for log in self._logs.values():
            log.forget(tenant)
        for topic in topics:
            if log := self._logs.pop(topic, None):
                await log.close()
            await self.control.delete_topic(topic)

    async def fault_parameters(self, kind: str) -> Collection[str]:
        """Those that this kind of fault takes; none of a kind that there is not."""
        if not self._fault_parameters:
            kinds = await self.control.fault_kinds()
            self._fault_parameters = {each.kind: tuple(each.parameters.get("properties", ())) for each in kinds}
        return self._fault_parameters.get(kind, ())

    async def last_fact(self) -> int:
        return (await self.control.facts(after=-1, limit=1)).last

    async def until(
        self, look: Callable[[], Awaitable[Found | None]], kinds: Collection[str], within_s: float
    ) -> Found | None:
        """What `look` finds, looking again when there are facts of these `kinds`, and now and then; None at the end."""
        deadline = time.monotonic() + within_s
        after = await self.last_fact()
        while (found := await look()) is None:
            left_s = deadline - time.monotonic()
            if left_s <= 0:
                return None
            after = (await self.control.facts(after, kinds=kinds, wait_s=min(left_s, LOOK_S))).next
        return found
