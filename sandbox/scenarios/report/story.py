"""Which of the things that the services did belong to the story of a run."""

from __future__ import annotations

from sandbox.events.facts import (
    BreakerTransitioned,
    DlqRecordReplayed,
    DlqStatusChanged,
    Fact,
    FaultApplied,
    FaultRemoved,
    RecordProduced,
    RequestServed,
    WebSocketClosed,
    WebSocketMessageSent,
    WebSocketOpened,
)
from sandbox.observe import deed
from sandbox.observe.deed import Deed

__all__ = ["Deed", "deed_of"]

AUDIT = "audit.events"
"""Not told: audit writes one record for each one it handles, and that is told."""
_OF_EVERYBODY = (BreakerTransitioned, FaultApplied, FaultRemoved)
"""Kinds that belong to no single record or call."""
_UNTOLD = (
    DlqRecordReplayed, DlqStatusChanged, RequestServed, WebSocketClosed, WebSocketMessageSent, WebSocketOpened,
)  # fmt: skip
"""The steps say it themselves, or the one who asked is told of already."""


def deed_of(fact: Fact, correlation_id: str) -> Deed | None:
    """The line about a fact, None when it is not part of this run's story."""
    if isinstance(fact, _UNTOLD) or (fact.correlation_id != correlation_id and not isinstance(fact, _OF_EVERYBODY)):
        return None
    if isinstance(fact, RecordProduced) and (fact.source == "scenario" or fact.topic == AUDIT):
        return None
    return deed.deed_of(fact)
