"""Records on their way to Kafka: kept in the store together with the change they tell of, then published in order.

A plan neither waits for Kafka nor loses an event while Kafka is away or PLATO is restarted (at least once).
"""

from __future__ import annotations

import asyncio
import json
import logging
import sqlite3
from collections.abc import Mapping
from dataclasses import asdict
from itertools import groupby
from typing import Any

from sandbox.clock import Clock
from sandbox.contracts.tracing import TraceContext
from sandbox.errors import UpstreamUnavailable, UsageError
from sandbox.services.database import Database
from sandbox.services.ports import Publisher

__all__ = ["Outbox"]

BATCH = 100
RETRY_WAIT_S = 1.0
LIMIT_RECORDS = 50_000
_log = logging.getLogger(__name__)


class Outbox:
    """`add` inside the transaction of the change; `run` publishes for as long as the service lives."""

    def __init__(self, database: Database, publisher: Publisher, clock: Clock) -> None:
        self._database = database
        self._publisher = publisher
        self._clock = clock
        self._filled = asyncio.Event()
        self._emptied = asyncio.Event()

    def add(self, topic: str, value: Mapping[str, Any], *, key: str, trace: TraceContext) -> None:
        self._database.execute(
            "INSERT INTO outbox (topic, key, value, trace) VALUES (?, ?, ?, ?)",
            topic, key, json.dumps(value), json.dumps(asdict(trace)),
        )  # fmt: skip
        self._emptied.clear()
        self._filled.set()

    def pending(self) -> int:
        return self._database.count("SELECT count(*) FROM outbox")

    async def run(self) -> None:
        """Publish what is there and what comes, until cancelled."""
        while True:
            rows = self._database.all("SELECT * FROM outbox ORDER BY number LIMIT ?", BATCH)
            if not rows:
                self._emptied.set()
                self._filled.clear()
                await self._filled.wait()
                continue
            by_key = groupby(sorted(rows, key=_place), key=_place)
            sent = await asyncio.gather(*(self._publish(list(group)) for _, group in by_key))
            if not all(sent):
                self._drop_overflow()
                await self._clock.sleep(RETRY_WAIT_S)

    async def drained(self, timeout_s: float) -> bool:
        """Wait until everything is published; False when it is not within `timeout_s` seconds of real time."""
        try:
            async with asyncio.timeout(timeout_s):
                while self.pending():
                    self._emptied.clear()
                    self._filled.set()
                    await self._emptied.wait()
        except TimeoutError:
            return False
        return True

    async def _publish(self, rows: list[sqlite3.Row]) -> bool:
        """Publish one key's records in order; False when the broker cannot be reached."""
        for row in rows:
            trace = TraceContext(**json.loads(row["trace"]))
            try:
                await self._publisher.publish(row["topic"], json.loads(row["value"]), key=row["key"], trace=trace)
            except UpstreamUnavailable as error:
                _log.warning(
                    "%s of %s waits for Kafka: %s", row["topic"], row["key"], error.message, extra={"trace": trace}
                )
                return False
            except UsageError as error:
                _log.error(
                    "%s of %s does not fit its contract and is dropped: %s", row["topic"], row["key"], error,
                    extra={"trace": trace},
                )  # fmt: skip
            self._database.execute("DELETE FROM outbox WHERE number = ?", row["number"])
        return True

    def _drop_overflow(self) -> None:
        excess = self.pending() - LIMIT_RECORDS
        if excess > 0:
            _log.error("%d records could not be published in time and are dropped, oldest first", excess)
            self._database.execute(
                "DELETE FROM outbox WHERE number IN (SELECT number FROM outbox ORDER BY number LIMIT ?)", excess
            )


def _place(row: sqlite3.Row) -> tuple[str, str]:
    return row["topic"], row["key"]
