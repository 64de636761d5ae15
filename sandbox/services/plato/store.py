"""What PLATO knows: plans, specs, artifacts, policies, governance and feedback, each by tenant."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from sandbox.services.database import Database
from sandbox.services.plato.plan import Plan, PlanStatus
from sandbox.services.plato.policies import Decision, Policy, PolicyRule
from sandbox.services.plato.spec import Artifact, Spec

__all__ = ["Slice", "Store"]


@dataclass(frozen=True, slots=True)
class Slice:
    """Which part of a list, in which order. `order_by` is a column that the caller has checked."""

    offset: int = 0
    limit: int = 20
    order_by: str = "created_at_ms"
    descending: bool = True

    @property
    def sql(self) -> str:
        direction = "DESC" if self.descending else "ASC"
        return f" ORDER BY {self.order_by} {direction}, rowid {direction} LIMIT {self.limit:d} OFFSET {self.offset:d}"


class Store:
    """Reads and writes whole values; callers hold `database.transaction()` around changes that belong together."""

    def __init__(self, database: Database) -> None:
        self.database = database

    # Plans

    def plan(self, tenant: str, plan_id: str) -> Plan | None:
        row = self.database.one("SELECT body FROM plans WHERE tenant = ? AND plan_id = ?", tenant, plan_id)
        return Plan.from_document(json.loads(row["body"])) if row else None

    def save_plan(self, plan: Plan) -> None:
        self.database.execute(
            "INSERT INTO plans VALUES (?, ?, ?, ?, ?, ?)"
            " ON CONFLICT (tenant, plan_id) DO UPDATE SET status = excluded.status, body = excluded.body",
            plan.tenant, plan.plan_id, plan.status.value, plan.created_at_ms, plan.name, json.dumps(plan.to_document()),
        )  # fmt: skip

    def plans(self, tenant: str, part: Slice, status: PlanStatus | None = None) -> tuple[list[Plan], int]:
        """One page of the tenant's plans, and how many there are in all."""
        where, values = "tenant = ?", [tenant]
        if status is not None:
            where, values = f"{where} AND status = ?", [tenant, status.value]
        rows = self.database.all(f"SELECT body FROM plans WHERE {where}{part.sql}", *values)
        total = self.database.count(f"SELECT count(*) FROM plans WHERE {where}", *values)
        return [Plan.from_document(json.loads(row["body"])) for row in rows], total

    def plans_awaiting_approval(self, tenant: str, entity_id: str) -> list[str]:
        rows = self.database.all(
            "SELECT plan_id FROM plans WHERE tenant = ? AND status = 'PENDING'"
            " AND json_extract(body, '$.approval.status') = 'PENDING'"
            " AND json_extract(body, '$.context.entityId') = ? ORDER BY created_at_ms LIMIT 100",
            tenant, entity_id,
        )  # fmt: skip
        return [row["plan_id"] for row in rows]

    # Specs and artifacts

    def spec(self, tenant: str, spec_id: str) -> Spec | None:
        row = self.database.one("SELECT body FROM specs WHERE tenant = ? AND spec_id = ?", tenant, spec_id)
        return Spec(**json.loads(row["body"])) if row else None

    def save_spec(self, spec: Spec) -> None:
        self.database.execute(
            "INSERT INTO specs VALUES (?, ?, ?, ?, ?, ?)"
            " ON CONFLICT (tenant, spec_id) DO UPDATE SET body = excluded.body",
            spec.tenant, spec.spec_id, spec.type, spec.created_at_ms, spec.name, json.dumps(asdict(spec)),
        )  # fmt: skip

    def specs(self, tenant: str, part: Slice, type_: str | None = None) -> tuple[list[Spec], int]:
        where, values = "tenant = ?", [tenant]
        if type_ is not None:
            where, values = f"{where} AND type = ?", [tenant, type_]
        rows = self.database.all(f"SELECT body FROM specs WHERE {where}{part.sql}", *values)
        return [Spec(**json.loads(row["body"])) for row in rows], self.database.count(
            f"SELECT count(*) FROM specs WHERE {where}", *values
        )

    def save_artifact(self, artifact: Artifact) -> None:
        """Keep it; the first one makes its spec ACTIVE."""
        self.database.execute(
            "INSERT OR REPLACE INTO artifacts VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            artifact.tenant, artifact.artifact_id, artifact.spec_id, artifact.plan_id, artifact.run_id, artifact.type,
            artifact.created_at_ms, artifact.name, json.dumps(asdict(artifact)),
        )  # fmt: skip
        self.database.execute(
            "UPDATE specs SET body = json_set(body, '$.status', 'ACTIVE')"
            " WHERE tenant = ? AND spec_id = ? AND json_extract(body, '$.status') = 'DRAFT'",
            artifact.tenant, artifact.spec_id,
        )  # fmt: skip

    def artifacts_of_spec(self, tenant: str, spec_id: str, part: Slice) -> tuple[list[Artifact], int]:
        where = "tenant = ? AND spec_id = ?"
        rows = self.database.all(f"SELECT body FROM artifacts WHERE {where}{part.sql}", tenant, spec_id)
        total = self.database.count(f"SELECT count(*) FROM artifacts WHERE {where}", tenant, spec_id)
        return [Artifact(**json.loads(row["body"])) for row in rows], total

    def artifact(self, tenant: str, artifact_id: str) -> Artifact | None:
        row = self.database.one("SELECT body FROM artifacts WHERE tenant = ? AND artifact_id = ?", tenant, artifact_id)
        return Artifact(**json.loads(row["body"])) if row else None

    # Policies and governance

    def policies(self, tenant: str, category: str | None = None) -> list[Policy]:
        """By falling priority."""
        where, values = "tenant = ?", [tenant]
        if category is not None:
            where, values = f"{where} AND category = ?", [tenant, category]
        rows = self.database.all(f"SELECT body FROM policies WHERE {where} ORDER BY priority DESC, policy_id", *values)
        return [_policy(json.loads(row["body"])) for row in rows]

    def policy(self, tenant: str, policy_id: str) -> Policy | None:
        row = self.database.one("SELECT body FROM policies WHERE tenant = ? AND policy_id = ?", tenant, policy_id)
        return _policy(json.loads(row["body"])) if row else None

    def save_policy(self, tenant: str, policy: Policy) -> None:
        self.database.execute(
            "INSERT OR REPLACE INTO policies VALUES (?, ?, ?, ?, ?)",
            tenant, policy.policy_id, policy.category, policy.priority, json.dumps(asdict(policy)),
        )  # fmt: skip

    def governance(self, tenant: str, entity_id: str) -> dict[str, Any] | None:
        """The entity's latest judgement: `{"violations", "riskScore", "atMs"}`."""
        row = self.database.one("SELECT body FROM governance WHERE tenant = ? AND entity_id = ?", tenant, entity_id)
        return json.loads(row["body"]) if row else None

    def save_governance(self, tenant: str, entity_id: str, body: Mapping[str, Any]) -> None:
        self.database.execute("INSERT OR REPLACE INTO governance VALUES (?, ?, ?)", tenant, entity_id, json.dumps(body))

    def knows_decision(self, tenant: str, decision_id: str) -> bool:
        """Whether a run of the tenant has made this decision."""
        return (
            self.database.one("SELECT 1 FROM decisions WHERE tenant = ? AND decision_id = ?", tenant, decision_id)
            is not None
        )

    def save_decision(self, tenant: str, decision_id: str, plan_id: str) -> None:
        self.database.execute("INSERT OR IGNORE INTO decisions VALUES (?, ?, ?)", tenant, decision_id, plan_id)

    def save_feedback(self, tenant: str, feedback_id: str, decision_id: str, body: Mapping[str, Any]) -> None:
        self.database.execute(
            "INSERT INTO feedback VALUES (?, ?, ?, ?)", tenant, feedback_id, decision_id, json.dumps(body)
        )

    # What odyssey.paths told

    def knows_record(self, position: str) -> bool:
        return self.database.one("SELECT 1 FROM consumed WHERE position = ?", position) is not None

    def save_record(self, position: str) -> None:
        self.database.execute("INSERT OR IGNORE INTO consumed VALUES (?)", position)


def _policy(document: dict[str, Any]) -> Policy:
    rules = tuple(PolicyRule(**{**rule, "action": Decision(rule["action"])}) for rule in document["rules"])
    return Policy(**{**document, "rules": rules})
