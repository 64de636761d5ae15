"""A record of a DLQ topic read back: what failed, and the original record byte for byte.

Whoever wrote it: letters without the base64 members (other services write them so) give their original as the text they
hold, and what is no letter at all is kept as one that cannot be replayed.
"""

from __future__ import annotations

import base64
import binascii
import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sandbox.contracts.dead_letter import DlqStatus, FailureCategory
from sandbox.contracts.instants import parse_instant
from sandbox.contracts.names import DLQ_SUFFIX
from sandbox.contracts.record import Record
from sandbox.contracts.tracing import TraceContext
from sandbox.errors import UsageError

__all__ = ["REPLAY_ID", "RETRY_COUNT", "FiledLetter"]

REPLAY_ID = "dlq-replay-id"
RETRY_COUNT = "dlq-retry-count"
_NAMESPACE = uuid.UUID("6ba7b811-9dad-11d1-80b4-00c04fd430c8")


@dataclass(frozen=True, slots=True)
class FiledLetter:
    """`place` is the record on the DLQ topic, `body` its JSON (`{}` when it is none), `original` what a replay sends.

    `problem` says why it cannot be replayed. `is_exact` is false when the original is known as text only.
    """

    place: Record
    body: Mapping[str, Any]
    id: str
    original: Record
    is_exact: bool
    problem: str | None

    @classmethod
    def of(cls, record: Record) -> FiledLetter:
        """Never raises."""
        headers = {name: (value or b"").decode("utf-8", "replace") for name, value in record.headers}
        try:
            body = json.loads(record.value or b"")
        except ValueError:
            body = None
        topic = record.topic.removesuffix(DLQ_SUFFIX)
        if not isinstance(body, dict):
            original = Record(
                topic=topic, partition=-1, offset=-1, timestamp_ms=record.timestamp_ms, key=record.key, value=None
            )
            return cls(record, {}, _id_of({}, headers, record), original, False, "is no dead letter: not a JSON object")
        named = _text(body, "originalTopic") or headers.get("dlq-original-topic") or topic
        problem = None
        if body.get("omittedBytes"):
            problem = f"its payload of {body['omittedBytes']} bytes was too large to be kept"
        try:
            key, value, carried = _bytes_of(body)
            is_exact = True
        except KeyError:
            key, value, carried = _texts_of(body, record)
            is_exact = False
        except (ValueError, TypeError, binascii.Error):
            key, value, carried, is_exact = record.key, None, (), False
            problem = "its original cannot be read: broken base64"
        if problem is None and key is None and value is None:
            problem = "its original has neither key nor value"
        original = Record(
            topic=named,
            partition=_number(body, "partition", -1),
            offset=_number(body, "offset", -1),
            timestamp_ms=_instant(body, "originalTimestamp", record.timestamp_ms),
            key=key,
            value=value,
            headers=carried,
        )
        return cls(record, body, _id_of(body, headers, record), original, is_exact, problem)

    @property
    def category(self) -> str:
        """One of FailureCategory; UNKNOWN when it says nothing that is one."""
        text = _text(self.body, "failureCategory") or self._header("dlq-failure-category")
        return text if text in set(FailureCategory) else FailureCategory.UNKNOWN.value

    @property
    def status(self) -> str:
        """The status it was written with: PENDING unless it is one that is final."""
        text = _text(self.body, "status")
        final = (DlqStatus.RESOLVED, DlqStatus.DEAD, DlqStatus.SKIPPED)
        return text if text in final else DlqStatus.PENDING.value

    @property
    def group(self) -> str | None:
        return _text(self.body, "consumerGroupId")

    @property
    def service(self) -> str | None:
        return _text(self.body, "sourceService") or self._header("dlq-source-service")

    @property
    def error_type(self) -> str | None:
        return _text(self.body, "errorType") or self._header("dlq-error-type")

    @property
    def error_message(self) -> str | None:
        return _text(self.body, "errorMessage")

    @property
    def retries(self) -> int:
        """Retries that the consumer made before it gave up."""
        return _number(self.body, "retryCount", 0)

    @property
    def written_ms(self) -> int:
        return _instant(self.body, "dlqTimestamp", self.place.timestamp_ms)

    @property
    def replay_id(self) -> str | None:
        """The replay that brought the record which failed, None when it came on its own."""
        return next((_decoded(value) for name, value in self.original.headers if name == REPLAY_ID), None)

    @property
    def replays(self) -> int:
        """How often the record has been replayed already."""
        text = next((_decoded(value) for name, value in self.original.headers if name == RETRY_COUNT), None)
        return int(text) if text is not None and text.isascii() and text.isdigit() and len(text) < 10 else 0

    @property
    def trace(self) -> TraceContext:
        """The ids of the original record."""
        return TraceContext.accept_record(self.original.headers)

    @property
    def tenant(self) -> str | None:
        return self.trace.tenant

    def replayed_headers(self, replay_id: str, replays: int) -> list[tuple[str, bytes]]:
        """The original headers as they were, but for those of an earlier replay, and the two of this one."""
        kept = [(name, value) for name, value in self.original.headers if name not in (REPLAY_ID, RETRY_COUNT)]
        return [*kept, (REPLAY_ID, replay_id.encode()), (RETRY_COUNT, str(replays).encode())]

    def _header(self, name: str) -> str | None:
        return next((_decoded(value) for known, value in self.place.headers if known == name), None)


