"""Judging actions by the tenant's policies, and what is known of an entity by it (ecosystem: GovernanceStatus)."""

from __future__ import annotations

from typing import Any

from sandbox.contracts.instants import format_instant
from sandbox.contracts.tracing import TraceContext
from sandbox.services.plato.outbox import Outbox
from sandbox.services.plato.policies import Action, Judgement, judge
from sandbox.services.plato.store import Store

__all__ = ["Governance"]


class Governance:
    """`judge` keeps each judgement as the entity's latest and tells `plato.governance` of it."""

    def __init__(self, store: Store, outbox: Outbox, now_ms: Any) -> None:
        self._store = store
        self._outbox = outbox
        self._now_ms = now_ms

    def judge(self, tenant: str, action: Action, trace: TraceContext) -> Judgement:
        judgement = judge(self._store.policies(tenant), action)
        now_ms = self._now_ms()
        known = {"violations": list(judgement.violations), "riskScore": action.risk_score, "atMs": now_ms}
        event = {
            "entity_id": action.entity_id,
            "decision": judgement.decision.value,
            "policy_ids": list(judgement.matched),
            "reason": judgement.reason,
            "timestamp": now_ms,
        }
        with self._store.database.transaction():
            self._store.save_governance(tenant, action.entity_id, known)
            self._outbox.add("plato.governance", event, key=action.entity_id, trace=trace)
        return judgement

    def status(self, tenant: str, entity_id: str) -> dict[str, Any]:
        """GovernanceStatus as JSON; an entity that nobody asked about is compliant and was never assessed."""
        latest = self._store.governance(tenant, entity_id) or {"violations": [], "riskScore": None, "atMs": None}
        return {
            "entityId": entity_id,
            "compliant": not latest["violations"],
            "activeViolations": latest["violations"],
            "pendingApprovals": self._store.plans_awaiting_approval(tenant, entity_id),
            "riskScore": latest["riskScore"],
            "lastAssessedAt": None if latest["atMs"] is None else format_instant(latest["atMs"]),
        }
