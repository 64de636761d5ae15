"""What has come on a topic since a moment, kept for those who wait for something on it."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import aclosing

from sandbox.control.client import ControlClient
from sandbox.control.models import TailedRecord
from sandbox.errors import SandboxError
from sandbox.pytest_plugin.received import Received

__all__ = ["TopicLog"]

KEPT = 10_000
KEPT_OF_A_TENANT = 2_000
AGAIN_S = 0.2


class TopicLog:
    """Follows a topic from `since_ms` on until `close`, over interruptions too. The newest records are kept.

    `is_ours` says of which tenants records are kept apart: a lease finds its own quickly, and among no others.
    """

    def __init__(self, client: ControlClient, topic: str, since_ms: int, is_ours: Callable[[str], bool]) -> None:
        self.topic = topic
        self.failure: SandboxError | None = None
        """Why nothing comes at the moment."""
        self._client = client
        self._since_ms = since_ms
        self._is_ours = is_ours
        self._all: deque[Received] = deque(maxlen=KEPT)
        self._by_tenant: dict[str, deque[Received]] = {}
        self._ends: dict[int, int] = {}
        self._news = asyncio.Event()
        self._following = asyncio.create_task(self._follow(), name=f"sandbox: {topic}")

    def records(self, tenant: str | None) -> Iterator[Received]:
        """Oldest first; without a tenant all of them."""
        yield from self._all if tenant is None else self._by_tenant.get(tenant, ())

    async def more(self, wait_s: float) -> bool:
        """Wait for anything new; False when nothing came in time."""
        try:
            async with asyncio.timeout(wait_s):
                await self._news.wait()
        except TimeoutError:
            return False
        return True

    def forget(self, tenant: str) -> None:
        self._by_tenant.pop(tenant, None)

    async def close(self) -> None:
        self._following.cancel()
        await asyncio.gather(self._following, return_exceptions=True)

    async def _follow(self) -> None:
        while True:
            try:
                async with aclosing(self._client.tail(self.topic, start=self._since_ms)) as records:
                    async for record in records:
                        self._take(record)
            except SandboxError as error:
                self.failure = error
                self._tell()
            await asyncio.sleep(AGAIN_S)

    def _take(self, record: TailedRecord) -> None:
        self.failure = None
        if record.offset < self._ends.get(record.partition, 0):
            return  # seen before the connection broke
        self._ends[record.partition] = record.offset + 1
        received = Received(
            record.topic, record.partition, record.offset, record.timestamp_ms, record.key, record.value,
            dict(record.headers), record.error,
        )  # fmt: skip
        self._all.append(received)
        if (tenant := received.tenant) is not None and self._is_ours(tenant):
            self._by_tenant.setdefault(tenant, deque(maxlen=KEPT_OF_A_TENANT)).append(received)
        self._tell()

    def _tell(self) -> None:
        self._news.set()
        self._news = asyncio.Event()
