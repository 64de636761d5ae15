"""Dead letters as a control client gives them: two topics, four errors. Remembers replays, purges and edits."""

from __future__ import annotations

import base64
import json
from typing import Any

from sandbox.contracts.instants import format_instant
from sandbox.control import dlq_models as models
from sandbox.errors import UsageError
from tests.tui.fake_feed import AT_MS

__all__ = ["CannedLetters"]

EVENT = {
    "eventId": "evt-7f3c", "entityId": "rim:entity:finance:EURUSD", "occurredAt": "2024-12-03T10:02:41.210Z",
    "kind": "PRICE_MOVE", "confidence": 0.92, "payload": {"bid": 1.0521, "ask": 1.0523, "venue": None},
}  # fmt: skip
NO_FRAME = "the value is not in the Confluent wire format: first byte is 0xff, not 0x00"
STACK = """Traceback (most recent call last):
  File "sandbox/services/capsule/consumer.py", line 88, in handle
    event = await self._values.decode(record.topic, record.value)
  File "sandbox/kafka/values.py", line 118, in decode
    value = await self._deserializer.deserialize(data, self._reader(topic))
FramingError: first byte is 0xff, not 0x00"""


def row(number: int, category: str, error: str, message: str, **more: Any) -> dict[str, Any]:
    given = {
        "id": f"{number:04x}c8e8-158c-4b1a-9c57-6c1de0f3a2{number:02x}", "status": "PENDING", "note": None,
        "failureCategory": category, "consumerGroupId": "capsule", "errorType": f"sandbox.kafka.{error}",
        "errorMessage": message, "originalTopic": "perception.events", "partition": number % 6, "offset": 812 + number,
        "key": f"rim:entity:finance:{('EURUSD', 'GBPUSD', 'XAUUSD')[number % 3]}", "retryCount": 0, "replays": 0,
        "dlqTimestamp": format_instant(AT_MS - 31_000 - number * 733), "dlqTopic": "perception.events.dlq",
        "problem": None,
    }  # fmt: skip
    return given | more


ROWS = (
    *(row(number, "DESERIALIZATION", "FramingError", NO_FRAME) for number in range(12)),
    *(
        row(number, "DOWNSTREAM_FAILURE", "UpstreamUnavailable", "PLATO did not answer within 2 s", retryCount=3,
            consumerGroupId="odyssey-reflex", replays=number % 2)
        for number in range(12, 17)
    ),
    row(17, "DOWNSTREAM_FAILURE", "UpstreamUnavailable", "PLATO did not answer within 2 s", retryCount=3, replays=1,
        status="RESOLVED", note="handled at perception.events-5@911", consumerGroupId="odyssey-reflex"),
    row(18, "VALIDATION", "RecordFailure", "confidence: must be between 0 and 1, is 7.2", status="SKIPPED",
        note="purged: test data", originalTopic="rim.fast-path", dlqTopic="rim.fast-path.dlq"),
    row(19, "DOWNSTREAM_FAILURE", "UpstreamUnavailable", "PLATO did not answer within 2 s", status="DEAD", retryCount=3,
        replays=3, note="replayed 3 times already", originalTopic="rim.fast-path", dlqTopic="rim.fast-path.dlq"),
)  # fmt: skip


