"""The desk: what operators and the control API ask about dead letters."""

from __future__ import annotations

import asyncio
import contextlib
import difflib
import json
import logging
import secrets
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from sandbox.clock import Clock
from sandbox.contracts.dead_letter import DlqStatus
from sandbox.contracts.names import DLQ_SUFFIX
from sandbox.errors import Conflict, SandboxError, UnknownName, UsageError
from sandbox.events.facts import DlqPurged, DlqReplayStarted, FactSink
from sandbox.kafka.tap import plain
from sandbox.runtime.dlq.audit import write_audit
from sandbox.runtime.dlq.automatic import Automatic, due_letters
from sandbox.runtime.dlq.edit import edited_record, header_text
from sandbox.runtime.dlq.letter_filter import LetterFilter
from sandbox.runtime.dlq.letters import LETTERS_SCHEMA, Letter, Letters
from sandbox.runtime.dlq.planning import REPLAYED_STATUSES, Planned
from sandbox.runtime.dlq.ports import Health, LetterSource, ReplayPublisher, Values
from sandbox.runtime.dlq.replay import RAW, SHADOW, SHADOW_SUFFIX, Replay, ReplayOptions
from sandbox.runtime.dlq.replayer import SOURCE, Replayer
from sandbox.runtime.dlq.replays import REPLAYS_SCHEMA, Replays
from sandbox.runtime.dlq.settlement import Settlement
from sandbox.services.database import Database

__all__ = ["DlqDesk"]

log = logging.getLogger(__name__)

SETTINGS_SCHEMA = "CREATE TABLE IF NOT EXISTS settings (name TEXT PRIMARY KEY, value TEXT NOT NULL);"
LOOK_EVERY_S = 1.0
STOP_LIMIT_S = 2.0
SHOWN_BYTES = 4_096
EDITED_RETRY_LIMIT = 1_000
"""An operator who corrects a record may try as often as it takes."""


