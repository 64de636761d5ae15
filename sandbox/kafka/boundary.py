"""The consumer boundary: the records of one group, from their bytes to outcomes that let their offsets be committed.

Decode, hand to the service, retry or dead-letter by category (seed: Dead Letter Queue Pattern). Whatever a service
raises ends here, which is why this is one of the two places with a broad `except`. It is pure but for what it is given,
so its tests need neither Kafka nor time.
"""

from __future__ import annotations

import logging
import random
import traceback
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

from sandbox.clock import Clock
from sandbox.contracts.dead_letter import DeadLetter, FailureCategory, RecordFailure, RetryPolicy
from sandbox.contracts.delivery import Delivery, Subscription
from sandbox.contracts.record import Record
from sandbox.contracts.tracing import TENANT_ID, TENANT_MESSAGE, TraceContext, is_tenant
from sandbox.errors import UpstreamUnavailable
from sandbox.events.facts import DlqRecordWritten, FactSink, RecordConsumed, RetryScheduled, trace_fields
from sandbox.events.log import CURRENT_TRACE
from sandbox.kafka.cluster import KafkaUnavailable
from sandbox.kafka.dead_letters import dead_letter_id
from sandbox.kafka.dlq_letter import REPLAY_ID

__all__ = ["ConsumerBoundary", "ConsumerCrash", "DeadLetterSink", "Interference"]

log = logging.getLogger(__name__)

PROCESSED, DEAD_LETTERED = "processed", "dead_lettered"
OUTCOMES = (PROCESSED, "skipped", "duplicate")
KAFKA_AWAY_WAIT_S = 1.0
_TENANT = TENANT_ID.lower()
Result = TypeVar("Result")


Interference = Callable[[Delivery], Awaitable[None]]
"""Comes before each attempt to handle a record: it may wait, or raise what handling the record might raise."""


class ConsumerCrash(Exception):
    """Ends the consumer as a bug would: nothing more is committed, the group is left, and joined again after `away`."""

    def __init__(self, away: Callable[[], Awaitable[None]]) -> None:
        super().__init__("crashed by a fault")
        self.away = away


class DeadLetterSink(Protocol):
    async def write(self, letter: DeadLetter) -> None:
        """Return when the letter is safe."""


@dataclass(frozen=True, slots=True)
class _Failure:
    category: FailureCategory
    error: Exception
    kafka_away: bool = False

    @property
    def text(self) -> str:
        return str(self.error) or type(self.error).__name__


