"""Publishes the snapshots of POSTed capsules: soon after the POST, in order, and again after a crash or an outage."""

from __future__ import annotations

import asyncio
import logging

from sandbox.clock import Clock
from sandbox.errors import UpstreamUnavailable, UsageError
from sandbox.services.capsule.capsules import Capsules
from sandbox.services.capsule.consumer import publish_snapshot
from sandbox.services.capsule.snapshots import Snapshot
from sandbox.services.ports import Publisher
from sandbox.services.store import StoreFailed

__all__ = ["Outbox"]

BATCH = 100
RETRY_WAIT_S = 1.0
_log = logging.getLogger(__name__)


class Outbox:
    """`wake` when there may be something to publish; `run` until cancelled."""

    def __init__(self, capsules: Capsules, publisher: Publisher, clock: Clock) -> None:
        self._capsules = capsules
        self._publisher = publisher
        self._clock = clock
        self._due = asyncio.Event()

    def wake(self) -> None:
        self._due.set()

    async def run(self) -> None:
        """Tries again every RETRY_WAIT_S while Kafka or the store is away."""
        self._due.set()
        while True:
            await self._due.wait()
            self._due.clear()
            try:
                while await self._publish_some():
                    pass
            except StoreFailed as error:
                _log.warning("snapshots wait: %s", error.render())
            except UpstreamUnavailable:
                pass  # `_publish` has told of it
            else:
                continue
            await self._clock.sleep(RETRY_WAIT_S)
            self._due.set()

    async def _publish_some(self) -> bool:
        """Whether there was anything to do."""
        waiting = await self._capsules.waiting_snapshots(BATCH)
        for snapshot in waiting:
            await self._publish(snapshot)
            self._capsules.snapshot_published(snapshot)
        # The rows must be gone before they are read again.
        await self._capsules.store.settled()
        return bool(waiting)

    async def _publish(self, snapshot: Snapshot) -> None:
        about = {"trace": snapshot.trace}
        try:
            await publish_snapshot(self._publisher, snapshot.record, snapshot.trace)
        except UpstreamUnavailable as error:
            text = "snapshot of %s waits for Kafka: %s"
            _log.warning(text, snapshot.record["capsule_id"], error.message, extra=about)
            raise
        except UsageError as error:
            # A contract that was swapped no longer fits; waiting would not help, and the capsule itself is kept.
            text = "snapshot of %s cannot be published: %s"
            _log.error(text, snapshot.record["capsule_id"], error.render(), extra=about)
