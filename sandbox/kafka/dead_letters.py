"""Writes dead letters to `{topic}.dlq`, for as long as it takes."""

from __future__ import annotations

import logging
import uuid
from dataclasses import replace
from typing import Protocol

from sandbox.clock import Clock
from sandbox.contracts.dead_letter import DeadLetter
from sandbox.contracts.delivery import Published
from sandbox.contracts.names import Names
from sandbox.contracts.record import Record
from sandbox.contracts.tracing import TraceContext
from sandbox.errors import SandboxError, UnknownName, UsageError
from sandbox.kafka.cluster import KafkaUnavailable

__all__ = ["DeadLetterWriter", "RawPublisher", "dead_letter_id"]

log = logging.getLogger(__name__)

RETRY_S = 1.0
_NAMESPACE = uuid.UUID("6ba7b812-9dad-11d1-80b4-00c04fd430c8")


class RawPublisher(Protocol):
    """What the writer needs of a KafkaPublisher."""

    async def publish_raw(
        self,
        topic: str,
        *,
        key: bytes | None,
        value: bytes | None,
        headers: list[tuple[str, bytes]],
        trace: TraceContext | None,
    ) -> Published: ...

    async def make_dead_letter_topic(self, topic: str) -> None:
        """Make this `{topic}.dlq` if it is missing."""


def dead_letter_id(group: str, record: Record) -> str:
    """The id of this group's dead letter for this record: always the same, so that a second copy, written because the
    consumer was killed before it could commit, is known as one."""
    return str(uuid.uuid5(_NAMESPACE, f"{group}|{record.position}|{record.timestamp_ms}"))


class DeadLetterWriter:
    """Writes the dead letters of any group; a DLQ topic that the contracts did not foresee is made when needed."""

    def __init__(self, publisher: RawPublisher, clock: Clock) -> None:
        self._publisher = publisher
        self._clock = clock
        self._names = Names()

    async def write(self, letter: DeadLetter) -> None:
        """Return when the broker has the letter. While it has not, there is no giving up: the record would be lost."""
        topic = self._names.dlq(letter.record.topic)
        about = {"service": letter.source_service, "trace": letter.trace}
        while True:
            try:
                await self._send(topic, letter)
                return
            except KafkaUnavailable as error:
                log.warning("dead letter of %s waits: %s", letter.record.position, error.message, extra=about)
            except UnknownName as error:
                log.warning("dead letter of %s: %s", letter.record.position, error.message, extra=about)
                await self._make(topic)
            except UsageError as error:
                text = "dead letter of %s does not go as it is: %s"
                log.warning(text, letter.record.position, error.message, extra=about)
                letter = _without_payload(letter, error)
            except SandboxError as error:
                log.error("dead letter of %s was refused: %s", letter.record.position, error.message, extra=about)
            await self._clock.sleep(RETRY_S)

    async def _send(self, topic: str, letter: DeadLetter) -> None:
        own = letter.headers()
        taken = {name for name, _ in own}
        headers = own + [(name, value) for name, value in letter.record.headers if name not in taken]
        key, value = letter.record.key, letter.encode()
        await self._publisher.publish_raw(topic, key=key, value=value, headers=headers, trace=letter.trace)

    async def _make(self, topic: str) -> None:
        try:
            await self._publisher.make_dead_letter_topic(topic)
        except SandboxError as error:
            log.error("the topic %s cannot be made: %s", topic, error.message)


def _without_payload(letter: DeadLetter, error: UsageError) -> DeadLetter:
    size_bytes = len(letter.record.value or b"")
    message = f"{letter.error_message} [the payload of {size_bytes} bytes is left out: {error.message}]"
    without = replace(letter.record, value=None)
    return replace(letter, record=without, error_message=message, omitted_bytes=size_bytes)