def _bytes_of(body: Mapping[str, Any]) -> tuple[bytes | None, bytes | None, tuple[tuple[str, bytes], ...]]:
    """Key, value and headers. Raises KeyError when the letter does not hold them as bytes, ValueError when broken."""
    key, value = _decode64(body["originalKeyBase64"]), _decode64(body["originalValueBase64"])
    headers = tuple((_clean(str(name)), _decode64(text)) for name, text in body["originalHeadersBase64"])
    return key, value, headers  # type: ignore[return-value]  # a header may be null: it goes back as it came


def _texts_of(body: Mapping[str, Any], record: Record) -> tuple[bytes | None, bytes | None, tuple[Any, ...]]:
    key, payload, headers = body.get("key"), body.get("payload"), body.get("headers")
    if payload is not None and not isinstance(payload, str):
        payload = json.dumps(payload, ensure_ascii=False, separators=(",", ":"))
    carried = headers.items() if isinstance(headers, dict) else ()
    return (
        record.key if key is None else _clean(str(key)).encode(),
        None if payload is None else _clean(payload).encode(),
        tuple((_clean(name), _clean(str(value)).encode()) for name, value in carried if value is not None),
    )


def _decode64(text: str | None) -> bytes | None:
    return None if text is None else base64.b64decode(text, validate=True)


def _id_of(body: Mapping[str, Any], headers: Mapping[str, str], record: Record) -> str:
    """Its own id, else one that comes from its place."""
    return _text(body, "id") or headers.get("dlq-id") or str(uuid.uuid5(_NAMESPACE, record.position))


def _decoded(value: bytes | None) -> str:
    return (value or b"").decode("utf-8", "replace")


def _text(body: Mapping[str, Any], name: str) -> str | None:
    value = body.get(name)
    return _clean(value) if isinstance(value, str) and value else None


def _clean(text: str) -> str:
    """Half of a surrogate pair, which JSON can hold and UTF-8 cannot, becomes a question mark."""
    return text.encode("utf-8", "replace").decode()


def _number(body: Mapping[str, Any], name: str, default: int) -> int:
    value = body.get(name)
    return value if isinstance(value, int) and not isinstance(value, bool) and -(2**63) <= value < 2**63 else default


def _instant(body: Mapping[str, Any], name: str, default_ms: int) -> int:
    value = body.get(name)
    if not isinstance(value, str | int):
        return default_ms
    try:
        return parse_instant(value)
    except UsageError:
        return default_ms
