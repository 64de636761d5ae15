"""Consumer groups from outside: their members, how far they are behind, and setting them back."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.coordinator.protocol import ConsumerProtocol
from aiokafka.errors import (
    CommitFailedError,
    GroupCoordinatorNotAvailableError,
    GroupIdNotFound,
    GroupLoadInProgressError,
    IllegalGenerationError,
    KafkaError,
    NoError,
    NonEmptyGroup,
    NotCoordinatorForGroupError,
    RebalanceInProgressError,
    UnknownMemberIdError,
    for_code,
)
from aiokafka.protocol.admin import DeleteGroupsRequest
from aiokafka.protocol.commit import OffsetFetchRequest

from sandbox.errors import Conflict
from sandbox.kafka.cluster import Cluster, KafkaUnavailable
from sandbox.kafka.log_sizes import LogSizesRequest, sizes_of
from sandbox.kafka.reader import From, LogReader, PartitionOffsets
from sandbox.kafka.request import ask
from sandbox.kafka.shutdown import close_consumer

__all__ = ["GroupDescription", "GroupMember", "GroupsAdmin", "PartitionLag"]

COORDINATOR_ERRORS = (GroupCoordinatorNotAvailableError, GroupLoadInProgressError, NotCoordinatorForGroupError)
COORDINATOR_RETRY_S = 0.05
HAS_MEMBERS = (CommitFailedError, IllegalGenerationError, RebalanceInProgressError, UnknownMemberIdError)
"""How Kafka refuses a commit from outside while a group has members."""


@dataclass(frozen=True, slots=True)
class PartitionLag:
    """`committed` is None when the group has committed nothing there; its lag is then all that is kept, from `begin` to
    `end`."""

    topic: str
    partition: int
    committed: int | None
    begin: int
    end: int
    lag: int


@dataclass(frozen=True, slots=True)
class GroupMember:
    member_id: str
    client_id: str
    host: str
    partitions: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class GroupDescription:
    """`state` is Kafka's word: Stable, Empty, PreparingRebalance, CompletingRebalance or Dead."""

    group: str
    state: str
    members: tuple[GroupMember, ...]
    partitions: tuple[PartitionLag, ...]

    @property
    def lag(self) -> int:
        return sum(partition.lag for partition in self.partitions)


