"""Bodies and queries about dead letters. Members are spelled as on the wire of the DLQ topics."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from sandbox.control.instant import Instant
from sandbox.control.models import Names

__all__ = [
    "AutomaticReplay", "DeadLetter", "DeadLetterPage", "DeadLetterRow", "DlqFilter", "DlqQuery", "DlqTopic",
    "DlqTopicList", "EditedReplayRequest", "OriginalView", "PurgeRequest", "Purged", "Replay", "ReplayList",
    "ReplayRequest",
]  # fmt: skip

Category = Literal["DESERIALIZATION", "VALIDATION", "DOWNSTREAM_FAILURE", "PERSISTENCE", "UNKNOWN"]
LetterStatus = Literal["PENDING", "RETRYING", "RESOLVED", "DEAD", "SKIPPED"]


class _Request(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True, defer_build=True)


class _Answer(BaseModel):
    model_config = ConfigDict(extra="allow", frozen=True, defer_build=True)


class DlqFilter(_Request):
    """Which dead letters: all that is given must hold; of a list, any member."""

    id: Names = []
    """Ids, or their beginnings."""
    category: list[Category] = []
    status: list[LetterStatus] = []
    """Without it those that are PENDING."""
    tenant: str | None = None
    """`default` also takes letters of records without a tenant."""
    key: str | None = None
    """The original key."""
    group: str | None = None
    """The consumer group that gave up."""
    start: Instant | None = Field(default=None, alias="from")
    """Dead-lettered then or later: ISO-8601 or epoch milliseconds."""
    end: Instant | None = Field(default=None, alias="to")
    """Dead-lettered then or earlier."""


class DlqQuery(DlqFilter):
    id: Names = []
    """Ids: repeated, or separated by commas."""
    category: list[Category] = []
    """Repeat it for several."""
    status: list[LetterStatus] = []
    """Repeat it for several; all without it."""
    after: int = Field(default=0, ge=0)
    """Go on after this number: `next` of the page before."""
    limit: int = Field(default=100, ge=1, le=1_000)
    """At most so many letters in one answer."""


class DlqTopic(_Answer):
    """A DLQ topic and how its letters stand."""

    topic: str
    """The original topic."""
    dlqTopic: str
    depth: int
    """Letters that are PENDING."""
    letters: int
    pending: int
    retrying: int
    resolved: int
    dead: int
    skipped: int
    categories: dict[str, int]
    """PENDING letters by failure category."""


class DlqTopicList(_Answer):
    topics: list[DlqTopic]


class DeadLetterRow(_Answer):
    """A dead letter in short, and how it stands."""

    id: str
    status: LetterStatus
    note: str | None = None
    """Why it has this status."""
    failureCategory: Category
    replays: int
    """How often the record has been replayed."""
    problem: str | None = None
    """Why it cannot be replayed."""


class DeadLetterPage(_Answer):
    topic: str
    matching: int
    """All that fit, on whatever page."""
    letters: list[DeadLetterRow]
    next: int
    """Read on with `after=next`."""


class OriginalView(_Answer):
    """The original value for whoever looks on."""

    format: str
    """avro, json, text, binary or none."""
    value: Any = None
    """Decoded, where it can be."""
    reason: str | None = None
    """Why it cannot be decoded."""
    hex: str | None = None
    """Its first bytes, where it cannot be decoded."""


class DeadLetter(DeadLetterRow):
    letter: dict[str, Any]
    """The record on the DLQ topic, as it was written."""
    original: OriginalView | None = None
    headers: list[tuple[str, str]]
    """The original headers, in their order."""
    history: list[dict[str, Any]]
    """What replays did with it, oldest first."""


class ReplayRequest(DlqFilter):
    """What to replay, where to, and how fast."""

    target: str = Field(default="RAW", min_length=1, max_length=249)
    """RAW (the original topic), SHADOW (a side topic; nothing counts as replayed) or the name of a topic."""
    dryRun: bool = False
    """Only say what would happen."""
    maxMessages: int | None = Field(default=None, ge=1)
    ratePerSecond: float | None = Field(default=None, gt=0, le=100_000)
    retryLimit: int = Field(default=3, ge=1, le=1_000)
    """A record that has been replayed so often is marked DEAD in place of being replayed again."""
    reason: str | None = Field(default=None, max_length=1_000)
    """For the audit record."""
    ticket: str | None = Field(default=None, max_length=200)
    """For the audit record."""


class EditedReplayRequest(_Request):
    """One letter's record with changes. What is not given goes out as it was, byte for byte."""

    key: str | None = None
    value: Any = None
    """An object, encoded by the topic's contract."""
    valueBase64: str | None = None
    """The bytes, in place of `value`."""
    headers: list[tuple[str, str]] = []
    """All of them, in their order."""
    target: str = Field(default="RAW", min_length=1, max_length=249)
    """RAW (the original topic), SHADOW (a side topic; nothing counts as replayed) or the name of a topic."""
    dryRun: bool = False
    """Only say what would happen, and whether the value fits the contract."""
    reason: str | None = Field(default=None, max_length=1_000)
    """For the audit record."""
    ticket: str | None = Field(default=None, max_length=200)
    """For the audit record."""

    @model_validator(mode="after")
    def _one_value(self) -> EditedReplayRequest:
        if {"value", "valueBase64"} <= self.model_fields_set:
            raise ValueError("give either value or valueBase64")
        return self

    def changes(self) -> dict[str, Any]:
        """What is given of the record itself."""
        named = {"key", "value", "valueBase64", "headers"} & self.model_fields_set
        return {name: getattr(self, name) for name in named}


class Replay(_Answer):
    """A replay and how far it is. Each letter that fits is counted once."""

    replay: str
    state: Literal["running", "finished", "stopped", "dry-run"]
    topic: str
    target: str
    selected: int
    """Letters that it is to replay."""
    replayed: int
    skipped: int
    """Their status says that there is nothing to do."""
    failed: int
    markedDead: int
    left: int
    """Beyond maxMessages, or not reached."""
    records: int
    """Records that went out: letters of several groups for one record share it."""
    start: str
    end: str | None = None


class ReplayList(_Answer):
    replays: list[Replay]


class PurgeRequest(DlqFilter):
    reason: str | None = Field(default=None, max_length=1_000)
    """For the audit record."""
    ticket: str | None = Field(default=None, max_length=200)
    """For the audit record."""


class Purged(_Answer):
    topic: str
    purged: int
    """Letters that are SKIPPED now; the topic itself is append-only."""


class AutomaticReplay(_Request):
    """Replay without being asked, of DOWNSTREAM_FAILURE and PERSISTENCE, once what failed has recovered."""

    enabled: bool
    waitSeconds: float = Field(default=30.0, ge=0, le=86_400)
    """Rest of a letter before its first automatic replay; doubles with each one."""