class CannedLetters:
    """`done` is what was sent, in order; `rows` may be changed while a test runs."""

    def __init__(self) -> None:
        self.done: list[tuple[Any, ...]] = []
        self.rows = [dict(each) for each in ROWS]
        self.replays: list[models.Replay] = []

    async def dlq_topics(self) -> list[models.DlqTopic]:
        return [self._topic(name) for name in sorted({each["originalTopic"] for each in self.rows})]

    async def dead_letters(self, topic: str, query: models.DlqQuery) -> models.DeadLetterPage:
        found = [each for each in self._of(topic) if each["status"] in query.status]
        page = {"topic": topic, "matching": len(found), "letters": found[query.after :][: query.limit]}
        return models.DeadLetterPage.model_validate({**page, "next": query.after + query.limit})

    async def dead_letter(self, topic: str, identity: str) -> models.DeadLetter:
        found = next(each for each in self._of(topic) if each["id"] == identity)
        poison = found["failureCategory"] == "DESERIALIZATION"
        raw = b"\xff\x00 poison: nobody can read this record" if poison else json.dumps(EVENT).encode()
        original: dict[str, Any] = {"format": "binary", "reason": NO_FRAME, "hex": raw.hex(" ")} if poison else {
            "format": "avro", "value": EVENT,
        }  # fmt: skip
        body = {
            **{name: value for name, value in found.items() if not name.startswith("dlqTopic")},
            "originalTimestamp": format_instant(AT_MS - 33_000), "stackTrace": STACK,
            "originalValueBase64": base64.b64encode(raw).decode(),
        }  # fmt: skip
        return models.DeadLetter.model_validate(
            {
                **found,
                "letter": body,
                "original": original,
                "correlationId": "corr-7f3c",
                "requestId": "req-41aa",
                "headers": [["X-Correlation-ID", "corr-7f3c"], ["X-Request-ID", "req-41aa"], ["X-Tenant-ID", "desk-7"]],
                "history": [
                    {"replay": "rep_1", "state": "sent", "topic": topic, "partition": 5, "offset": 911, "error": None}
                ]
                * found["replays"],
            }
        )

    async def replay_dead_letters(self, topic: str, request: models.ReplayRequest) -> models.Replay:
        wanted = [each for each in self._of(topic) if each["id"] in request.id]
        pending = [each for each in wanted if each["status"] == "PENDING"]
        if not request.dryRun:
            self.done.append(("replay", topic, len(request.id), request.ratePerSecond, request.reason))
            for each in pending:
                each["status"] = "RETRYING"
        return self._replay(topic, len(pending), len(wanted) - len(pending), request.dryRun)

    async def replay_edited_letter(
        self, topic: str, identity: str, request: models.EditedReplayRequest
    ) -> models.Replay:
        changes = request.changes()
        if "wrong" in str(changes.get("value")):
            raise UsageError("confidence: must be a double", where=topic)
        if not request.dryRun:
            self.done.append(("edit", topic, identity, changes))
        return self._replay(topic, 1, 0, request.dryRun)

    async def replay(self, replay: str) -> models.Replay:
        for each in self.rows:
            each["status"] = "RESOLVED" if each["status"] == "RETRYING" else each["status"]
        begun = next(each for each in self.replays if each.replay == replay)
        return begun.model_copy(update={"state": "finished", "replayed": begun.selected, "left": 0})

    async def stop_replay(self, replay: str) -> models.Replay:
        self.done.append(("stop", replay))
        return await self.replay(replay)

    async def purge_dead_letters(self, topic: str, request: models.PurgeRequest) -> models.Purged:
        self.done.append(("purge", topic, len(request.id)))
        for each in self._of(topic):
            each["status"] = "SKIPPED" if each["id"] in request.id else each["status"]
        return models.Purged(topic=topic, purged=len(request.id))

    def _of(self, topic: str) -> list[dict[str, Any]]:
        return [each for each in self.rows if each["originalTopic"] == topic.removesuffix(".dlq")]

    def _topic(self, name: str) -> models.DlqTopic:
        counts = {
            status.lower(): sum(each["status"] == status for each in self._of(name))
            for status in ("PENDING", "RETRYING", "RESOLVED", "DEAD", "SKIPPED")
        }
        return models.DlqTopic(
            topic=name, dlqTopic=f"{name}.dlq", depth=counts["pending"], letters=len(self._of(name)), categories={},
            **counts,
        )  # fmt: skip

    def _replay(self, topic: str, records: int, skipped: int, dry_run: bool) -> models.Replay:
        made = models.Replay(
            replay=f"rep_{len(self.replays)}", state="dry-run" if dry_run else "running", topic=topic, target="RAW",
            selected=records, replayed=0, skipped=skipped, failed=0, markedDead=0, left=0 if dry_run else records,
            records=records, start=format_instant(AT_MS),
        )  # fmt: skip
        self.replays.append(made)
        return made
