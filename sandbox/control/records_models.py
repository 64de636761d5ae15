"""Records as a person looks at them: the newest as they come, or a page from anywhere."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field

from sandbox.control.models import TailedRecord

__all__ = ["Look", "RecordPage", "RecordsQuery", "WatchQuery"]


class _Question(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True, defer_build=True)

    match: str = Field(default="", max_length=1_000)
    """Which records: `key=K`, `header.NAME=V`, `$.path=V`, `partition=N`, words; all must hold, `!` turns one round."""
    partition: int | None = Field(default=None, ge=0)
    """Of this partition only."""


class WatchQuery(_Question):
    after: str = Field(default="", max_length=20_000)
    """Go on where a page ended: its `next`. Without it the watching begins now."""
    limit: int = Field(default=50, ge=1, le=500)
    """About how many records to decode for each look, four a second: what flows faster is sampled."""


class RecordsQuery(_Question):
    begin: str = Field(default="latest", alias="from", max_length=100)
    """earliest, latest (the last records), an instant, a time ago such as 10m, or @OFFSET."""
    after: str = Field(default="", max_length=20_000)
    """Go on where an earlier page ended: its `next`."""
    limit: int = Field(default=100, ge=1, le=1_000)
    """At most so many records."""


class Look(BaseModel):
    """What has come since the last look."""

    model_config = ConfigDict(extra="allow", frozen=True, defer_build=True)

    published: int
    """Records published since the watching began: exact, by offsets."""
    skipped: int
    """Records left out of this look because they came too fast."""
    looked_at: int
    """Records that were decoded for it."""
    records: list[TailedRecord]
    """Those of them that match."""


class RecordPage(BaseModel):
    """Records by time, then partition and offset."""

    model_config = ConfigDict(extra="allow", frozen=True, defer_build=True)

    records: list[TailedRecord]
    next: str
    """What to ask for `after` this page."""
    looked_at: int
    """Records that were decoded for it."""
    done: bool
    """Whether the end of the topic, as it was when asked, has been reached."""
