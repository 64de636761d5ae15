"""Sends the records of one replay, in the order in which their originals stood, however often it is interrupted."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from sandbox.clock import Clock
from sandbox.contracts.dead_letter import DlqStatus
from sandbox.contracts.delivery import Published
from sandbox.contracts.tracing import TraceContext
from sandbox.errors import SandboxError
from sandbox.events.facts import DlqRecordReplayed, DlqReplayFinished, DlqStatusChanged, FactSink, trace_fields
from sandbox.kafka.cluster import KafkaUnavailable
from sandbox.kafka.dlq_letter import FiledLetter
from sandbox.runtime.dlq.audit import write_audit
from sandbox.runtime.dlq.letters import Change, Letter, Letters
from sandbox.runtime.dlq.ports import OnItsWay, ReplayPublisher
from sandbox.runtime.dlq.replay import RAW, Replay
from sandbox.runtime.dlq.replays import DEAD, FAILED, SKIPPED, Bundle, Replays
from sandbox.services.database import Database

__all__ = ["SOURCE", "Replayer", "status_fact"]

log = logging.getLogger(__name__)

SOURCE = "dlq"
CHUNK = 100
CHUNK_S = 0.2
AWAY_WAIT_S = 1.0


@dataclass(frozen=True, slots=True)
class _Outgoing:
    bundle: Bundle
    letters: tuple[Letter, ...]
    content: FiledLetter
    replay_id: str
    replays: int


class Replayer:
    """Runs replays that are written down in `replays`. `stop` makes a run end after the records under way."""

    def __init__(
        self,
        database: Database,
        letters: Letters,
        replays: Replays,
        publisher: ReplayPublisher,
        facts: FactSink,
        clock: Clock,
        new_id: Callable[[], str],
    ) -> None:
        self._database = database
        self._letters = letters
        self._replays = replays
        self._publisher = publisher
        self._facts = facts
        self._clock = clock
        self._new_id = new_id
        self._stopping: set[str] = set()

    def stop(self, replay: str) -> None:
        self._stopping.add(replay)

    async def run(self, replay: Replay) -> None:
        """Send what is not sent yet, write the audit record, close the replay."""
        chunk = _chunk(replay.options.rate_per_s)
        for first in range(0, self._replays.bundles(replay.replay), chunk):
            bundles = self._replays.open_bundles(replay.replay, first, chunk)
            if bundles and not self._is_stopping(replay):
                sent = await self._send(replay, bundles)
                if replay.options.rate_per_s:
                    await self._clock.sleep(sent / replay.options.rate_per_s)
        await self._close(replay)

    async def _send(self, replay: Replay, bundles: list[Bundle]) -> int:
        """How many records went out. While Kafka is away, the same records are tried again."""
        waiting = self._prepare(replay, bundles)
        records = len(waiting)
        while waiting:
            posted = [(each, await self._post(replay, each)) for each in waiting]
            outcomes = [(each, await _arrival(sent)) for each, sent in posted]
            waiting = [each for each, outcome in outcomes if _is_away(outcome)]
            self._note(replay, outcomes)
            if waiting:
                if self._is_stopping(replay):
                    break
                await self._clock.sleep(AWAY_WAIT_S)
        return records

    def _prepare(self, replay: Replay, bundles: list[Bundle]) -> list[_Outgoing]:
        """Decide what becomes of each bundle and write it down before anything goes out."""
        outgoing, changes = [], []
        with self._database.transaction():
            for bundle in bundles:
                found = self._letters.numbered(bundle.letters)
                letters = self._replayable(replay, bundle, list(found.values()))
                if not letters:
                    continue
                content = self._letters.content(letters[0])
                if replay.options.edited is not None:
                    content = replay.options.edited.applied_to(content)
                replays = max(each.replays for each in letters)
                if content.problem is not None:
                    self._replays.done(bundle, [each.number for each in letters], FAILED, content.problem)
                elif replay.options.moves_statuses and replays >= replay.options.retry_limit:
                    self._replays.done(bundle, [each.number for each in letters], DEAD)
                    note = f"replayed {replays} times already"
                    changes += self._letters.move(letters, DlqStatus.DEAD, self._clock.now_ms(), note)
                else:
                    known = (self._replays.doubtful_id(each.number) for each in letters)
                    replay_id = bundle.replay_id or next(filter(None, known), None) or self._new_id()
                    self._replays.sending(bundle, replay_id)
                    if replay.options.moves_statuses:
                        changes += self._letters.move(letters, DlqStatus.RETRYING, self._clock.now_ms())
                    outgoing.append(_Outgoing(bundle, tuple(letters), content, replay_id, replays + 1))
        self._tell(changes)
        return outgoing

    def _replayable(self, replay: Replay, bundle: Bundle, letters: list[Letter]) -> list[Letter]:
        """Those whose status is still the one they were chosen for; somebody may have purged them meanwhile."""
        if bundle.was_tried:
            return letters
        statuses = replay.options.wanted.statuses or (DlqStatus.PENDING,)
        kept = [each for each in letters if each.status in statuses or each.status == DlqStatus.PENDING]
        self._replays.done(bundle, set(bundle.letters) - {each.number for each in kept}, SKIPPED)
        return kept

    async def _post(self, replay: Replay, outgoing: _Outgoing) -> OnItsWay | SandboxError:
        original = outgoing.content.original
        raw = replay.options.target == RAW
        topic = original.topic if raw else replay.target_topic or original.topic
        try:
            partitions = await self._publisher.partitions(topic)
            # The partition of the original, so that the order per key is what it was, whoever chose the partition;
            # another key goes where its own records are.
            edited = replay.options.edited
            keyed = edited is None or "key" not in edited.changed
            partition = original.partition if raw and keyed and 0 <= original.partition < partitions else None
            headers = outgoing.content.replayed_headers(outgoing.replay_id, outgoing.replays)
            return await self._publisher.post_raw(
                topic, key=original.key, value=original.value, headers=headers, partition=partition
            )
        except SandboxError as error:
            return error

    def _note(self, replay: Replay, outcomes: list[tuple[_Outgoing, Published | SandboxError]]) -> None:
        """Write down what has arrived, then tell it."""
        told, changes = [], []
        moves = replay.options.moves_statuses
        with self._database.transaction():
            now_ms = self._clock.now_ms()
            for outgoing, outcome in outcomes:
                if _is_away(outcome):
                    continue
                if isinstance(outcome, SandboxError):
                    self._replays.failed(outgoing.bundle, outcome.message)
                    if moves:
                        changes += self._letters.move(outgoing.letters, DlqStatus.PENDING, now_ms, outcome.message)
                    continue
                self._replays.sent(outgoing.bundle, outcome)
                told.append((outgoing, outcome))
                if moves:
                    changes += self._settled_now(replay, outgoing, outcome, now_ms)
        for outgoing, where in told:
            self._facts.record(_replayed_fact(replay, outgoing, where, self._clock.now_ms()))
        self._tell(changes)

    def _settled_now(self, replay: Replay, outgoing: _Outgoing, where: Published, now_ms: int) -> list[Change]:
        """Letters that no group of the original topic will answer for are done once their record has arrived."""
        if replay.options.target != RAW:
            return self._letters.move(outgoing.letters, DlqStatus.RESOLVED, now_ms, f"went to {where.topic}")
        alone = [each for each in outgoing.letters if each.consumer_group is None]
        return self._letters.move(alone, DlqStatus.RESOLVED, now_ms, "replayed; it names no group to wait for")

    async def _close(self, replay: Replay) -> None:
        state = "stopped" if self._is_stopping(replay) else "finished"
        self._stopping.discard(replay.replay)
        with self._database.transaction():
            doubtful = self._letters.numbered(self._replays.doubt(replay.replay))
            note = "stopped before Kafka said whether it had the record"
            changes: list[Change] = []
            if replay.options.moves_statuses:
                changes = self._letters.move(doubtful.values(), DlqStatus.PENDING, self._clock.now_ms(), note)
        self._tell(changes)
        done = self._replays.get(replay.replay)
        assert done is not None
        await self._audit(done, state)
        self._replays.end(replay.replay, state, self._clock.now_ms())
        self._facts.record(
            DlqReplayFinished(
                at_ms=self._clock.now_ms(),
                source=SOURCE,
                replay=done.replay,
                topic=done.topic,
                outcome=state,
                replayed=done.replayed,
                skipped=done.skipped,
                failed=done.failed,
                marked_dead=done.marked_dead,
                took_ms=self._clock.now_ms() - done.started_ms,
            )
        )

    async def _audit(self, replay: Replay, state: str) -> None:
        """An audit record belongs to the replay: it is not over before Kafka has it. Contracts may have no audit."""
        summary = {**replay.to_json(), "state": state}
        while True:
            try:
                await write_audit(self._publisher, "DLQ_REPLAY", replay.replay, replay.dlq_topic, self._clock, summary)
                return
            except SandboxError as error:
                if self._is_stopping(replay) or not KafkaUnavailable.is_cause_of(error):
                    log.error("replay %s has no audit record: %s", replay.replay, error.message)
                    return
            await self._clock.sleep(AWAY_WAIT_S)

    def _is_stopping(self, replay: Replay) -> bool:
        return replay.replay in self._stopping

    def _tell(self, changes: Iterable[Change]) -> None:
        for change in changes:
            trace = self._letters.content(change.letter).trace
            self._facts.record(status_fact(change, trace, self._clock.now_ms()))


def status_fact(change: Change, trace: TraceContext, now_ms: int) -> DlqStatusChanged:
    letter = change.letter
    return DlqStatusChanged(
        at_ms=now_ms,
        source=SOURCE,
        dlq_id=letter.id,
        topic=letter.topic,
        group=letter.consumer_group,
        from_status=change.from_status,
        status=letter.status,
        note=letter.note,
        **trace_fields(trace),
    )


def _replayed_fact(replay: Replay, outgoing: _Outgoing, where: Published, now_ms: int) -> DlqRecordReplayed:
    original = outgoing.content.original
    return DlqRecordReplayed(
        at_ms=now_ms,
        source=SOURCE,
        replay=replay.replay,
        replay_id=outgoing.replay_id,
        dlq_ids=tuple(each.id for each in outgoing.letters),
        topic=where.topic,
        partition=where.partition,
        offset=where.offset,
        replays=outgoing.replays,
        key=None if original.key is None else original.key.decode("utf-8", "replace"),
        **trace_fields(outgoing.content.trace),
    )


def _chunk(rate_per_s: float | None) -> int:
    """How many records go out together: all of a chunk, or as many as the rate allows in a short while."""
    return CHUNK if not rate_per_s else max(1, min(CHUNK, int(rate_per_s * CHUNK_S)))


async def _arrival(sent: OnItsWay | SandboxError) -> Published | SandboxError:
    if isinstance(sent, SandboxError):
        return sent
    try:
        return await sent.published()
    except SandboxError as error:
        return error


def _is_away(outcome: Published | SandboxError) -> bool:
    """Whether Kafka did not answer, which says nothing about the record."""
    return isinstance(outcome, SandboxError) and KafkaUnavailable.is_cause_of(outcome)
