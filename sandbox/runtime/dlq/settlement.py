"""What became of replayed records: handled at last, or dead-lettered once more.

Known from Kafka alone, so it holds for any consumer and over restarts of the engine: a group commits a record's offset
only after it has handled it or written its dead letter. So the committed offsets are read first and the DLQ topics
after them: what is committed and has no new letter then was handled.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from sandbox.clock import Clock
from sandbox.contracts.dead_letter import DlqStatus
from sandbox.events.facts import FactSink
from sandbox.runtime.dlq.letters import Change, Letters
from sandbox.runtime.dlq.ports import LetterSource
from sandbox.runtime.dlq.replayer import status_fact
from sandbox.runtime.dlq.replays import Replays

__all__ = ["Settlement"]


class Settlement:
    """`sync` reads the DLQ topics up to their ends."""

    def __init__(
        self,
        letters: Letters,
        replays: Replays,
        source: LetterSource,
        sync: Callable[[], Awaitable[None]],
        facts: FactSink,
        clock: Clock,
    ) -> None:
        self._letters = letters
        self._replays = replays
        self._source = source
        self._sync = sync
        self._facts = facts
        self._clock = clock

    async def settle(self) -> None:
        """Move each RETRYING letter whose replayed record its group is done with. Raises KafkaUnavailable."""
        awaiting = self._replays.awaiting()
        if not awaiting:
            return
        letters = self._letters.numbered([each.letter for each in awaiting])
        groups = sorted({each.consumer_group for each in letters.values() if each.consumer_group is not None})
        committed = await self._source.committed(groups)
        await self._sync()
        changes: list[Change] = []
        now_ms = self._clock.now_ms()
        for sent in awaiting:
            letter = letters.get(sent.letter)
            if letter is None or letter.consumer_group is None:
                continue
            if again := self._letters.failed_again(sent.replay_id, letter.consumer_group):
                note = f"failed again: {again.id} stands for the record now"
                changes += self._letters.move([letter], DlqStatus.SKIPPED, now_ms, note)
            elif committed.get((letter.consumer_group, sent.topic, sent.partition), 0) > sent.position:
                note = f"handled at {sent.topic}-{sent.partition}@{sent.position}"
                changes += self._letters.move([letter], DlqStatus.RESOLVED, now_ms, note)
        for change in changes:
            self._facts.record(status_fact(change, self._letters.content(change.letter).trace, now_ms))
