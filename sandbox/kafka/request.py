"""One question to Kafka, bounded in time, with the library's many ways to say "not there" made one error."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from typing import TypeVar

from aiokafka.errors import (
    BrokerNotAvailableError,
    GroupCoordinatorNotAvailableError,
    KafkaConnectionError,
    KafkaTimeoutError,
    LeaderNotAvailableError,
    NodeNotReadyError,
    NotCoordinatorForGroupError,
    NotLeaderForPartitionError,
    ProducerClosed,
    RequestTimedOutError,
    StaleMetadata,
)

from sandbox.kafka.cluster import Cluster

__all__ = ["AWAY", "ask"]

AWAY = (
    BrokerNotAvailableError,
    GroupCoordinatorNotAvailableError,
    KafkaConnectionError,
    KafkaTimeoutError,
    LeaderNotAvailableError,
    NodeNotReadyError,
    NotCoordinatorForGroupError,
    NotLeaderForPartitionError,
    ProducerClosed,
    RequestTimedOutError,
    StaleMetadata,
    TimeoutError,
)
"""What aiokafka raises when a broker is away, coming up, or going."""

Answer = TypeVar("Answer")


async def ask(cluster: Cluster, doing: str, call: Awaitable[Answer], *, limit_s: float | None = None) -> Answer:
    """The answer to `call`, waited for at most `limit_s` (default: the cluster's request timeout).

    Raises KafkaUnavailable in place of the errors in AWAY; other Kafka errors pass.
    """
    try:
        async with asyncio.timeout(limit_s or cluster.request_timeout_ms / 1000):
            return await call
    except AWAY as error:
        raise cluster.unavailable(doing, error) from error
