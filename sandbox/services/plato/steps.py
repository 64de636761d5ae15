"""What the steps of a plan compute. `ACTIONS` maps the slug of a step's action to its work.

Results build on each other: `decide` reads what `evaluate-conditions` and `gather-history` found, `produce-artifact`
writes all of it down. A step of any other action records that it was performed, if the conditions in its parameters
hold. A step whose parameters say `{"fail": "reason"}` fails with that reason.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sandbox.errors import SandboxError, UsageError
from sandbox.services.plato.conditions import Condition
from sandbox.services.plato.plan import Plan, PlanStep, slug
from sandbox.services.plato.policies import Action, Judgement, Policy, judge, number_of
from sandbox.services.plato.spec import Artifact

__all__ = ["ACTIONS", "StepFailed", "StepResult", "StepWork", "perform"]

ALERT_STRESS = 0.8
SEVERE_STRESS = 0.9
WELL_KNOWN_CAPSULES = 10
DEFAULT_CONDITIONS = (f"stress >= {ALERT_STRESS}", "status == 'ALERT'")


class StepFailed(SandboxError):
    """A step could not do its work; the plan fails with it."""


@dataclass(frozen=True, slots=True)
class StepWork:
    """What a step has to work with. `results` are those of the steps before it, by slug; times are epoch ms."""

    plan: Plan
    step: PlanStep
    run_id: str
    mode: str
    now_ms: int
    policies: Sequence[Policy]
    results: Mapping[str, Mapping[str, Any]]

    @property
    def facts(self) -> dict[str, Any]:
        """What conditions see: the plan's context, and the step's parameters over it."""
        return {**self.plan.context, **self.step.parameters}


@dataclass(frozen=True, slots=True)
class StepResult:
    result: dict[str, Any]
    artifacts: tuple[Artifact, ...] = field(default=())


def perform(work: StepWork) -> StepResult:
    """Do the work of one step. Raises StepFailed with the reason a client reads."""
    reason = work.step.parameters.get("fail")
    if reason:
        raise StepFailed(reason if isinstance(reason, str) else "the plan told this step to fail")
    return ACTIONS.get(slug(work.step.action), _perform_other)(work)


def _evaluate_conditions(work: StepWork) -> StepResult:
    conditions = _conditions(work) or list(DEFAULT_CONDITIONS)
    checked = [{"condition": text, "met": _holds(text, work)} for text in conditions]
    judgement = _judge(work, str(work.plan.context.get("actionType", "EXECUTE_PLAN")))
    met = any(each["met"] for each in checked)
    stress = number_of(work.plan.context.get("stress"))
    policies = {"decision": judgement.decision.value, "matched": list(judgement.matched), "reason": judgement.reason}
    return StepResult({"met": met, "conditions": checked, "stress": stress, "policies": policies})


def _gather_history(work: StepWork) -> StepResult:
    given = work.plan.context.get("capsuleIds")
    capsule_ids = [each for each in given if isinstance(each, str)] if isinstance(given, list) else []
    degraded = bool(work.plan.context.get("historyDegraded", False))
    confidence = 0.5 + 0.5 * min(1.0, len(capsule_ids) / WELL_KNOWN_CAPSULES)
    result = {
        "entityId": work.plan.entity_id,
        "capsules": len(capsule_ids),
        "capsuleIds": capsule_ids[:20],
        "degraded": degraded,
        "confidence": round(confidence * (0.8 if degraded else 1.0), 3),
    }
    return StepResult(result)


def _decide(work: StepWork) -> StepResult:
    evaluated = work.results.get("evaluate-conditions") or _evaluate_conditions(work).result
    history = work.results.get("gather-history") or _gather_history(work).result
    option, rationale = _option(work.plan.context, bool(evaluated["met"]))
    judgement = _judge(work, option)
    if judgement.decision.value == "DENY":
        raise StepFailed(f"policy denies {option}: {judgement.reason}")
    approved = work.plan.approval is not None and work.plan.approval.status == "APPROVED"
    if not judgement.allowed and not approved:
        option, rationale = "HOLD_FOR_APPROVAL", f"{option} {judgement.reason}"
    result = {
        "decisionId": _digest_id("dec_", work.run_id, work.step.step_id),
        "chosenOption": option,
        "rationale": rationale,
        "confidence": history["confidence"],
        "policyDecision": judgement.decision.value,
    }
    return StepResult(result)


def _produce_artifact(work: StepWork) -> StepResult:
    content = {
        "entityId": work.plan.entity_id,
        "triggerEventId": work.plan.context.get("triggerEventId"),
        "stress": number_of(work.plan.context.get("stress")),
        "mode": work.mode,
        **{_camel(name): dict(result) for name, result in work.results.items()},
    }
    parameters = work.step.parameters
    artifact = Artifact(
        tenant=work.plan.tenant,
        artifact_id=_digest_id("art_", work.run_id, work.step.step_id),
        spec_id=work.plan.spec_id,
        plan_id=work.plan.plan_id,
        run_id=work.run_id,
        name=str(parameters.get("name") or f"{work.plan.name}: {work.step.step_id}"),
        type=str(parameters.get("type") or "DECISION_REPORT"),
        content=content,
        created_at_ms=work.now_ms,
    )
    return StepResult({"artifactId": artifact.artifact_id, "type": artifact.type}, (artifact,))


def _perform_other(work: StepWork) -> StepResult:
    unmet = [text for text in _conditions(work) if not _holds(text, work)]
    live = work.mode == "LIVE"
    result: dict[str, Any] = {"action": work.step.action, "performed": live and not unmet}
    if work.step.target_service:
        result["targetService"] = work.step.target_service
    if unmet:
        result["unmetConditions"] = unmet
    return StepResult(result)


ACTIONS: dict[str, Callable[[StepWork], StepResult]] = {
    "evaluate-conditions": _evaluate_conditions,
    "gather-history": _gather_history,
    "decide": _decide,
    "produce-artifact": _produce_artifact,
}


def _option(context: Mapping[str, Any], met: bool) -> tuple[str, str]:
    stress = number_of(context.get("stress"))
    if not met:
        return "MONITOR", "no condition holds"
    if stress is not None and stress >= SEVERE_STRESS:
        return "REDUCE_EXPOSURE", f"stress {stress:g} is at least {SEVERE_STRESS}"
    if stress is not None and stress >= ALERT_STRESS:
        return "HEDGE", f"stress {stress:g} is at least {ALERT_STRESS}"
    return "INVESTIGATE", f"status {context.get('status') or 'unknown'} without high stress"


def _judge(work: StepWork, action_type: str) -> Judgement:
    return judge(work.policies, Action.of(work.plan.entity_id or work.plan.plan_id, action_type, work.plan.context))


def _conditions(work: StepWork) -> list[str]:
    given = work.step.parameters.get("conditions", [])
    return [given] if isinstance(given, str) else [str(each) for each in given] if isinstance(given, list) else []


def _holds(text: str, work: StepWork) -> bool:
    try:
        return Condition.parse(text).holds(work.facts)
    except UsageError as error:
        raise StepFailed(f"condition {text!r}: {error.message}") from None


def _camel(name: str) -> str:
    head, *rest = name.split("-")
    return head + "".join(part.capitalize() for part in rest)


def _digest_id(prefix: str, *parts: str) -> str:
    return prefix + hashlib.sha256("|".join(parts).encode()).hexdigest()[:20]
