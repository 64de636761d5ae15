"""What a broker under training is made to do: what every start of a sandbox asks of it, on the same topics."""

from __future__ import annotations

import asyncio
import logging

__all__ = ["rehearse"]

GROUPS = ("capsule", "odyssey-reflex", "audit")
LIMIT_S = 60.0


async def rehearse(bootstrap_servers: str) -> None:
    """Create the contract's topics, write a record to each, and have consumer groups join, read and leave.

    Raises SandboxErrors of the clients, and TimeoutError after `LIMIT_S`.
    """
    from sandbox.contracts.catalog import Contracts
    from sandbox.kafka.cluster import Cluster
    from sandbox.kafka.producer import RecordProducer
    from sandbox.kafka.topics_admin import TopicsAdmin

    # A broker that has just come up is not ready for everything at once; the client's remarks on that are of no use.
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)
    cluster = Cluster(bootstrap_servers)
    topics = Contracts.load().topics
    producer = RecordProducer(cluster)
    async with asyncio.timeout(LIMIT_S):
        try:
            async with TopicsAdmin(cluster) as admin:
                await admin.create(topics.values())
            await asyncio.gather(*(producer.send(topic, b"key", b"value") for topic in topics))
            await asyncio.gather(*(_take_part(cluster, group, tuple(topics)) for group in GROUPS))
        finally:
            await producer.stop()


async def _take_part(cluster, group: str, topics: tuple[str, ...]) -> None:
    from sandbox.contracts.delivery import Subscription
    from sandbox.kafka.consumer import GroupConsumer

    read = asyncio.Event()

    async def handle(_: object) -> None:
        """Never called: the records' bytes are enough."""

    async def handle_run(records):
        for record in records:
            read.set()
            yield record

    consumer = GroupConsumer(cluster, Subscription(group, topics, handle), handle_run, instance="rehearsal")
    consumer.start()
    try:
        await consumer.wait_joined(LIMIT_S)
        await read.wait()
    finally:
        await consumer.stop()
