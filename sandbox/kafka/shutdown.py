"""Ending aiokafka's clients in bounded time, whatever state Kafka is in.

Their own `stop` flushes, commits and waits for requests under way, which lasts as long as Kafka is away. There is no
other way to end them, so this module, and no other, reaches for their inner parts.
"""

from __future__ import annotations

import asyncio

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.errors import ProducerClosed

__all__ = ["abort_producer", "close_consumer"]

STEP_S = 0.2


async def abort_producer(producer: AIOKafkaProducer) -> None:
    """End a producer without waiting for Kafka; whatever it still had fails with ProducerClosed."""
    sender = producer._sender.sender_task
    if sender is not None:
        await _end(sender)
    queue = producer._message_accumulator
    batches = [batch for waiting in queue._batches.values() for batch in waiting] + list(queue._pending_batches)
    queue.fail_all(ProducerClosed())
    for future in (each for batch in batches for each in (batch.future, batch._drain_waiter)):
        if future.done() and not future.cancelled():
            future.exception()  # nobody waits for it: not to be reported as forgotten
    await producer.stop()


async def close_consumer(consumer: AIOKafkaConsumer, *, leave: bool, limit_s: float) -> None:
    """End a consumer, cleanly if Kafka lets it within `limit_s`.

    With `leave` a static member leaves its group too: aiokafka keeps it in, as one that will be back.
    """
    coordinator = consumer._coordinator
    if leave and coordinator is not None:
        coordinator._group_instance_id = None
    stopping = asyncio.ensure_future(consumer.stop())
    await asyncio.wait([stopping], timeout=limit_s)
    if stopping.done():
        stopping.result()
        return
    await consumer._client.close()
    await asyncio.wait([stopping], timeout=STEP_S)
    inner = [getattr(coordinator, name, None) for name in ("_coordination_task", "_heartbeat_task")]
    for task in inner:
        if task is not None:
            await _end(task)
    await asyncio.wait([stopping], timeout=STEP_S)
    if not stopping.done():
        await _end(stopping)
    if not stopping.cancelled():
        stopping.exception()


async def _end(task: asyncio.Future[None]) -> None:
    """Cancel until it ends: the first cancellation may only make it wait for what it started."""
    while not task.done():
        task.cancel()
        await asyncio.wait([task], timeout=STEP_S)
