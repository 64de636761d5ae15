"""The consumer boundary: one record of one group, from its bytes to an outcome that lets its offset be committed.

Decode, hand to the service, retry or dead-letter by category (seed: Dead Letter Queue Pattern). Whatever a service
raises ends here, which is why this is one of the two places with a broad `except`. It is pure but for what it is given,
so its tests need neither Kafka nor time.
"""

from __future__ import annotations

import logging
import random
import traceback
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Protocol

from sandbox.clock import Clock
from sandbox.contracts.dead_letter import DeadLetter, FailureCategory, RecordFailure, RetryPolicy
from sandbox.contracts.delivery import Delivery, Subscription
from sandbox.contracts.record import Record
from sandbox.contracts.tracing import TraceContext
from sandbox.errors import UpstreamUnavailable
from sandbox.events.facts import DlqRecordWritten, FactSink, RecordConsumed, RetryScheduled, trace_fields
from sandbox.kafka.cluster import KafkaUnavailable
from sandbox.kafka.dead_letters import dead_letter_id
from sandbox.kafka.dlq_letter import REPLAY_ID

__all__ = ["ConsumerBoundary", "DeadLetterSink"]

log = logging.getLogger(__name__)

PROCESSED, DEAD_LETTERED = "processed", "dead_lettered"
OUTCOMES = (PROCESSED, "skipped", "duplicate")
KAFKA_AWAY_WAIT_S = 1.0


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
    ) -> None:
        self._subscription = subscription
        self._group = group
        self._service = service
        self._decode = decode
        self._dead_letters = dead_letters
        self._facts = facts
        self._clock = clock
        self._policy = policy or RetryPolicy()
        self._rng = rng

    async def handle(self, record: Record) -> str:
        """The outcome: processed, dead_lettered, skipped or duplicate. Returns only when the record is done with.

        A failure because Kafka itself is away says nothing about the record, so it is tried again uncounted: the group
        could not commit or dead-letter it now anyway.
        """
        trace = TraceContext.accept_record(record.headers, self._rng)
        started_ns = self._clock.monotonic_ns()
        attempt, last_retry_ms = 1, None
        while True:
            outcome, failure = await self._attempt(record, trace, attempt)
            if failure is None:
                break
            if failure.kafka_away:
                await self._wait(record, trace, attempt, KAFKA_AWAY_WAIT_S, failure)
                continue
            if not failure.category.retried or attempt > self._policy.retries:
                await self._bury(record, trace, failure, attempt - 1, last_retry_ms)
                outcome = DEAD_LETTERED
                break
            await self._wait(record, trace, attempt, self._policy.wait_s(attempt), failure)
            last_retry_ms = self._clock.now_ms()
            attempt += 1
        took_ms = (self._clock.monotonic_ns() - started_ns) / 1e6
        self._consumed(record, trace, outcome, took_ms, attempt)
        return outcome

    async def _attempt(self, record: Record, trace: TraceContext, attempt: int) -> tuple[str, _Failure | None]:
        try:
            value = await self._decode(record.topic, record.value) if self._subscription.decode else None
            outcome = await self._subscription.handle(Delivery(record, value, trace, self._group, attempt))
        except RecordFailure as error:
            return "", _Failure(error.category, error, KafkaUnavailable.is_cause_of(error))
        except UpstreamUnavailable as error:
            return "", _Failure(FailureCategory.DOWNSTREAM_FAILURE, error, KafkaUnavailable.is_cause_of(error))
        except Exception as error:
            log.exception("group %s failed on %s", self._group, record.position)
            return "", _Failure(FailureCategory.UNKNOWN, error, KafkaUnavailable.is_cause_of(error))
        return outcome if outcome in OUTCOMES else PROCESSED, None

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

    def _consumed(self, record: Record, trace: TraceContext, outcome: str, took_ms: float, attempts: int) -> None:
        self._facts.record(
            RecordConsumed(
                at_ms=self._clock.now_ms(),
                source=self._service,
                group=self._group,
                topic=record.topic,
                partition=record.partition,
                offset=record.offset,
                outcome=outcome,
                took_ms=took_ms,
                attempts=attempts,
                key=None if record.key is None else record.key.decode("utf-8", "replace"),
                replay_id=_replay_id(record),
                **trace_fields(trace),
            )
        )


def _replay_id(record: Record) -> str | None:
    return next(
        (value.decode("utf-8", "replace") for name, value in record.headers if name == REPLAY_ID and value), None
    )


def _error_type(error: Exception) -> str:
    """The class of what went wrong first: a RecordFailure only passes it on."""
    if isinstance(error, RecordFailure) and isinstance(error.__cause__, Exception):
        return type(error.__cause__).__name__
    return type(error).__name__
