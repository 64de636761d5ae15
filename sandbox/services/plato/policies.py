"""Policies and how they judge an action: the strictest rule that matches decides (ecosystem: Policy, evaluate)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sandbox.contracts.instants import format_instant
from sandbox.services.plato.conditions import Condition

__all__ = ["Action", "Decision", "Judgement", "Policy", "PolicyRule", "judge", "number_of"]


class Decision(StrEnum):
    """From the mildest to the strictest."""

    ALLOW = "ALLOW"
    REQUIRE_APPROVAL = "REQUIRE_APPROVAL"
    DENY = "DENY"


_STRICTNESS = {decision: strictness for strictness, decision in enumerate(Decision)}


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyRule:
    """When `condition` holds, `action` is the rule's decision; `parameters` go to whoever acts on it."""

    rule_id: str
    condition: str
    action: Decision
    parameters: dict[str, Any]

    def to_json(self) -> dict[str, Any]:
        return {
            "ruleId": self.rule_id,
            "condition": self.condition,
            "action": self.action.value,
            "parameters": self.parameters,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """Policies of a higher `priority` are judged first; a disabled one is not judged."""

    policy_id: str
    name: str
    description: str
    category: str
    rules: tuple[PolicyRule, ...]
    enabled: bool = True
    priority: int = 0
    created_at_ms: int = 0
    updated_at_ms: int = 0

    def to_json(self) -> dict[str, Any]:
        return {
            "id": self.policy_id,
            "policyId": self.policy_id,
            "name": self.name,
            "description": self.description,
            "category": self.category,
            "rules": [rule.to_json() for rule in self.rules],
            "enabled": self.enabled,
            "priority": self.priority,
            "createdAt": format_instant(self.created_at_ms),
            "updatedAt": format_instant(self.updated_at_ms),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Action:
    """What somebody wants to do. `risk_score` is 0–1; conditions see the members of `context` by their own names."""

    entity_id: str
    action_type: str
    context: Mapping[str, Any]
    risk_score: float | None = None

    @classmethod
    def of(cls, entity_id: str, action_type: str, context: Mapping[str, Any]) -> Action:
        """An action whose risk is the context's `riskScore`, else its `stress`."""
        risk_score = number_of(context.get("riskScore"))
        if risk_score is None:
            risk_score = number_of(context.get("stress"))
        return cls(entity_id=entity_id, action_type=action_type, context=context, risk_score=risk_score)

    def facts(self) -> dict[str, Any]:
        named = {"entityId": self.entity_id, "actionType": self.action_type, "context": self.context}
        risk = {} if self.risk_score is None else {"riskScore": self.risk_score}
        return {**self.context, **named, **risk}


@dataclass(frozen=True, slots=True)
class Judgement:
    """The decision, the policies that matched, and each violation in words."""

    decision: Decision
    matched: tuple[str, ...]
    violations: tuple[str, ...]
    conditions: tuple[str, ...]

    @property
    def allowed(self) -> bool:
        return self.decision is Decision.ALLOW

    @property
    def reason(self) -> str:
        if self.violations:
            return "; ".join(self.violations)
        return f"allowed by {', '.join(self.matched)}" if self.matched else "no policy matches"

    def to_json(self) -> dict[str, Any]:
        return {
            "allowed": self.allowed,
            "decision": self.decision.value,
            "matchedPolicies": list(self.matched),
            "violations": list(self.violations),
            "reason": self.reason,
            "conditions": list(self.conditions),
        }


def judge(policies: Iterable[Policy], action: Action) -> Judgement:
    """Judge `action` by every enabled policy; the strictest matching rule decides, no match allows."""
    facts = action.facts()
    decision, matched, violations, conditions = Decision.ALLOW, [], [], []
    for policy in sorted(policies, key=lambda each: -each.priority):
        hits = [rule for rule in policy.rules if policy.enabled and Condition.parse(rule.condition).holds(facts)]
        if hits:
            matched.append(policy.policy_id)
        for rule in hits:
            decision = max(decision, rule.action, key=_STRICTNESS.__getitem__)
            if rule.action is Decision.DENY:
                violations.append(f"{policy.name}: denied when {rule.condition}")
            elif rule.action is Decision.REQUIRE_APPROVAL:
                violations.append(f"{policy.name}: needs approval when {rule.condition}")
                conditions.append(str(rule.parameters.get("approval", "approval by a person")))
    return Judgement(decision, tuple(matched), tuple(violations), tuple(conditions))


def number_of(value: Any) -> float | None:
    """A JSON number as a float; None for anything else, and for integers that no float holds."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    try:
        return float(value)
    except OverflowError:
        return None
