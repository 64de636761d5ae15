"""Records leave at their rate, with a bounded number on their way, and none is lost when it ends."""

import asyncio
import itertools
from collections.abc import Iterator
from typing import Any

import pytest

from sandbox.contracts.delivery import Published
from sandbox.contracts.tracing import TraceContext
from sandbox.errors import UpstreamUnavailable
from sandbox.scenarios.outflow import IN_FLIGHT_LIMIT, Outflow
from sandbox.scenarios.pacing import at_once, steady
from sandbox.scenarios.ports import Outgoing


def outgoing(number: int) -> Outgoing:
    trace = TraceContext("req-1", "trace-1", "0" * 31 + "1", "0" * 15 + "1")
    return Outgoing(topic="rim.fast-path", key=None, value=str(number).encode(), trace=trace)


def due(count: int | None, rate_per_s: float | None) -> Iterator[int]:
    return itertools.islice(at_once() if rate_per_s is None else steady(rate_per_s), count)


class SlowBroker:
    """Takes records at once and acknowledges them when told to."""

    def __init__(self, clock: Any) -> None:
        self.clock = clock
        self.taken = 0
        self.acknowledge = asyncio.Event()
        self.trouble: Exception | None = None

    async def send_many(self, many: Any) -> Any:
        return [await self.send(each) for each in many][-1]

    async def send(self, each: Outgoing) -> Any:
        self.taken += 1
        broker, offset = self, self.taken - 1

        class Sent:
            @property
            def done(self) -> bool:
                return broker.acknowledge.is_set()

            async def published(self) -> Published:
                await broker.acknowledge.wait()
                if broker.trouble is not None:
                    raise broker.trouble
                return Published(each.topic, 0, offset)

        return Sent()


async def test_records_leave_at_their_rate(world: Any) -> None:
    sent_at: list[float] = []
    world.on_publish = lambda each: sent_at.append(world.clock.monotonic_ns() / 1e9)
    task = asyncio.create_task(Outflow(world, outgoing, due(5, 4)).run())
    await world.clock.advance(2.0)
    await task
    assert sent_at == pytest.approx([0, 0.25, 0.5, 0.75, 1.0])


async def test_what_was_late_is_caught_up_with_so_that_the_count_stays_exact(world: Any) -> None:
    flow = Outflow(world, outgoing, due(None, 100))
    task = asyncio.create_task(flow.run())
    await world.clock.advance(0.0)
    world.clock.tick(1.0)
    await world.clock.advance(0.05)
    assert flow.sent == pytest.approx(106, abs=1)
    flow.stop()
    await world.clock.advance(0.1)
    await task


async def test_without_a_rate_everything_leaves_at_once(world: Any) -> None:
    flow = Outflow(world, outgoing, due(200, None))
    await flow.run()
    assert (flow.sent, len(world.published), flow.last_published.offset) == (200, 200, 199)


async def test_no_more_than_a_bounded_number_is_on_its_way(world: Any) -> None:
    broker = SlowBroker(world.clock)
    flow = Outflow(broker, outgoing, due(5_000, None))  # type: ignore[arg-type]
    task = asyncio.create_task(flow.run())
    for _ in range(500):
        await asyncio.sleep(0)
    assert broker.taken == IN_FLIGHT_LIMIT
    broker.acknowledge.set()
    await task
    assert (flow.sent, flow.last_published.offset) == (5_000, 4_999)


async def test_stopping_waits_for_what_is_on_its_way(world: Any) -> None:
    broker = SlowBroker(world.clock)
    flow = Outflow(broker, outgoing, due(None, 10))  # type: ignore[arg-type]
    task = asyncio.create_task(flow.run())
    await world.clock.advance(1.0)
    flow.stop()
    await world.clock.advance(1.0)
    assert not task.done() and broker.taken == 11
    broker.acknowledge.set()
    await task
    assert flow.last_published == Published("rim.fast-path", 0, 10)


async def test_a_record_that_the_broker_does_not_take_ends_it(world: Any) -> None:
    broker = SlowBroker(world.clock)
    broker.trouble = UpstreamUnavailable("Kafka is away")
    broker.acknowledge.set()
    with pytest.raises(UpstreamUnavailable, match="Kafka is away"):
        await Outflow(broker, outgoing, due(3, None)).run()  # type: ignore[arg-type]


async def test_it_tells_how_many_went_out_and_how_fast(world: Any) -> None:
    flow = Outflow(world, outgoing, due(21, 10))
    task = asyncio.create_task(flow.run())
    await world.clock.advance(3.0)
    await task
    assert flow.told == "21 records sent, 10/s" and flow.result() == {
        "sent": 21,
        "rate": pytest.approx(10),
        "failed": 0,
    }


async def test_with_keep_going_what_is_not_taken_is_counted_and_the_rest_goes_out(world: Any) -> None:
    flow = Outflow(world, outgoing, due(30, 10), keep_going=True)
    task = asyncio.create_task(flow.run())
    await world.clock.advance(0.95)
    world.kafka_down = True
    await world.clock.advance(1.0)
    world.kafka_down = False
    await world.clock.advance(2.0)
    await task
    assert (flow.made, flow.sent, flow.failed) == (30, 20, 10) and flow.told.endswith("10 failed")


async def test_records_that_are_due_together_go_out_together_and_in_order(world: Any) -> None:
    together: list[int] = []
    send_many = world.send_many

    async def counted(many: Any) -> Any:
        together.append(len(many))
        return await send_many(many)

    world.send_many = counted
    await Outflow(world, outgoing, due(1_200, None)).run()
    assert together == [500, 500, 200]
    assert [int(each.value) for each in world.published] == list(range(1, 1_201))