class GroupsAdmin:
    """Use as `async with GroupsAdmin(cluster) as groups`. Names are logical. Raises KafkaUnavailable throughout."""

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster
        self._client = AIOKafkaAdminClient(**cluster.options("sandbox-groups"))
        self._reader = LogReader(cluster, client_id="sandbox-groups")

    async def __aenter__(self) -> GroupsAdmin:
        try:
            await ask(self._cluster, "connecting", self._client.start())
            await self._reader.start()
        except BaseException:
            await self.stop()
            raise
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    async def stop(self) -> None:
        await self._client.close()
        await self._reader.stop()

    async def names(self) -> tuple[str, ...]:
        """The groups under the cluster's prefix, sorted."""
        prefix = self._cluster.names.prefix
        found = await self._ask("listing groups", self._client.list_consumer_groups())
        return tuple(sorted(self._cluster.names.logical(group) for group, *_ in found if group.startswith(prefix)))

    async def describe(
        self, groups: Iterable[str] | None = None, *, topics: Iterable[str] = ()
    ) -> list[GroupDescription]:
        """State, members and lag of each group (default: all) on the topics that it has committed on, that its members
        are given, or that are named here."""
        wanted = list(await self.names() if groups is None else groups)
        also = frozenset(topics)
        return await asyncio.gather(*(self._describe(group, also) for group in wanted))

    async def offsets(self, topics: Sequence[str] | None = None) -> list[PartitionOffsets]:
        """First and end offsets now of the partitions of these topics (default: all)."""
        return await self._reader.offsets(topics)

    async def sizes(self) -> dict[str, int]:
        """Bytes on disk by topic, as the brokers say it; empty where they do not."""
        found: dict[str, int] = {}
        for broker in self._client._client.cluster.brokers():
            try:
                answer = await self._ask("reading sizes", self._client._send_request(LogSizesRequest(), broker.nodeId))
            except (KafkaUnavailable, NotImplementedError):
                continue
            for topic, size in sizes_of(answer).items():
                name = self._cluster.names.logical(topic)
                found[name] = max(found.get(name, 0), size)
        return found

    async def committed(self, groups: Sequence[str]) -> dict[str, dict[tuple[str, int], int]]:
        """Group → (topic, partition) → the offset it has committed; empty for a group that has committed nothing."""
        return dict(zip(groups, await asyncio.gather(*(self._committed(group) for group in groups)), strict=True))

    async def positions(self, topics: Sequence[str], begin: From) -> dict[tuple[str, int], int]:
        """(topic, partition) → the offset that `begin` points to now. Raises UnknownName for a missing topic."""
        async with LogReader(self._cluster, topics, begin=begin, client_id="sandbox-groups") as reader:
            return await reader.positions()

    async def set_offsets(self, group: str, offsets: dict[tuple[str, int], int]) -> None:
        """Commit these offsets for a group that has no members, all of them or none.

        Raises Conflict while it has members, which would go on from where they are: Kafka itself refuses then.
        """
        names = self._cluster.names
        consumer = AIOKafkaConsumer(
            **self._cluster.options("sandbox-groups"), group_id=names.group(group), enable_auto_commit=False
        )
        wanted = {TopicPartition(names.topic(topic), number): offset for (topic, number), offset in offsets.items()}
        consumer.assign(list(wanted))
        try:
            await self._ask(f"resetting group {group}", consumer.start())
            await ask(self._cluster, f"resetting group {group}", consumer.commit(wanted))
        except HAS_MEMBERS:
            raise Conflict(
                f"group {group} has members", where=group, hint="stop its consumers first, then set its offsets"
            ) from None
        except KafkaError as error:
            raise self._cluster.unavailable(f"resetting group {group}", error) from error
        finally:
            await close_consumer(consumer, leave=False, limit_s=1.0)

    async def delete(self, group: str) -> bool:
        """Forget the group and all it has committed; False when it has members, which keep it. Gone is gone."""
        doing, real = f"deleting group {group}", self._cluster.names.group(group)
        code = await self._ask(doing, self._delete(real))
        if code not in (NoError.errno, NonEmptyGroup.errno, GroupIdNotFound.errno):
            raise self._cluster.unavailable(doing, for_code(code)())
        return code != NonEmptyGroup.errno

    async def _delete(self, real_group: str) -> int:
        """Kafka's error code, 0 for none."""
        while True:
            coordinator = await self._client.find_coordinator(real_group)
            answer = await self._client._send_request(DeleteGroupsRequest([real_group]), coordinator)
            ((_, code),) = answer.results
            if not issubclass(for_code(code), COORDINATOR_ERRORS):
                return int(code)
            await asyncio.sleep(COORDINATOR_RETRY_S)

    async def _committed(self, group: str) -> dict[tuple[str, int], int]:
        doing = f"reading the offsets of group {group}"
        answer = await self._ask(doing, self._fetch_committed(self._cluster.names.group(group)))
        logical = self._cluster.names.logical
        return {
            (logical(topic), partition): offset
            for topic, partitions in answer.topics
            for partition, offset, *_ in partitions
            if offset >= 0
        }

    async def _fetch_committed(self, real_group: str) -> Any:
        """aiokafka 0.14's own call overlooks the answer's error: while the coordinator loads the group, it then looks
        as if nothing were committed."""
        while True:
            coordinator = await self._client.find_coordinator(real_group)
            answer = await self._client._send_request(OffsetFetchRequest(real_group, None), coordinator)
            error = for_code(answer.error_code)
            if error is NoError:
                return answer
            if not issubclass(error, COORDINATOR_ERRORS):
                raise error(real_group)
            await asyncio.sleep(COORDINATOR_RETRY_S)

    async def _describe(self, group: str, topics: frozenset[str]) -> GroupDescription:
        real = self._cluster.names.group(group)
        # One request each: aiokafka 0.14 reads an answer about several groups with the schema of an older version.
        (answer,) = await self._ask(f"describing group {group}", self._client.describe_consumer_groups([real]))
        (described,) = answer.to_object()["groups"]
        members = tuple(self._member(each) for each in described["members"])
        given = {topic for member in members for topic, _ in member.partitions}
        return GroupDescription(
            group=group, state=described["state"], members=members, partitions=await self._lags(group, topics | given)
        )

    async def _lags(self, group: str, topics: frozenset[str]) -> tuple[PartitionLag, ...]:
        committed = await self._committed(group)
        lags = []
        for at in await self._reader.offsets(sorted(topics | {topic for topic, _ in committed})):
            offset = committed.get((at.topic, at.partition))
            lag = max(0, at.end - max(at.begin, offset or 0))
            lags.append(PartitionLag(at.topic, at.partition, offset, at.begin, at.end, lag))
        return tuple(lags)

    def _member(self, described: dict[str, Any]) -> GroupMember:
        partitions: list[tuple[str, int]] = []
        if described["member_assignment"]:
            assignment = ConsumerProtocol.ASSIGNMENT.decode(described["member_assignment"])
            partitions = [
                (self._cluster.names.logical(topic), number)
                for topic, numbers in assignment.assignment
                for number in numbers
            ]
        return GroupMember(
            member_id=described["member_id"],
            client_id=described["client_id"],
            host=described["client_host"].lstrip("/"),
            partitions=tuple(sorted(partitions)),
        )

    async def _ask(self, doing: str, call: Any) -> Any:
        try:
            return await ask(self._cluster, doing, call)
        except KafkaError as error:
            raise self._cluster.unavailable(doing, error) from error
