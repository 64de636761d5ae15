"""What PLATO knows before anybody told it anything, so that a first call finds something. Data, nothing else.

Each tenant starts with the same: one policy per category, one spec with an artifact, the plan `plan_123`.
"""

from __future__ import annotations

from sandbox.services.plato.plan import DEFAULT_ACTIONS, Plan, PlanStep
from sandbox.services.plato.policies import Decision, Policy, PolicyRule
from sandbox.services.plato.spec import Artifact, Spec
from sandbox.services.plato.store import Store

__all__ = ["DEFAULT_SPEC", "SEEDED_PLAN", "plant"]

SEEDED_PLAN = "plan_123"
DEFAULT_SPEC = "spec_reflex"
"""Where artifacts go when their plan names no spec."""

# (category, id, name, description, priority, rules as (condition, decision, parameters))
_POLICIES = (
    (
        "COMPLIANCE", "pol_sanctions", "Sanctioned entities", "Nothing is done for a sanctioned entity.", 100,
        (("sanctioned == true", Decision.DENY, {}),),
    ),
    (
        "SECURITY", "pol_shutdown", "No shutdown", "No plan may shut a service down.", 90,
        (("actionType == 'SHUTDOWN'", Decision.DENY, {}),),
    ),
    (
        "RISK", "pol_trades", "Risky trades", "Trades at high risk need a person's approval.", 50,
        ((
            "actionType == 'EXECUTE_TRADE' and riskScore >= 0.7",
            Decision.REQUIRE_APPROVAL, {"approval": "approval by a risk officer"},
        ),),
    ),
    (
        "OPERATIONAL", "pol_reflex", "Reflex plans", "ODYSSEY's reflex may act under high stress.", 10,
        (("stress >= 0.8 or status == 'ALERT'", Decision.ALLOW, {}),),
    ),
)  # fmt: skip

_CONTEXT = {"entityId": "rim:entity:finance:EURUSD", "stress": 0.85, "status": "ALERT", "capsuleIds": []}


def plant(store: Store, tenant: str, now_ms: int) -> None:
    """Give a tenant its first state, once."""
    if store.plan(tenant, SEEDED_PLAN) is not None:
        return
    steps = tuple(PlanStep(step_id=each, order=place, action=each) for place, each in enumerate(DEFAULT_ACTIONS, 1))
    with store.database.transaction():
        for policy in _policies(now_ms):
            store.save_policy(tenant, policy)
        store.save_spec(
            Spec(
                tenant=tenant, spec_id=DEFAULT_SPEC, name="Reflex response", type="DECISION", status="ACTIVE",
                definition={"steps": list(DEFAULT_ACTIONS)}, created_at_ms=now_ms,
            )
        )  # fmt: skip
        store.save_artifact(
            Artifact(
                tenant=tenant, artifact_id="art_template", spec_id=DEFAULT_SPEC, plan_id=None, run_id=None,
                name="Decision report template", type="TEMPLATE",
                content={"sections": ["evaluateConditions", "gatherHistory", "decide"]}, created_at_ms=now_ms,
            )
        )  # fmt: skip
        store.save_plan(
            Plan(
                tenant=tenant, plan_id=SEEDED_PLAN, name="Respond to stress on EURUSD", spec_id=DEFAULT_SPEC,
                description="Starts when a client connects to its stream and it has not run yet.",
                steps=steps,
                context=dict(_CONTEXT), created_at_ms=now_ms,
            )
        )  # fmt: skip


def _policies(now_ms: int) -> list[Policy]:
    return [
        Policy(
            policy_id=policy_id, name=name, description=description, category=category, priority=priority,
            rules=tuple(
                PolicyRule(rule_id=f"{policy_id}_{number}", condition=condition, action=action, parameters=parameters)
                for number, (condition, action, parameters) in enumerate(rules, 1)
            ),
            created_at_ms=now_ms, updated_at_ms=now_ms,
        )
        for category, policy_id, name, description, priority, rules in _POLICIES
    ]  # fmt: skip
