"""What the desk needs of Kafka and of the sandbox around it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from typing import Any, Protocol

from sandbox.contracts.delivery import Published
from sandbox.contracts.tracing import TraceContext
from sandbox.kafka.dlq_reader import Positions, Progress
from sandbox.kafka.reader import PartitionOffsets
from sandbox.kafka.values import View

__all__ = ["Health", "LetterSource", "OnItsWay", "ReplayPublisher", "Values"]


class LetterSource(Protocol):
    """The DLQ topics, by logical name. All raise KafkaUnavailable."""

    async def ends(self) -> list[PartitionOffsets]:
        """First and end offsets of every DLQ topic there is."""

    def read(self, ends: Sequence[PartitionOffsets], positions: Positions) -> AsyncIterator[Progress]:
        """What stands between `positions` and `ends`."""

    async def committed(self, groups: Sequence[str]) -> Mapping[tuple[str, str, int], int]:
        """(group, topic, partition) → the next offset that the group will handle."""

    async def close(self) -> None: ...


class OnItsWay(Protocol):
    async def published(self) -> Published: ...


class ReplayPublisher(Protocol):
    """Errors as KafkaPublisher's: KafkaUnavailable, UsageError, UpstreamUnavailable."""

    async def post_raw(
        self,
        topic: str,
        *,
        key: bytes | None,
        value: bytes | None,
        headers: Sequence[tuple[str, bytes]] = (),
        partition: int | None = None,
    ) -> OnItsWay: ...

    async def publish(
        self, topic: str, value: Mapping[str, Any], *, key: str | None, trace: TraceContext
    ) -> Published: ...

    async def partitions(self, topic: str) -> int:
        """How many partitions a topic has. Raises UnknownName."""

    async def make_side_topic(self, topic: str, like: str) -> None:
        """Make a topic with as many partitions as another one, if it is missing."""


class Values(Protocol):
    """Record values by their topic's contract, as TopicValues."""

    async def encode(self, topic: str, value: Mapping[str, Any]) -> bytes:
        """Raises UsageError when the value does not fit, UpstreamUnavailable while the registry is away."""

    async def view(self, topic: str, data: bytes | None) -> View:
        """Never fails; says why where it cannot."""


class Health(Protocol):
    """Whether what failed may have recovered."""

    async def unwell(self) -> Collection[str] | None:
        """Services to be left alone: a breaker of theirs is open. None while any component is not ready."""
