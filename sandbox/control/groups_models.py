"""Bodies about consumer groups."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field

__all__ = [
    "Group", "GroupList", "GroupMember", "GroupPartition", "GroupReset", "GroupResetRequest", "GroupRow",
    "MovedPartition",
]  # fmt: skip


class _Request(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)


class _Answer(BaseModel):
    model_config = ConfigDict(extra="allow", frozen=True, defer_build=True)


class GroupRow(_Answer):
    """A consumer group in short."""

    group: str
    state: str
    """Kafka's word: Stable, Empty, PreparingRebalance, CompletingRebalance or Dead."""
    service: str | None = None
    """The service of this sandbox that consumes in it; null for anybody else's."""
    memberCount: int
    topics: list[str]
    lag: int
    """Records between what it has committed and the end, on all its topics."""


class GroupList(_Answer):
    groups: list[GroupRow]


class GroupMember(_Answer):
    member: str
    client: str
    host: str
    partitions: int
    """How many it has been given."""


class GroupPartition(_Answer):
    topic: str
    partition: int
    committed: int | None
    """The offset it reads next; null when it has committed nothing here."""
    begin: int
    """The first offset that is kept."""
    end: int
    """The offset that the next record gets."""
    lag: int
    client: str | None = None
    """The member that has it."""


class Group(GroupRow):
    members: list[GroupMember]
    partitions: list[GroupPartition]


class GroupResetRequest(_Request):
    """Where the group is to begin, and on which topics."""

    to: str = Field(min_length=1, max_length=100)
    """earliest, latest, an ISO-8601 instant, epoch milliseconds, or a time ago such as 10m."""
    topics: list[str] = []
    """All that it reads when left out."""
    dryRun: bool = False
    """Only say what would happen."""


class MovedPartition(_Answer):
    topic: str
    partition: int
    committed: int | None
    """What it had committed before."""
    to: int
    """The offset it begins at now."""
    again: int
    """Records that it reads once more."""
    skipped: int
    """Records that it leaves out."""


class GroupReset(_Answer):
    group: str
    to: str
    dryRun: bool
    again: int
    skipped: int
    partitions: list[MovedPartition]
