"""What a retry says, one event per fact."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

__all__ = [
    "RetryErrorEvent",
    "RetryEvent",
    "RetryIgnoredErrorEvent",
    "RetryScheduledEvent",
    "RetrySuccessEvent",
]


@dataclass(frozen=True, slots=True)
class RetryEvent:
    """`attempts`: those that failed so far; `error`: the last one's, None if a result asked for another attempt."""

    event_type: ClassVar[str]

    retry_name: str
    at_ms: int
    attempts: int
    error: BaseException | None


@dataclass(frozen=True, slots=True)
class RetryScheduledEvent(RetryEvent):
    """Another attempt follows in `wait_ms`."""

    event_type: ClassVar[str] = "RETRY"
    wait_ms: int


@dataclass(frozen=True, slots=True)
class RetrySuccessEvent(RetryEvent):
    """An attempt after the first one succeeded."""

    event_type: ClassVar[str] = "SUCCESS"


@dataclass(frozen=True, slots=True)
class RetryErrorEvent(RetryEvent):
    """No attempt is left."""

    event_type: ClassVar[str] = "ERROR"


@dataclass(frozen=True, slots=True)
class RetryIgnoredErrorEvent(RetryEvent):
    """The error does not ask for another attempt; `attempts` is 0."""

    event_type: ClassVar[str] = "IGNORED_ERROR"
