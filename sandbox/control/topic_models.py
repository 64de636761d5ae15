"""A topic of one's own: the request for it."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field

__all__ = ["NewTopicRequest"]


class NewTopicRequest(BaseModel):
    """A topic that no contract has."""

    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)

    name: str = Field(min_length=1, max_length=249, pattern=r"^[a-zA-Z0-9][a-zA-Z0-9._-]*$")
    partitions: int = Field(default=1, ge=1, le=100)
