"""Topics in numbers: what is summed up, when Kafka is asked again, what a failed look leaves behind."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from sandbox.clock import ManualClock
from sandbox.errors import UnknownName
from sandbox.kafka.cluster import Cluster, KafkaUnavailable
from sandbox.kafka.reader import PartitionOffsets
from sandbox.runtime import topic_counts
from sandbox.runtime.topic_counts import TopicCounts

TOPIC, INTERNAL = "rim.fast-path", "_schemas"


class Kafka:
    """Two topics; the group `capsule` has read part of one partition, `mine` has committed further back than Kafka
    keeps."""

    def __init__(self) -> None:
        self.looks = self.group_looks = self.connections = self.stopped = 0
        self.is_away = False
        self.bytes = {TOPIC: 4_096}
        self.ends = {0: 30, 1: 5}

    async def __aenter__(self) -> Kafka:
        self.connections += 1
        return self

    async def stop(self) -> None:
        self.stopped += 1

    async def names(self) -> tuple[str, ...]:
        self.group_looks += 1
        return ("mine",)

    async def committed(self, groups: Sequence[str]) -> dict[str, dict[tuple[str, int], int]]:
        known = {"capsule": {(TOPIC, 0): 25}, "mine": {(TOPIC, 0): 3}}
        return {group: known[group] for group in groups}

    async def sizes(self) -> dict[str, int]:
        return self.bytes

    async def offsets(self) -> list[PartitionOffsets]:
        self.looks += 1
        if self.is_away:
            raise KafkaUnavailable("Kafka went away")
        own = [PartitionOffsets(TOPIC, number, 10 if number == 0 else 0, end) for number, end in self.ends.items()]
        return [*own, PartitionOffsets(INTERNAL, 0, 0, 7)]


@pytest.fixture
def kafka(monkeypatch: pytest.MonkeyPatch) -> Kafka:
    kafka = Kafka()
    monkeypatch.setattr(topic_counts, "GroupsAdmin", lambda _: kafka)
    return kafka


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def counts(kafka: Kafka, clock: ManualClock) -> TopicCounts:
    return TopicCounts(Cluster("localhost:1"), lambda: {"capsule": {"topics": (TOPIC,)}}, clock)


async def test_a_topic_is_the_sum_of_its_partitions(counts: TopicCounts) -> None:
    internal, topic = await counts.look()
    assert (topic["name"], topic["partitions"], topic["internal"]) == (TOPIC, 2, False)
    assert topic["records"] == (30 - 10) + 5, "what is kept"
    assert topic["produced"] == 30 + 5, "whatever retention has removed"
    assert (internal["name"], internal["internal"], internal["lag"]) == (INTERNAL, True, {})


async def test_sizes_are_the_brokers_and_none_where_it_does_not_say(counts: TopicCounts) -> None:
    internal, topic = await counts.look()
    assert (internal["size_bytes"], topic["size_bytes"]) == (None, 4_096)


async def test_a_group_is_behind_by_what_is_kept_and_a_service_also_where_it_has_committed_nothing(
    counts: TopicCounts,
) -> None:
    first, second = await counts.partitions(TOPIC)
    assert first["lag"] == {"capsule": 5, "mine": 20}, "what is no longer kept cannot be read"
    assert second["lag"] == {"capsule": 5}
    assert (await counts.look())[1]["lag"] == {"capsule": 10, "mine": 20}


async def test_an_unknown_topic_has_no_partitions(counts: TopicCounts) -> None:
    with pytest.raises(UnknownName, match="nowhere"):
        await counts.partitions("nowhere")


async def test_a_topic_that_was_just_made_is_looked_for_once_more(counts: TopicCounts, kafka: Kafka) -> None:
    await counts.look()
    with pytest.raises(UnknownName):
        await counts.partitions("new")
    assert kafka.looks == 2


async def test_askers_within_a_moment_share_a_look(counts: TopicCounts, kafka: Kafka, clock: ManualClock) -> None:
    await counts.look()
    await counts.partitions(TOPIC)
    assert kafka.looks == 1
    kafka.ends[1] = 9
    clock.tick(0.4)
    assert (await counts.look())[1]["produced"] == 39
    assert (kafka.looks, kafka.group_looks, kafka.connections) == (2, 1, 1), "groups are listed now and then"
    clock.tick(5.1)
    await counts.look()
    assert kafka.group_looks == 2


async def test_a_look_that_fails_connects_anew_the_next_time(counts: TopicCounts, kafka: Kafka) -> None:
    kafka.is_away = True
    with pytest.raises(KafkaUnavailable):
        await counts.look()
    kafka.is_away = False
    assert len(await counts.look()) == 2
    assert (kafka.connections, kafka.stopped) == (2, 1)
    await counts.close()
    assert kafka.stopped == 2