class DlqDesk:
    """One sandbox's dead letters. `path` is the file that statuses and replays are kept in, None keeps nothing.

    Methods raise UnknownName, UsageError and Conflict for what cannot be done, KafkaUnavailable while Kafka is away,
    StoreFailed. Topics may be named with or without `.dlq`.
    """

    def __init__(
        self,
        source: LetterSource,
        publisher: ReplayPublisher,
        facts: FactSink,
        clock: Clock,
        path: Path | None,
        health: Health,
        values: Values,
        *,
        new_id: Callable[[], str] = lambda: secrets.token_hex(8),
    ) -> None:
        self._source = source
        self._publisher = publisher
        self._facts = facts
        self._clock = clock
        self._health = health
        self._values = values
        self._new_id = new_id
        self._database = Database(path, LETTERS_SCHEMA + REPLAYS_SCHEMA + SETTINGS_SCHEMA)
        self.letters = Letters(self._database)
        self.replays = Replays(self._database)
        self._replayer = Replayer(
            self._database, self.letters, self.replays, publisher, facts, clock, lambda: f"rpl_{new_id()}"
        )
        self._settlement = Settlement(self.letters, self.replays, source, self._sync, facts, clock)
        self._syncing = asyncio.Lock()
        self._running: dict[str, asyncio.Task[None]] = {}
        self._watching: asyncio.Task[None] | None = None
        self._resting = False

    async def start(self) -> None:
        """Open the file, go on with the replays that the end of the last engine interrupted, begin to look around.

        Idempotent. Raises StoreFailed.
        """
        if self._watching is not None:
            return
        self._database.open()
        for each in self.replays.running():
            self._spawn(each)
        self._watching = asyncio.create_task(self._watch(), name="dlq desk")

    async def stop(self) -> None:
        """Replays under way are cut off; they go on at the next start. Idempotent."""
        watching, self._watching = self._watching, None
        if watching is None:
            return
        tasks = [watching, *self._running.values()]
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks, timeout=STOP_LIMIT_S)
        await self._source.close()
        self._database.close()

    @asynccontextmanager
    async def emptied(self) -> AsyncIterator[int]:
        """In here nothing is replayed and nothing read; on the way out everything is forgotten, settings too.

        For whoever empties the DLQ topics meanwhile. Gives the number of letters known before. Those who ask for a
        replay in that time get a Conflict.
        """
        watching, self._watching = self._watching, None
        self._resting = True
        try:
            tasks = [*([watching] if watching else []), *self._running.values()]
            for task in tasks:
                task.cancel()
            if tasks:
                await asyncio.wait(tasks, timeout=STOP_LIMIT_S)
            async with self._syncing:
                yield self._database.count("SELECT count(*) FROM letters")
                self._database.clear()
        finally:
            self._resting = False
            if watching is not None:
                self._watching = asyncio.create_task(self._watch(), name="dlq desk")

    # Looking

    async def topics(self) -> list[dict[str, Any]]:
        """Each DLQ topic with its depth (letters that are PENDING) and how all of its letters stand."""
        names = {each.topic for each in await self._refreshed()}
        standing = self.letters.standing()
        return [_topic_row(name, standing.get(name, {})) for name in sorted(names | standing.keys())]

    def standing(self) -> list[dict[str, Any]]:
        """The topics with letters as they were last read: asks nobody."""
        return [_topic_row(name, each) for name, each in sorted(self.letters.standing().items())]

    async def list(self, topic: str, wanted: LetterFilter, *, after: int = 0, limit: int = 100) -> dict[str, Any]:
        """`{"letters": […], "next": number to go on after}` in the order in which they were written down."""
        dlq_topic = await self._find_topic(topic)
        found = self.letters.find(dlq_topic, wanted, after=after, limit=limit)
        return {
            "topic": dlq_topic.removesuffix(DLQ_SUFFIX),
            "matching": self.letters.count(dlq_topic, wanted),
            "letters": [each.to_json() for each in found],
            "next": found[-1].number if found else after,
        }

    async def show(self, topic: str, identity: str) -> dict[str, Any]:
        """One letter with its content and what replays did with it. `identity` may be the beginning of its id."""
        letter = self._find_letter(await self._find_topic(topic), identity)
        content = self.letters.content(letter)
        original = content.original
        view = await self._values.view(original.topic, original.value)
        return {
            **letter.to_json(),
            "letter": dict(content.body),
            "original": {
                "format": view.format,
                "value": plain(view.value),
                "reason": view.reason,
                "hex": None if view.reason is None or original.value is None else original.value[:SHOWN_BYTES].hex(" "),
            },
            "requestId": content.trace.request_id,
            "correlationId": content.trace.correlation_id,
            "sizeBytes": len(original.value or b""),
            "headers": [[name, header_text(value)] for name, value in original.headers],
            "history": self.replays.history(letter.number),
        }

    # Doing

    async def replay(self, topic: str, options: ReplayOptions) -> dict[str, Any]:
        """Begin a replay, or only say what it would do; a `Replay` as JSON. One at a time for each topic."""
        dlq_topic = await self._find_topic(topic)
        options = replace(options, wanted=self._whole_ids(dlq_topic, options.wanted))
        going = next((each for each in self.replays.running() if each.dlq_topic == dlq_topic), None)
        if going is not None and not options.dry_run:
            raise Conflict(f"replay {going.replay} of {dlq_topic} is going on", where=topic, hint="wait, or stop it")
        target = await self._target(dlq_topic, options)
        return (await self._begin(dlq_topic, options, target)).to_json()

    async def replay_edited(
        self, topic: str, identity: str, changes: Mapping[str, Any], options: ReplayOptions
    ) -> dict[str, Any]:
        """Send one letter's record with `changes` (see `edited_record`) in place of the original; a `Replay` as JSON.

        The letter stands for what was sent: it is settled as by any replay. Raises Conflict for one that is RETRYING
        or RESOLVED, UsageError for what does not fit.
        """
        dlq_topic = await self._find_topic(topic)
        letter = self._find_letter(dlq_topic, identity)
        if letter.status in (DlqStatus.RETRYING, DlqStatus.RESOLVED):
            raise Conflict(f"the letter is {letter.status}", where=letter.id, hint="there is nothing to replay")
        edited = await edited_record(self.letters.content(letter).original, changes, self._values)
        wanted = LetterFilter(ids=(letter.id,), statuses=(letter.status,))
        return await self.replay(topic, replace(options, wanted=wanted, edited=edited, retry_limit=EDITED_RETRY_LIMIT))

    async def _begin(self, dlq_topic: str, options: ReplayOptions, target: str | None) -> Replay:
        if self._resting:
            raise Conflict("the sandbox is being reset", where=dlq_topic, hint="ask again in a second")
        planned = Planned.of(self.letters, dlq_topic, options)
        started = Replay(
            replay=f"rep_{self._new_id()}",
            dlq_topic=dlq_topic,
            options=options,
            target_topic=target,
            state="running",
            started_ms=self._clock.now_ms(),
            selected=len(planned.chosen),
            skipped=planned.skipped,
            left=planned.beyond + len(planned.chosen),
        )
        if options.dry_run:
            rehearsal = replace(started, left=planned.beyond)
            return planned.rehearsed(rehearsal, self.letters, self._clock.now_ms())
        self.replays.begin(started, planned.bundles, planned.asked, skipped=planned.skipped, beyond=planned.beyond)
        self._facts.record(
            DlqReplayStarted(
                at_ms=started.started_ms,
                source=SOURCE,
                replay=started.replay,
                topic=started.topic,
                target=target or started.topic,
                selected=started.selected,
                automatic=options.automatic,
                reason=options.reason,
                ticket=options.ticket,
            )
        )
        self._spawn(started)
        return started

    async def purge(
        self, topic: str, wanted: LetterFilter, *, reason: str | None = None, ticket: str | None = None
    ) -> dict[str, Any]:
        """Give letters up for good: PENDING ones (or those of `wanted.statuses`) become SKIPPED. Nothing is deleted."""
        dlq_topic = await self._find_topic(topic)
        wanted = self._whole_ids(dlq_topic, replace(wanted, statuses=wanted.statuses or REPLAYED_STATUSES))
        name = dlq_topic.removesuffix(DLQ_SUFFIX)
        note = "purged" if reason is None else f"purged: {reason}"
        count = self.letters.move_all(dlq_topic, wanted, DlqStatus.SKIPPED, self._clock.now_ms(), note)
        purged = {"topic": name, "purged": count, "reason": reason, "ticket": ticket, "filter": wanted.to_json()}
        fact = DlqPurged(
            at_ms=self._clock.now_ms(), source=SOURCE, topic=name, count=count, reason=reason, ticket=ticket
        )
        self._facts.record(fact)
        with contextlib.suppress(UnknownName):  # contracts without audit
            await write_audit(self._publisher, "DLQ_PURGE", f"pur_{self._new_id()}", dlq_topic, self._clock, purged)
        return purged

    def replay_status(self, replay: str) -> dict[str, Any]:
        return self._find_replay(replay).to_json()

    def newest_replays(self, limit: int = 20) -> list[dict[str, Any]]:
        return [each.to_json() for each in self.replays.newest(limit)]

    async def stop_replay(self, replay: str) -> dict[str, Any]:
        """End it after the records under way; what it has not reached stays PENDING."""
        found = self._find_replay(replay)
        task = self._running.get(found.replay)
        if task is not None:
            self._replayer.stop(found.replay)
            await asyncio.wait([task], timeout=STOP_LIMIT_S)
        return self.replay_status(replay)

    # Automatic replay

    @property
    def automatic(self) -> Automatic:
        row = self._database.one("SELECT value FROM settings WHERE name = 'automatic'")
        return Automatic(**json.loads(row["value"])) if row else Automatic()

    def set_automatic(self, automatic: Automatic) -> None:
        value = json.dumps({"enabled": automatic.enabled, "wait_s": automatic.wait_s})
        self._database.execute(
            "INSERT INTO settings VALUES ('automatic', ?) ON CONFLICT DO UPDATE SET value = excluded.value", value
        )

    async def look(self) -> None:
        """Settle what was replayed, and replay what may be replayed without being asked. Raises KafkaUnavailable."""
        await self._settlement.settle()
        automatic = self.automatic
        if not automatic.enabled:
            return
        await self._sync()
        due = due_letters(self.letters, automatic, await self._health.unwell(), self._clock.now_ms())
        busy = {each.dlq_topic for each in self.replays.running()}
        for dlq_topic, ids in due.items():
            if dlq_topic not in busy:
                wanted = LetterFilter(ids=tuple(ids))
                await self._begin(dlq_topic, ReplayOptions(wanted=wanted, reason="automatic", automatic=True), None)

    async def _watch(self) -> None:
        while True:
            await self._clock.sleep(LOOK_EVERY_S)
            try:
                await self.look()
            except SandboxError as error:
                log.info("dead letters: %s", error.message)

    def _spawn(self, replay: Replay) -> None:
        task = asyncio.create_task(self._replayer.run(replay), name=f"replay {replay.replay}")
        self._running[replay.replay] = task
        task.add_done_callback(lambda ended: self._ended(replay.replay, ended))

    def _ended(self, replay: str, task: asyncio.Task[None]) -> None:
        self._running.pop(replay, None)
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("replay %s broke off; it goes on when the engine starts again", replay, exc_info=error)

    # Finding

    async def _sync(self) -> None:
        await self._refreshed()

    async def _refreshed(self) -> list[Any]:
        """Read the DLQ topics up to where they end now; their ends."""
        async with self._syncing:
            ends = await self._source.ends()
            positions = self.letters.positions()
            for name in {each.topic for each in ends if positions.get((each.topic, each.partition), 0) > each.end}:
                log.warning("%s was made anew: its former letters are forgotten", name)
                self.letters.forget(name)
            async for progress in self._source.read(ends, self.letters.positions()):
                self.letters.add(progress.records, progress.positions, self._clock.now_ms())
        return ends

    async def _find_topic(self, topic: str) -> str:
        """The DLQ topic that is meant, read up to its end."""
        known = {each.topic for each in await self._refreshed()} | self.letters.standing().keys()
        dlq_topic = topic if topic.endswith(DLQ_SUFFIX) else topic + DLQ_SUFFIX
        if dlq_topic not in known:
            near = difflib.get_close_matches(dlq_topic, known, 1)
            hint = f"did you mean {near[0].removesuffix(DLQ_SUFFIX)}?" if near else "`sandbox dlq list` shows them all"
            raise UnknownName(f"there are no dead letters of {topic!r}", where=topic, hint=hint)
        return dlq_topic

    def _find_letter(self, dlq_topic: str, identity: str) -> Letter:
        escaped = identity.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
        rows = self._database.all(
            "SELECT number, id FROM letters WHERE dlq_topic = ? AND id LIKE ? ESCAPE '\\' LIMIT 2",
            dlq_topic, f"{escaped}%",
        )  # fmt: skip
        exact = self.letters.find(dlq_topic, LetterFilter(ids=(identity,)))
        if exact:
            return exact[0]
        if len(rows) == 1 and identity:
            return self.letters.numbered([rows[0]["number"]])[rows[0]["number"]]
        if rows:
            raise UsageError(f"{identity!r} is the beginning of several ids", where="id", hint="give more of it")
        raise UnknownName(
            f"there is no dead letter {identity!r}", where="id", hint=f"`sandbox dlq list {dlq_topic}` shows them all"
        )

    def _whole_ids(self, dlq_topic: str, wanted: LetterFilter) -> LetterFilter:
        return replace(wanted, ids=tuple(self._find_letter(dlq_topic, each).id for each in wanted.ids))

    def _find_replay(self, replay: str) -> Replay:
        found = self.replays.get(replay)
        if found is None:
            raise UnknownName(f"there is no replay {replay!r}", where="replay", hint="`sandbox dlq replays` lists them")
        return found

    async def _target(self, dlq_topic: str, options: ReplayOptions) -> str | None:
        """The topic that everything goes to, None for each letter's own. Raises UsageError for a DLQ topic."""
        original = dlq_topic.removesuffix(DLQ_SUFFIX)
        if options.target == RAW:
            return None
        if options.target.endswith(DLQ_SUFFIX):
            raise UsageError("a replay to a DLQ topic would go round in circles", where="target")
        if options.target == SHADOW:
            if not options.dry_run:
                await self._publisher.make_side_topic(original + SHADOW_SUFFIX, original)
            return original + SHADOW_SUFFIX
        await self._publisher.partitions(options.target)
        return options.target


def _topic_row(name: str, standing: dict[tuple[str, str], int]) -> dict[str, Any]:
    row: dict[str, Any] = {"topic": name.removesuffix(DLQ_SUFFIX), "dlqTopic": name, "depth": 0, "letters": 0}
    row |= {each.value.lower(): 0 for each in DlqStatus}
    categories: dict[str, int] = {}
    for (status, category), count in standing.items():
        row["letters"] += count
        row[status.lower()] += count
        if status == DlqStatus.PENDING:
            categories[category] = categories.get(category, 0) + count
    return {**row, "depth": row["pending"], "categories": dict(sorted(categories.items()))}