class ConsumerBoundary:
    """Handles the records of one subscription. `group` is the real group's name, `service` the source of its facts."""

    def __init__(
        self,
        subscription: Subscription,
        *,
        group: str,
        service: str,
        decode: Callable[[str, bytes | None], Awaitable[dict[str, Any]]],
        dead_letters: DeadLetterSink,
        facts: FactSink,
        clock: Clock,
        policy: RetryPolicy | None = None,
        rng: random.Random | None = None,
        room: Callable[[], Awaitable[None]] | None = None,
        interferences: Sequence[Interference] = (),
    ) -> None:
        """`room` is waited for before each run of records: it comes when they can be handled and told of.

        `interferences` may be filled and emptied while records are handled.
        """
        self._subscription = subscription
        self._group = group
        self._service = service
        self._decode = decode
        self._dead_letters = dead_letters
        self._facts = facts
        self._clock = clock
        self._policy = policy or RetryPolicy()
        self._rng = rng
        self._room = room
        self._interferences = interferences

    async def handle_run(self, records: Sequence[Record]) -> AsyncGenerator[Record, None]:
        """Handle records of one partition in their order; yields a record when it and all before it are done with.

        A service that takes many gets all of them at once. The first that it fails on is then retried or dead-lettered
        as if it had come alone, and those behind it wait: order is kept, that of a key and that of the partition. While
        anything interferes, each comes alone.
        """
        if self._room is not None:
            await self._room()
        if self._subscription.handle_many is None:
            for record in records:
                await self.handle(record)
                yield record
            return
        while records:
            started_ns = self._clock.monotonic_ns()
            together = records[:1] if self._interferences else records
            deliveries, handled, failure = await self._attempt_many(together, started_ns)
            if handled:
                yield records[handled - 1]
            records, unhandled = records[handled:], deliveries[handled:]
            if failure is not None:
                first, records = records[0], records[1:]
                trace = unhandled[0].trace if unhandled else TraceContext.accept_record(first.headers, self._rng)
                await self._conclude(first, trace, started_ns, "", failure)
                yield first

    async def handle(self, record: Record) -> str:
        """The outcome: processed, dead_lettered, skipped or duplicate. Returns only when the record is done with."""
        trace = TraceContext.accept_record(record.headers, self._rng)
        started_ns = self._clock.monotonic_ns()
        return await self._conclude(record, trace, started_ns, *await self._attempt(record, trace, 1))

    async def _conclude(
        self, record: Record, trace: TraceContext, started_ns: int, outcome: str, failure: _Failure | None
    ) -> str:
        """What becomes of a record after its first attempt: more of them, a dead letter, or nothing more to do.

        A failure because Kafka itself is away says nothing about the record, so it is tried again uncounted: the group
        could not commit or dead-letter it now anyway.
        """
        attempt, last_retry_ms = 1, None
        about = {"service": self._service, "trace": trace}
        while failure is not None:
            if failure.category is FailureCategory.UNKNOWN:
                log.error("group %s failed on %s", self._group, record.position, exc_info=failure.error, extra=about)
            if failure.kafka_away:
                await self._wait(record, trace, attempt, KAFKA_AWAY_WAIT_S, failure)
            elif not failure.category.retried or attempt > self._policy.retries:
                await self._bury(record, trace, failure, attempt - 1, last_retry_ms)
                text = "group %s gave %s up to the DLQ, %s: %s"
                log.warning(text, self._group, record.position, failure.category.value, failure.text, extra=about)
                outcome = DEAD_LETTERED
                break
            else:
                wait_s = self._policy.wait_s(attempt)
                text = "group %s tries %s again in %g s, %s: %s"
                log.info(text, self._group, record.position, wait_s, failure.category.value, failure.text, extra=about)
                await self._wait(record, trace, attempt, wait_s, failure)
                last_retry_ms = self._clock.now_ms()
                attempt += 1
            outcome, failure = await self._attempt(record, trace, attempt)
        self._consumed(record, trace, outcome, started_ns, attempt)
        return outcome

    async def _attempt(self, record: Record, trace: TraceContext, attempt: int) -> tuple[str, _Failure | None]:
        token = CURRENT_TRACE.set(trace)  # for the log lines of whatever handles it
        try:
            value, failure = await self._caught(self._value(record))
            if failure is not None:
                return "", failure
            delivery = Delivery(record, value, trace, self._group, attempt)
            outcome, failure = await self._caught(self._handle(delivery))
            return _known(outcome), failure
        finally:
            CURRENT_TRACE.reset(token)

    async def _attempt_many(
        self, records: Sequence[Record], started_ns: int
    ) -> tuple[list[Delivery], int, _Failure | None]:
        """What was decoded, how many of these the service handled, and why it did not handle the one behind them."""
        deliveries: list[Delivery] = []
        handled: list[Delivery] = []
        failure = None
        for record in records:
            value, failure = await self._caught(self._value(record))
            if failure is not None:
                break
            trace = TraceContext.accept_record(record.headers, self._rng)
            delivery = Delivery(record, value, trace, self._group)
            if self._interferences:
                _, failure = await self._caught(self._interfere(delivery))
                if failure is not None:
                    break
            deliveries.append(delivery)
        if deliveries:
            _, earlier = await self._caught(self._hand_over(deliveries, handled, started_ns))
            failure = earlier or failure
        return deliveries, len(handled), failure

    async def _hand_over(self, deliveries: Sequence[Delivery], handled: list[Delivery], started_ns: int) -> None:
        """An outcome is told as it comes: if the rest is cut off, this record comes again and is known by then."""
        assert self._subscription.handle_many is not None
        async for outcome in self._subscription.handle_many(deliveries):
            delivery = deliveries[len(handled)]
            handled.append(delivery)
            self._consumed(delivery.record, delivery.trace, _known(outcome), started_ns, 1)
        if len(handled) < len(deliveries):
            raise RuntimeError("the service yielded no outcome")

    async def _handle(self, delivery: Delivery) -> str | None:
        await self._interfere(delivery)
        return await self._subscription.handle(delivery)

    async def _interfere(self, delivery: Delivery) -> None:
        for interference in tuple(self._interferences):
            await interference(delivery)

    async def _value(self, record: Record) -> dict[str, Any] | None:
        if not self._subscription.decode:
            return None
        _check_tenant(record)
        return await self._decode(record.topic, record.value)

    async def _caught(self, work: Awaitable[Result]) -> tuple[Result | None, _Failure | None]:
        """What `work` returns, or what it failed with."""
        try:
            return await work, None
        except RecordFailure as failure:
            category, error = failure.category, failure
        except UpstreamUnavailable as unavailable:
            category, error = FailureCategory.DOWNSTREAM_FAILURE, unavailable
        except ConsumerCrash:
            raise
        except Exception as anything:  # noqa: BLE001 - the consumer boundary, see above
            category, error = FailureCategory.UNKNOWN, anything
        return None, _Failure(category, error, KafkaUnavailable.is_cause_of(error))

    async def _wait(self, record: Record, trace: TraceContext, retry: int, wait_s: float, failure: _Failure) -> None:
        self._facts.record(
            RetryScheduled(
                at_ms=self._clock.now_ms(),
                source=self._service,
                group=self._group,
                topic=record.topic,
                partition=record.partition,
                offset=record.offset,
                retry=retry,
                wait_ms=wait_s * 1000,
                category=failure.category.value,
                error=failure.text,
                **trace_fields(trace),
            )
        )
        await self._clock.sleep(wait_s)

    async def _bury(
        self, record: Record, trace: TraceContext, failure: _Failure, retries: int, last_retry_ms: int | None
    ) -> None:
        letter = DeadLetter(
            id=dead_letter_id(self._group, record),
            record=record,
            category=failure.category,
            error_type=_error_type(failure.error),
            error_message=failure.text,
            stack_trace="".join(traceback.format_exception(failure.error)),
            consumer_group=self._group,
            source_service=self._service,
            retry_count=retries,
            dlq_timestamp_ms=self._clock.now_ms(),
            last_retry_ms=last_retry_ms,
            trace=trace,
        )
        await self._dead_letters.write(letter)
        self._facts.record(
            DlqRecordWritten(
                at_ms=self._clock.now_ms(),
                source=self._service,
                dlq_id=letter.id,
                group=self._group,
                topic=record.topic,
                partition=record.partition,
                offset=record.offset,
                category=failure.category.value,
                error=failure.text,
                retries=retries,
                **trace_fields(trace),
            )
        )

    def _consumed(self, record: Record, trace: TraceContext, outcome: str, started_ns: int, attempts: int) -> None:
        self._facts.record(
            RecordConsumed(
                at_ms=self._clock.now_ms(),
                source=self._service,
                group=self._group,
                topic=record.topic,
                partition=record.partition,
                offset=record.offset,
                outcome=outcome,
                took_ms=(self._clock.monotonic_ns() - started_ns) / 1e6,
                attempts=attempts,
                key=None if record.key is None else record.key.decode("utf-8", "replace"),
                replay_id=_replay_id(record),
                **trace_fields(trace),
            )
        )


def _known(outcome: str | None) -> str:
    return outcome if outcome in OUTCOMES else PROCESSED


def _check_tenant(record: Record) -> None:
    """A tenant that is named and cannot be one is refused: the record must not be taken for the default tenant's."""
    for name, value in record.headers:
        if name.lower() == _TENANT and value:
            given = value.decode(errors="ignore")
            if not is_tenant(given):
                raise RecordFailure(FailureCategory.VALIDATION, f"{TENANT_ID} {given!r} {TENANT_MESSAGE}")


def _replay_id(record: Record) -> str | None:
    return next(
        (value.decode("utf-8", "replace") for name, value in record.headers if name == REPLAY_ID and value), None
    )


def _error_type(error: Exception) -> str:
    """The class of what went wrong first: a RecordFailure only passes it on."""
    if isinstance(error, RecordFailure) and isinstance(error.__cause__, Exception):
        return type(error.__cause__).__name__
    return type(error).__name__
