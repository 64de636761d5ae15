"""Writes dead letters to `{topic}.dlq`, for as long as it takes."""

from __future__ import annotations

import logging
import uuid
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Protocol

from sandbox.clock import Clock
from sandbox.contracts.dead_letter import DeadLetter
from sandbox.contracts.delivery import Published
from sandbox.contracts.names import Names
from sandbox.contracts.record import Record
from sandbox.errors import SandboxError, UsageError
from sandbox.kafka.cluster import KafkaUnavailable

__all__ = ["DeadLetterWriter", "RawPublisher", "dead_letter_id"]

log = logging.getLogger(__name__)

RETRY_S = 1.0
_NAMESPACE = uuid.UUID("6ba7b812-9dad-11d1-80b4-00c04fd430c8")


class RawPublisher(Protocol):
    """What the writer needs of a KafkaPublisher."""

    async def publish_raw(
        self, topic: str, *, key: bytes | None, value: bytes | None, headers: list[tuple[str, bytes]]
    ) -> Published: ...


def dead_letter_id(group: str, record: Record) -> str:
    """The id of this group's dead letter for this record: always the same, so that a second copy, written because the
    consumer was killed before it could commit, is known as one."""
    return str(uuid.uuid5(_NAMESPACE, f"{group}|{record.position}|{record.timestamp_ms}"))


class DeadLetterWriter:
    """`make_topic` makes a DLQ topic that is missing (a topic whose contract foresaw no dead letters)."""

    def __init__(
        self, publisher: RawPublisher, clock: Clock, *, make_topic: Callable[[str], Awaitable[None]] | None = None
    ) -> None:
        self._publisher = publisher
        self._clock = clock
        self._make_topic = make_topic
        self._names = Names()

    async def write(self, letter: DeadLetter) -> None:
        """Return when the broker has the letter. While it has not, there is no giving up: the record would be lost."""
        topic = self._names.dlq(letter.record.topic)
        while True:
            try:
                await self._send(topic, letter)
                return
            except KafkaUnavailable as error:
                log.warning("dead letter of %s waits: %s", letter.record.position, error.message)
            except UsageError as error:
                log.warning("dead letter of %s does not go as it is: %s", letter.record.position, error.message)
                if not await self._made(topic):
                    letter = _without_payload(letter, error)
            except SandboxError as error:
                log.error("dead letter of %s was refused: %s", letter.record.position, error.message)
            await self._clock.sleep(RETRY_S)

    async def _send(self, topic: str, letter: DeadLetter) -> None:
        own = letter.headers()
        taken = {name for name, _ in own}
        headers = own + [(name, value) for name, value in letter.record.headers if name not in taken]
        await self._publisher.publish_raw(topic, key=letter.record.key, value=letter.encode(), headers=headers)

    async def _made(self, topic: str) -> bool:
        make_topic, self._make_topic = self._make_topic, None
        if make_topic is None:
            return False
        try:
            await make_topic(topic)
        except SandboxError as error:
            log.error("the topic %s cannot be made: %s", topic, error.message)
        return True


def _without_payload(letter: DeadLetter, error: UsageError) -> DeadLetter:
    size_bytes = len(letter.record.value or b"")
    message = f"{letter.error_message} [the payload of {size_bytes} bytes is left out: {error.message}]"
    return replace(letter, record=replace(letter.record, value=None), error_message=message)
