"""The topics of a cluster: made from the contracts in one request, described, emptied, deleted."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from aiokafka import TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic, RecordsToDelete
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiokafka.errors import KafkaConnectionError, TopicAlreadyExistsError, UnknownTopicOrPartitionError, for_code

from sandbox.contracts.catalog import Topic
from sandbox.errors import EnvironmentFailure, UnknownName
from sandbox.kafka.cluster import Cluster, KafkaUnavailable
from sandbox.kafka.producer import DEAD_LETTER_LIMIT_BYTES
from sandbox.kafka.request import ask

__all__ = ["CreatedTopics", "TopicDescription", "TopicsAdmin"]

CONNECT_RETRY_S = 0.02
VISIBLE_RETRY_S = 0.01
REPLICAS_WHERE_POSSIBLE = 3


@dataclass(frozen=True, slots=True)
class CreatedTopics:
    """Logical names: those made now, those found, and those found with another number of partitions than wanted."""

    created: tuple[str, ...]
    existing: tuple[str, ...]
    differing: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class TopicDescription:
    """`name` is logical; `config` holds the settings that are not the broker's defaults (only `describe` asks)."""

    name: str
    partitions: int
    replication: int
    internal: bool
    config: dict[str, str] = field(default_factory=dict)


class TopicsAdmin:
    """Use as `async with TopicsAdmin(cluster) as topics`. Every call raises KafkaUnavailable when Kafka is away."""

    def __init__(self, cluster: Cluster, *, connect_timeout_s: float = 10.0) -> None:
        self._cluster = cluster
        self._connect_timeout_s = connect_timeout_s
        self._client: AIOKafkaAdminClient | None = None

    async def __aenter__(self) -> TopicsAdmin:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    async def start(self) -> None:
        """Connect, trying again while the broker is still coming up. Raises KafkaUnavailable."""
        client = AIOKafkaAdminClient(**self._cluster.options("sandbox-admin"))
        try:
            async with asyncio.timeout(self._connect_timeout_s):
                while True:
                    try:
                        await client.start()
                        break
                    except KafkaConnectionError:
                        await asyncio.sleep(CONNECT_RETRY_S)
        except TimeoutError:
            await client.close()
            raise self._cluster.unavailable("connecting") from None
        except BaseException:
            await client.close()
            raise
        self._client = client

    async def stop(self) -> None:
        client, self._client = self._client, None
        if client is not None:
            await client.close()

    async def create(self, topics: Iterable[Topic]) -> CreatedTopics:
        """Make every topic that is missing, all in one request. Doing it again, or twice at once, changes nothing."""
        wanted = {self._cluster.names.topic(topic.name): topic for topic in topics}
        found = await self._topics()
        missing = [name for name in wanted if name not in found]
        raced: set[str] = set()
        if missing:
            replicas = await self._replication()
            raced = await self._send_new(
                [
                    NewTopic(name, wanted[name].partitions, replicas, topic_configs=_config(wanted[name]))
                    for name in missing
                ]
            )
            found = await self._visible(wanted)
        return CreatedTopics(
            created=tuple(wanted[name].name for name in missing if name not in raced),
            existing=tuple(topic.name for name, topic in wanted.items() if name not in missing or name in raced),
            differing=tuple(topic.name for name, topic in wanted.items() if found[name].partitions != topic.partitions),
        )

    async def create_compacted(self, name: str) -> None:
        """Make a topic of one partition that keeps the last record of each key for ever, if it is missing."""
        real = self._cluster.names.topic(name)
        if real not in await self._topics():
            config = {"cleanup.policy": "compact"}
            await self._send_new([NewTopic(real, 1, await self._replication(), topic_configs=config)])
            await self._visible([real])

    async def wake_coordinator(self) -> None:
        """Have the broker make its offsets topic now, so that the first group to join does not wait for it."""
        # "Not available yet" is the expected answer: asking is what starts the work.
        with contextlib.suppress(KafkaUnavailable):
            await ask(self._cluster, "looking up a group coordinator", self._open.find_coordinator("sandbox"))

    async def names(self, *, internal: bool = False) -> tuple[str, ...]:
        """Logical names of the topics under the cluster's prefix, sorted; internal ones begin with an underscore."""
        prefix = self._cluster.names.prefix
        found = (await self._topics()).items()
        shown = [each for real, each in found if real.startswith(prefix)]
        return tuple(
            sorted(each.name for each in shown if internal or not (each.internal or each.name.startswith("_")))
        )

    async def describe(self, topic: str) -> TopicDescription:
        """Raises UnknownName when there is no such topic."""
        real = self._cluster.names.topic(topic)
        found = (await self._topics()).get(real)
        if found is None:
            raise UnknownName(f"there is no topic {topic!r}", where=topic, hint="`sandbox topics list` shows them all")
        resource = ConfigResource(ConfigResourceType.TOPIC, real)
        answers = await ask(self._cluster, f"describing {topic}", self._open.describe_configs([resource]))
        config = {
            entry["config_names"]: entry["config_value"]
            for answer in answers
            for each in answer.to_object()["resources"]
            for entry in each["config_entries"]
            if not _is_default(entry)
        }
        return replace(found, config=config)

    async def delete(self, topics: Sequence[str]) -> None:
        """Delete topics by logical name; those that are not there are left out."""
        real = [self._cluster.names.topic(name) for name in topics]
        response = await ask(self._cluster, "deleting topics", self._open.delete_topics(real))
        for name, code in response.topic_error_codes:
            if code and for_code(code) is not UnknownTopicOrPartitionError:
                raise EnvironmentFailure(f"Kafka would not delete {name}: {for_code(code).description}", where=name)

    async def empty(self, topics: Sequence[str]) -> None:
        """Delete every record of the topics, by logical name; offsets go on from where they were."""
        found = await self._topics()
        real = [name for topic in topics if (name := self._cluster.names.topic(topic)) in found]
        everything = {
            TopicPartition(name, number): RecordsToDelete(before_offset=-1)
            for name in real
            for number in range(found[name].partitions)
        }
        if everything:
            await ask(self._cluster, "emptying topics", self._open.delete_records(everything))

    @property
    def _open(self) -> AIOKafkaAdminClient:
        if self._client is None:
            raise self._cluster.unavailable("using a closed connection")
        return self._client

    async def _topics(self) -> dict[str, TopicDescription]:
        """By real name, without their settings."""
        topics = await ask(self._cluster, "reading the list of topics", self._open.describe_topics())
        return {
            topic["topic"]: TopicDescription(
                name=self._cluster.names.logical(topic["topic"]),
                partitions=len(topic["partitions"]),
                replication=len(topic["partitions"][0]["replicas"]) if topic["partitions"] else 0,
                internal=topic["is_internal"],
            )
            for topic in topics
        }

    async def _visible(self, names: Iterable[str]) -> dict[str, TopicDescription]:
        """The topics once the broker shows all of `names`, which is a little after it has made them."""
        wanted = set(names)
        try:
            async with asyncio.timeout(self._cluster.request_timeout_ms / 1000):
                while True:
                    found = await self._topics()
                    if wanted <= found.keys():
                        return found
                    await asyncio.sleep(VISIBLE_RETRY_S)
        except TimeoutError as error:
            raise self._cluster.unavailable("waiting for its new topics", ", ".join(sorted(wanted))) from error

    async def _replication(self) -> int:
        """1 on one broker, 3 where the cluster has three."""
        cluster = await ask(self._cluster, "counting its brokers", self._open.describe_cluster())
        return min(REPLICAS_WHERE_POSSIBLE, len(cluster["brokers"]))

    async def _send_new(self, topics: list[NewTopic]) -> set[str]:
        """Real names of those that somebody else made meanwhile. Raises EnvironmentFailure when Kafka refuses one."""
        response = await ask(self._cluster, "creating topics", self._open.create_topics(topics))
        raced = set()
        for name, code, *message in response.topic_errors:
            if not code:
                continue
            if for_code(code) is not TopicAlreadyExistsError:
                reason = (message and message[0]) or for_code(code).description
                raise EnvironmentFailure(f"Kafka would not create the topic {name}: {reason}", where=name)
            raced.add(name)
        return raced


def _config(topic: Topic) -> dict[str, str]:
    config = {"retention.ms": str(topic.retention_ms)}
    if topic.is_dead_letters:
        config["max.message.bytes"] = str(DEAD_LETTER_LIMIT_BYTES)
    return config


def _is_default(entry: dict[str, Any]) -> bool:
    """`config_source` 5 is the broker's built-in default, 4 its own configuration; older answers say `is_default`."""
    return entry.get("is_default", False) or entry.get("config_source") in (4, 5)
