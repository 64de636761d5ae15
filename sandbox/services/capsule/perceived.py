"""What PERCEPTION publishes, as capsules: one for a fast-path event, one for each entity of a detected event."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from sandbox.contracts.dead_letter import FailureCategory, RecordFailure
from sandbox.contracts.delivery import Delivery
from sandbox.contracts.instants import parse_instant
from sandbox.contracts.node_id import NODE_ID_MESSAGE, RimNodeId
from sandbox.errors import UsageError
from sandbox.services.capsule.capsule import Capsule
from sandbox.services.capsule.consumed import ConsumedRecord
from sandbox.services.http.fields import FIRST_MS, LAST_MS

__all__ = ["FAST_PATH", "PERCEPTION_EVENTS", "capsules_of"]

FAST_PATH = "rim.fast-path"
PERCEPTION_EVENTS = "perception.events"
ALERT_STRESS = 0.8
"""From here on an entity is under stress (design: ALERT or stress ≥ 0.8)."""


def capsules_of(delivery: Delivery, consumed: ConsumedRecord) -> list[Capsule]:
    """Empty when the event names no entity. Raises RecordFailure VALIDATION for a value that makes no capsule."""
    value = delivery.value
    if value is None:
        raise _invalid("the record has no value")
    return _MAKERS[delivery.record.topic](value, delivery, consumed)


def _of_fast_path(event: Mapping[str, Any], delivery: Delivery, consumed: ConsumedRecord) -> list[Capsule]:
    # The older flat form has `timestamp` in place of the vector.
    vector = event.get("vector_timestamp") or {"event_ts_ms": event.get("timestamp")}
    timestamp_ms = _instant(vector.get("event_ts_ms"), "vector_timestamp.event_ts_ms")
    stress = event.get("stress")
    content = {
        "configuration": _present(
            status=event.get("status"), instrumentId=event.get("instrument_id"), sourceTopic=event.get("source_topic")
        ),
        "dynamics": _present(
            price=_finite(event.get("price"), "price"),
            volume=_finite(event.get("volume"), "volume"),
            stress=_finite(stress, "stress"),
            criticalMetrics={
                name: _finite(metric, f"critical_metrics.{name}")
                for name, metric in (event.get("critical_metrics") or {}).items()
            },
        ),
        "counterfactual": _relief(event.get("status"), stress),
        "meta": _present(
            ingestedAt=vector.get("ingest_ts_ms"), logicalClock=vector.get("logical_clock"), source=_source(delivery)
        ),
    }
    scope_id = _scope_id(event.get("rim_node_id"), "rim_node_id")
    return [_capsule(delivery, consumed, scope_id, timestamp_ms, content, event.get("metadata"))]


def _of_perception(event: Mapping[str, Any], delivery: Delivery, consumed: ConsumedRecord) -> list[Capsule]:
    timestamp_ms = _instant(event.get("timestamp"), "timestamp")
    detected_at = event.get("detected_at")
    entities = event.get("entities") or []
    scopes = [_scope_id(each, f"entities[{place}]") for place, each in enumerate(entities)]
    content = {
        "configuration": _present(
            eventType=event.get("event_type"), title=event.get("title"), summary=event.get("summary")
        ),
        "dynamics": _present(
            trustScore=_finite(event.get("trust_score"), "trust_score"),
            impactEstimate=_estimate(event.get("impact_estimate")),
        ),
        "agency": _present(entities=scopes, sources=event.get("sources")),
        "meta": _present(
            detectedAt=None if detected_at is None else _instant(detected_at, "detected_at"), source=_source(delivery)
        ),
    }
    return [
        _capsule(delivery, consumed, scope, timestamp_ms, content, event.get("metadata"))
        for scope in dict.fromkeys(scopes)
    ]


_MAKERS: Mapping[str, Callable[[Mapping[str, Any], Delivery, ConsumedRecord], list[Capsule]]] = {
    FAST_PATH: _of_fast_path,
    PERCEPTION_EVENTS: _of_perception,
}


def _capsule(
    delivery: Delivery,
    consumed: ConsumedRecord,
    scope_id: str,
    timestamp_ms: int,
    content: Mapping[str, Mapping[str, Any]],
    metadata: Mapping[str, Any] | None,
) -> Capsule:
    """Everything comes from the record, so that a store rebuilt from the topics is equal to the lost one.

    Of the trace's ids only those that the record carries are kept: others are new each time it is consumed.
    """
    event = consumed.event
    names = f"{event.tenant}|{event.topic}|{consumed.identity}|{scope_id}"
    trace, carried = delivery.trace, {value for _, value in delivery.record.headers}
    ids = {"requestId": trace.request_id, "correlationId": trace.correlation_id}
    return Capsule(
        # Ids that grow with the offset are next to each other in the index: a run of records touches few of its pages.
        capsule_id=f"cap_{event.partition:03x}{event.offset:09x}{hashlib.sha256(names.encode()).hexdigest()[:12]}",
        tenant=event.tenant,
        scope_id=scope_id,
        timestamp_ms=timestamp_ms,
        created_ms=delivery.record.timestamp_ms,
        content=content,
        metadata={
            **(metadata or {}),
            **_present(eventId=event.event_id),
            **{name: identity for name, identity in ids.items() if identity.encode() in carried},
        },
    )


def _relief(status: str | None, stress: float | None) -> dict[str, Any]:
    """The counterfactual of an entity under stress: it stays below the threshold. Nothing for a calm one."""
    if stress is None or not (stress >= ALERT_STRESS or status == "ALERT"):
        return {}
    return {
        "hypothesis": f"stress stays below {ALERT_STRESS}",
        "alternateState": {"status": "OK", "stress": min(stress, ALERT_STRESS) / 2},
        "probability": round(max(0.0, 1.0 - stress), 6),
    }


def _estimate(impact: Mapping[str, Any] | None) -> dict[str, Any] | None:
    if impact is None:
        return None
    return {name: _finite(value, f"impact_estimate.{name}") for name, value in impact.items()}


def _finite(value: Any, where: str) -> Any:
    """The value, unless it is a number that JSON cannot hold."""
    if isinstance(value, float) and not math.isfinite(value):
        raise _invalid(f"{where} {value!r} is not a finite number")
    return value


def _source(delivery: Delivery) -> dict[str, Any]:
    record = delivery.record
    return {"topic": record.topic, "partition": record.partition, "offset": record.offset}


def _scope_id(value: Any, where: str) -> str:
    if not RimNodeId.is_valid(value):
        raise _invalid(f"{where} {value!r} {NODE_ID_MESSAGE}")
    return value


def _instant(value: Any, where: str) -> int:
    """Epoch milliseconds of a number, a text, or the datetime that a decoder made of a logical type."""
    if isinstance(value, datetime):
        return round(value.timestamp() * 1000)
    try:
        moment_ms = parse_instant(value) if isinstance(value, (int, str)) else None
    except UsageError:
        moment_ms = None
    if moment_ms is None or not FIRST_MS <= moment_ms <= LAST_MS:
        raise _invalid(f"{where} {value!r} is not an instant")
    return moment_ms


def _invalid(message: str) -> RecordFailure:
    return RecordFailure(FailureCategory.VALIDATION, message)


def _present(**members: Any) -> dict[str, Any]:
    return {name: value for name, value in members.items() if value is not None}
