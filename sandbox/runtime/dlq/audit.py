"""The audit record of what an operator did to dead letters, on `audit.events` like every other."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from sandbox.clock import Clock
from sandbox.contracts.instants import format_instant
from sandbox.contracts.tracing import TraceContext
from sandbox.runtime.dlq.ports import ReplayPublisher

__all__ = ["AUDIT_TOPIC", "write_audit"]

AUDIT_TOPIC = "audit.events"


async def write_audit(
    publisher: ReplayPublisher, kind: str, identity: str, dlq_topic: str, clock: Clock, details: Mapping[str, Any]
) -> None:
    """Returns once Kafka has it. The members of every audit record, and `details`.

    The audit id comes from what was done: written twice after an interruption, it is known as one. Raises
    KafkaUnavailable, and UnknownName where the contracts have no audit.
    """
    trace = TraceContext.start()
    text = json.dumps(details, sort_keys=True, ensure_ascii=False)
    record = {
        "auditId": "aud_" + hashlib.sha256(f"{kind}|{identity}".encode()).hexdigest()[:20],
        "timestamp": format_instant(clock.now_ms()),
        "sourceTopic": dlq_topic,
        "partition": None,
        "offset": None,
        "key": identity,
        "service": "sandbox",
        "auditType": kind,
        "correlationId": trace.correlation_id,
        "traceId": trace.trace_id,
        "payloadSha256": hashlib.sha256(text.encode()).hexdigest(),
        "details": details,
    }
    await publisher.publish(AUDIT_TOPIC, record, key=None, trace=trace)
