"""The audit record of one Kafka record (ecosystem: audit record). Nothing is decoded, so nothing can be undecodable."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any

from sandbox.contracts.delivery import Delivery
from sandbox.contracts.instants import format_instant

__all__ = ["AUDITED", "AuditEntry"]

# topic → (the service that writes it, audit type)
AUDITED = {
    "rim.fast-path": ("perception", "FAST_PATH_EVENT"),
    "perception.events": ("perception", "PERCEPTION_EVENT"),
    "capsule.snapshots": ("capsule", "CAPSULE_SNAPSHOT"),
    "odyssey.paths": ("odyssey", "PATH_UPDATE"),
    "plato.plans": ("plato", "PLAN_EVENT"),
}


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """`audit_id` comes from the record's place: the same record audited twice is recognised by it."""

    audit_id: str
    timestamp_ms: int
    source_topic: str
    partition: int
    offset: int
    key: str | None
    service: str
    audit_type: str
    correlation_id: str
    trace_id: str
    payload_sha256: str

    @classmethod
    def of(cls, delivery: Delivery) -> AuditEntry:
        record = delivery.record
        service, audit_type = AUDITED.get(record.topic, ("unknown", "RECORD"))
        place = f"{record.topic}-{record.partition}-{record.offset}"
        return cls(
            audit_id="aud_" + hashlib.sha256(place.encode()).hexdigest()[:20],
            timestamp_ms=record.timestamp_ms,
            source_topic=record.topic,
            partition=record.partition,
            offset=record.offset,
            key=None if record.key is None else record.key.decode("utf-8", "replace"),
            service=delivery.trace.source_service or service,
            audit_type=audit_type,
            correlation_id=delivery.trace.correlation_id,
            trace_id=delivery.trace.trace_id,
            payload_sha256=hashlib.sha256(record.value or b"").hexdigest(),
        )

    def to_json(self) -> dict[str, Any]:
        return {
            "auditId": self.audit_id,
            "timestamp": format_instant(self.timestamp_ms),
            "sourceTopic": self.source_topic,
            "partition": self.partition,
            "offset": self.offset,
            "key": self.key,
            "service": self.service,
            "auditType": self.audit_type,
            "correlationId": self.correlation_id,
            "traceId": self.trace_id,
            "payloadSha256": self.payload_sha256,
        }
