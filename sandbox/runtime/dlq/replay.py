"""One replay of dead letters: what was asked for, and how far it is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from sandbox.contracts.instants import format_instant
from sandbox.contracts.names import DLQ_SUFFIX
from sandbox.runtime.dlq.edit import EditedRecord
from sandbox.runtime.dlq.letter_filter import LetterFilter

__all__ = ["RAW", "SHADOW", "Replay", "ReplayOptions"]

RAW, SHADOW = "RAW", "SHADOW"
SHADOW_SUFFIX = ".shadow"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplayOptions:
    """`target` is RAW (the original topic), SHADOW (a side topic, `{topic}.shadow`) or the name of a topic.

    A record that has been replayed `retry_limit` times is marked DEAD in place of being replayed again. `edited` goes
    out in place of the original; then `wanted` is one letter.
    """

    wanted: LetterFilter = field(default_factory=LetterFilter)
    target: str = RAW
    dry_run: bool = False
    max_messages: int | None = None
    rate_per_s: float | None = None
    retry_limit: int = 3
    reason: str | None = None
    ticket: str | None = None
    automatic: bool = False
    edited: EditedRecord | None = None

    @property
    def moves_statuses(self) -> bool:
        """A copy on a side topic is a rehearsal: the letters stay as they are."""
        return self.target != SHADOW

    def to_json(self) -> dict[str, Any]:
        edited = None if self.edited is None else self.edited.to_json()
        return {**asdict(self), "wanted": self.wanted.to_json(), "edited": edited}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> ReplayOptions:
        edited = data.get("edited")
        known = {"wanted": LetterFilter.from_json(data["wanted"])}
        return cls(**{**data, **known, "edited": None if edited is None else EditedRecord.from_json(edited)})


@dataclass(frozen=True, slots=True, kw_only=True)
class Replay:
    """`state` is running, finished, stopped or dry-run.

    Of the letters that fit, each one is counted once: replayed, skipped (their status says that there is nothing to
    do), failed, marked dead, or left (beyond `max_messages`, or not reached). `records` went out: letters of several
    groups for one record share it, and `also_reached` letters of it were not asked for but are answered by it too.
    `resent` records may be there twice, since an interruption left open whether the first one had arrived.
    """

    replay: str
    dlq_topic: str
    options: ReplayOptions
    target_topic: str | None
    state: str
    started_ms: int
    ended_ms: int | None = None
    selected: int = 0
    replayed: int = 0
    skipped: int = 0
    failed: int = 0
    marked_dead: int = 0
    left: int = 0
    records: int = 0
    also_reached: int = 0
    resent: int = 0
    errors: tuple[str, ...] = ()

    @property
    def topic(self) -> str:
        """The original topic."""
        return self.dlq_topic.removesuffix(DLQ_SUFFIX)

    def to_json(self) -> dict[str, Any]:
        options = self.options
        return {
            "replay": self.replay,
            "state": self.state,
            "topic": self.topic,
            "dlqTopic": self.dlq_topic,
            "target": options.target,
            "targetTopic": self.target_topic,
            "dryRun": options.dry_run,
            "automatic": options.automatic,
            "edited": [] if options.edited is None else list(options.edited.changed),
            "filter": options.wanted.to_json(),
            "reason": options.reason,
            "ticket": options.ticket,
            "selected": self.selected,
            "replayed": self.replayed,
            "skipped": self.skipped,
            "failed": self.failed,
            "markedDead": self.marked_dead,
            "left": self.left,
            "records": self.records,
            "alsoReached": self.also_reached,
            "resent": self.resent,
            "start": format_instant(self.started_ms),
            "end": None if self.ended_ms is None else format_instant(self.ended_ms),
            "tookMs": None if self.ended_ms is None else self.ended_ms - self.started_ms,
            "errors": list(self.errors),
        }
