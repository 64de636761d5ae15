"""One member of one consumer group: joins, fetches, hands records to its boundary, commits what is done with.

Static membership makes restarts cheap: a member that was killed and comes back under the same instance id takes its old
place at once, without a rebalance. On `stop` it leaves, so that other members get its partitions without waiting for
the session to time out.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable

from aiokafka import AIOKafkaConsumer, ConsumerRebalanceListener, ConsumerRecord, TopicPartition
from aiokafka.coordinator.assignors.range import RangePartitionAssignor
from aiokafka.errors import KafkaError

from sandbox.contracts.delivery import Subscription
from sandbox.contracts.record import Record
from sandbox.errors import NotReady
from sandbox.kafka.boundary import ConsumerCrash
from sandbox.kafka.cluster import Cluster
from sandbox.kafka.partition_worker import HandleRun, PartitionWorker
from sandbox.kafka.shutdown import close_consumer
from sandbox.kafka.turnstile import Turnstile

__all__ = ["GroupConsumer"]

log = logging.getLogger(__name__)

SESSION_TIMEOUT_MS = 10_000
HEARTBEAT_INTERVAL_MS = 2_000
REQUEST_TIMEOUT_MS = 15_000
"""Above the session timeout, since a request to join may be held that long."""
COMMIT_EVERY_S = 0.2
COMMIT_LIMIT_S = 5.0
FINISH_S = 1.0
"""What is under way gets to finish in when its partition goes to another member or the process stops."""
POLL_MS = 1_000
FETCH_PARTITION_BYTES = 512 * 1024
RECONNECT_S = (0.1, 0.2, 0.5, 1.0)


class GroupConsumer(ConsumerRebalanceListener):
    """Runs one subscription. `handle` says which records' offsets may be committed (ConsumerBoundary.handle_run).

    Partitions are worked off side by side, the records of one partition in order. `instance` names this process among
    those of the group: the same after each restart, and no two at one time. Without committed offsets it begins at
    the start of the topics, or with `from_start=False` at their end.
    """

    def __init__(
        self,
        cluster: Cluster,
        subscription: Subscription,
        handle: HandleRun,
        *,
        instance: str,
        from_start: bool = True,
    ) -> None:
        self._cluster = cluster
        self._handle = handle
        self._from_start = from_start
        self.group = cluster.names.group(subscription.group)
        self._topics = tuple(cluster.names.topic(topic) for topic in subscription.topics)
        self._instance_id = f"{self.group}-{instance}"
        self._task: asyncio.Task[None] | None = None
        self._consumer: AIOKafkaConsumer | None = None
        self._workers: dict[TopicPartition, tuple[PartitionWorker, asyncio.Task[None]]] = {}
        self._handled: dict[TopicPartition, int] = {}
        self._committed: dict[TopicPartition, int] = {}
        self._turnstile = Turnstile()
        self._committing = asyncio.Lock()
        self._uncommitted = asyncio.Event()
        self._joined = asyncio.Event()
        self.last_error: str | None = None

    @property
    def joined(self) -> bool:
        """Whether the group has given this member its partitions (perhaps none)."""
        return self._joined.is_set()

    @property
    def topics(self) -> tuple[str, ...]:
        """Logical names."""
        return tuple(map(self._cluster.names.logical, self._topics))

    @property
    def partitions(self) -> int:
        return len(self._consumer.assignment()) if self._consumer is not None and self.joined else 0

    def start(self) -> None:
        """Begin joining, and go on trying while Kafka is away; returns at once."""
        if self._task is None:
            self._task = asyncio.create_task(self._run(), name=f"consumer {self.group}")
            self._task.add_done_callback(self._ended)

    async def wait_joined(self, limit_s: float = 10.0) -> None:
        """Raises NotReady when the group has not been joined in time."""
        try:
            async with asyncio.timeout(limit_s):
                await self._joined.wait()
        except TimeoutError:
            raise NotReady(
                f"consumer group {self.group} did not join in {limit_s:g} s: {self.last_error or 'no answer yet'}",
                where=self._cluster.bootstrap_servers,
                hint="see `sandbox status`",
            ) from None

    async def stop(self, limit_s: float = 4.0, *, at_once: bool = False) -> None:
        """Finish the records under way, or with `at_once` drop them; commit, leave the group. Cut off after `limit_s`.

        Idempotent.
        """
        task, self._task = self._task, None
        if task is None:
            return
        if at_once:
            for _, work in self._workers.values():
                work.cancel()
        task.cancel()
        await asyncio.wait([task], timeout=limit_s)
        while not task.done():
            task.cancel()
            await asyncio.wait([task], timeout=0.2)

    async def on_partitions_revoked(self, revoked: Iterable[TopicPartition]) -> None:
        """The group is about to deal its partitions anew: what is under way is finished and committed first."""
        self._joined.clear()
        await self._finish_workers()
        await self._commit(COMMIT_LIMIT_S)
        self._handled.clear()
        self._committed.clear()

    async def on_partitions_assigned(self, assigned: Iterable[TopicPartition]) -> None:
        self.last_error = None
        self._joined.set()

    async def _run(self) -> None:
        failures = 0
        while True:
            leave, crash = True, None
            consumer = self._consumer = self._member()
            try:
                await self._session(consumer)
            except* KafkaError as errors:
                leave = False
                failures = 0 if self.joined else failures + 1
                self._note(errors.exceptions[0])
            except* ConsumerCrash as errors:
                crash = errors.exceptions[0]
                self._note(crash)
            finally:
                self._joined.clear()
                if crash is None:
                    await self._commit(FINISH_S)
                self._handled.clear()
                self._committed.clear()
                await close_consumer(consumer, leave=leave, limit_s=FINISH_S)
                self._consumer = None
            if crash is not None:
                await crash.away()
                continue
            await asyncio.sleep(RECONNECT_S[min(failures, len(RECONNECT_S) - 1)])

    def _member(self) -> AIOKafkaConsumer:
        options = {**self._cluster.options(self._instance_id), "request_timeout_ms": REQUEST_TIMEOUT_MS}
        consumer = AIOKafkaConsumer(
            **options,
            group_id=self.group,
            group_instance_id=self._instance_id,
            session_timeout_ms=SESSION_TIMEOUT_MS,
            heartbeat_interval_ms=HEARTBEAT_INTERVAL_MS,
            enable_auto_commit=False,
            auto_offset_reset="earliest" if self._from_start else "latest",
            max_partition_fetch_bytes=FETCH_PARTITION_BYTES,
            # Also Java's default, so that a real service may stand in the same group. Only one: aiokafka 0.14 sends a
            # request to join for each.
            partition_assignment_strategy=(RangePartitionAssignor,),
        )
        consumer.subscribe(self._topics, listener=self)
        return consumer

    async def _session(self, consumer: AIOKafkaConsumer) -> None:
        """Join and consume until cancelled or until Kafka ends it. Raises a group of KafkaErrors."""
        async with asyncio.TaskGroup() as tasks:
            await consumer.start()
            committing = tasks.create_task(self._commit_often())
            try:
                while True:
                    for partition, fetched in (await consumer.getmany(timeout_ms=POLL_MS)).items():
                        self._feed(tasks, partition, fetched)
                    await asyncio.sleep(0)
            finally:
                await self._finish_workers()
                committing.cancel()

    def _feed(self, tasks: asyncio.TaskGroup, partition: TopicPartition, fetched: list[ConsumerRecord]) -> None:
        consumer = self._consumer
        if consumer is None:
            return
        known = self._workers.get(partition)
        if known is None:
            worker = PartitionWorker(
                self._handle,
                on_handled=lambda offset: self._note_handled(partition, offset),
                on_room=lambda: self._resume(partition),
                turnstile=self._turnstile,
            )
            self._workers[partition] = (worker, tasks.create_task(worker.run(), name=f"{self.group} {partition}"))
        else:
            worker, _ = known
        worker.feed([self._record(each) for each in fetched])
        if worker.is_full:
            consumer.pause(partition)

    def _record(self, fetched: ConsumerRecord) -> Record:
        return Record(
            topic=self._cluster.names.logical(fetched.topic),
            partition=fetched.partition,
            offset=fetched.offset,
            timestamp_ms=fetched.timestamp,
            key=fetched.key,
            value=fetched.value,
            headers=tuple(fetched.headers),
        )

    def _resume(self, partition: TopicPartition) -> None:
        if self._consumer is not None and partition in self._consumer.assignment():
            self._consumer.resume(partition)

    def _note_handled(self, partition: TopicPartition, offset: int) -> None:
        self._handled[partition] = offset
        self._uncommitted.set()

    async def _commit_often(self) -> None:
        while True:
            await self._uncommitted.wait()
            await asyncio.sleep(COMMIT_EVERY_S)
            self._uncommitted.clear()
            if not await self._commit(COMMIT_LIMIT_S):
                self._uncommitted.set()

    async def _commit(self, limit_s: float) -> bool:
        """Commit what is handled and not committed yet. A commit that fails is only a record handled twice later."""
        consumer = self._consumer
        if consumer is None:
            return True
        try:
            async with asyncio.timeout(limit_s), self._committing:
                assigned = consumer.assignment()
                offsets = {
                    partition: offset
                    for partition, offset in self._handled.items()
                    if self._committed.get(partition) != offset and partition in assigned
                }
                if offsets:
                    await consumer.commit(offsets)
                    self._committed.update(offsets)
        except (KafkaError, TimeoutError) as error:
            self._note(error)
            return False
        return True

    async def _finish_workers(self) -> None:
        """End every worker after what it has under way; what waits behind it is fetched again by whoever is next."""
        workers, self._workers = self._workers, {}
        for worker, _ in workers.values():
            worker.finish()
        tasks = [task for _, task in workers.values()]
        if tasks:
            _, late = await asyncio.wait(tasks, timeout=FINISH_S)
            for task in late:
                task.cancel()
            if late:
                await asyncio.wait(late, timeout=FINISH_S)

    def _note(self, error: BaseException) -> None:
        self.last_error = str(error) or type(error).__name__
        log.warning("consumer group %s: %s", self.group, self.last_error)

    def _ended(self, task: asyncio.Task[None]) -> None:
        if not task.cancelled() and (error := task.exception()) is not None:
            self._note(error)
            log.error("consumer group %s ended", self.group, exc_info=error)
