"""Many records of a scenario on their way at once; what each of them needs costs as little as it can."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sandbox.clock import Clock
from sandbox.contracts.delivery import Published
from sandbox.contracts.tracing import CORRELATION_ID, REQUEST_ID, SOURCE_SERVICE, TRACEPARENT
from sandbox.kafka.producer import Keyed
from sandbox.kafka.publisher import KafkaPublisher, Many, Posted
from sandbox.observe.journal import Journal
from sandbox.scenarios.ports import Outgoing

__all__ = ["OneByOne", "ScenarioBatch"]

Header = tuple[str, bytes]


class ScenarioBatch:
    """`records` are of one topic. Each is a `RecordProduced` in the journal once Kafka has it."""

    def __init__(self, records: Sequence[Outgoing], source: str, journal: Journal, clock: Clock) -> None:
        self._records = records
        self._source = source
        self._journal = journal
        self._clock = clock
        self._many: Many | None = None

    async def send(self, publisher: KafkaPublisher) -> ScenarioBatch:
        """Raises as `KafkaPublisher.publish`."""
        correlation_id = self._records[0].trace.correlation_id
        correlation, service = (CORRELATION_ID, correlation_id.encode()), (SOURCE_SERVICE, self._source.encode())
        keyed = [_keyed(each, correlation_id, correlation, service) for each in self._records]
        self._many = await publisher.post_many(self._records[0].topic, keyed, self._delivered)
        return self

    @property
    def done(self) -> bool:
        return self._many is not None and self._many.done

    async def published(self) -> Published:
        """Where the last one is. Raises UpstreamUnavailable."""
        assert self._many is not None
        return await self._many.published()

    def _delivered(self, places: Sequence[int], first: Any) -> None:
        records, topic, partition, base = self._records, self._records[0].topic, first.partition, first.offset
        at_ms, source, append = self._clock.now_ms(), self._source, self._journal.append_json
        for offset, place in enumerate(places, base):
            each = records[place]
            trace, value = each.trace, each.value
            fact = {
                "kind": "RecordProduced",
                "at_ms": at_ms,
                "source": source,
                "request_id": trace.request_id,
                "correlation_id": trace.correlation_id,
                "trace_id": trace.trace_id,
                "span_id": trace.span_id,
                "topic": topic,
                "partition": partition,
                "offset": offset,
            }
            size_bytes = 0 if value is None else len(value)
            if each.key is not None:
                fact["key"] = each.key
                size_bytes += len(each.key) if each.key.isascii() else len(each.key.encode())
            fact["size_bytes"] = size_bytes
            append(fact)


class OneByOne:
    """Records that were sent each on its own."""

    def __init__(self, sent: Sequence[Posted]) -> None:
        self._sent = sent

    @property
    def done(self) -> bool:
        return all(each.done for each in self._sent)

    async def published(self) -> Published:
        """Where the last one is, once all are there. Raises UpstreamUnavailable."""
        return [await each.published() for each in self._sent][-1]


def _keyed(outgoing: Outgoing, correlation_id: str, correlation: Header, service: Header) -> Keyed:
    """With the headers that a publisher would give it, those of its own in their place. Two of them are the same in
    most records."""
    trace = outgoing.trace
    if trace.correlation_id != correlation_id:
        correlation = (CORRELATION_ID, trace.correlation_id.encode())
    headers = [
        (REQUEST_ID, trace.request_id.encode()),
        correlation,
        (TRACEPARENT, trace.traceparent.encode()),
        service,
    ]
    if outgoing.headers:
        given = {name.lower() for name, _ in outgoing.headers}
        headers = [each for each in headers if each[0].lower() not in given] + list(outgoing.headers)
    key = outgoing.key
    value: Any = outgoing.value
    return Keyed(None if key is None else key.encode(), value, headers, outgoing.partition)
