"""PLATO's specs, policies, governance and decisions over REST."""

import pytest

EURUSD = "rim:entity:finance:EURUSD"


@pytest.mark.spec("REST-SPEC-ARTIFACTS")
async def test_a_first_call_finds_something(plato):
    for path in ("/api/v1/specs", "/api/v1/policies", "/api/v1/plans", "/api/v1/specs/spec_reflex/artifacts"):
        status, answer = await plato.call("GET", path)
        assert status == 200 and answer["data"], path


async def test_a_spec_is_created_as_a_draft_and_listed_by_type(plato):
    status, answer = await plato.call("POST", "/api/v1/specs", json={"name": "Mine", "type": "REPORT"})
    assert (status, answer["data"]["status"], answer["data"]["artifacts"]) == (201, "DRAFT", [])
    _, listed = await plato.call("GET", "/api/v1/specs?type=REPORT")
    assert [spec["specId"] for spec in listed["data"]] == [answer["data"]["specId"]]


async def test_a_draft_becomes_active_with_its_first_artifact(plato):
    await plato.call("POST", "/api/v1/specs", json={"specId": "spec_mine", "name": "Mine"})
    plan_id = await plato.plan(specId="spec_mine")
    await plato.call("POST", f"/api/v1/plans/{plan_id}/execute")
    await plato.finished(plan_id)
    _, answer = await plato.call("GET", "/api/v1/specs/spec_mine")
    assert answer["data"]["status"] == "ACTIVE"
    assert [artifact["planId"] for artifact in answer["data"]["artifacts"]] == [plan_id]


async def test_a_spec_id_twice_is_a_conflict(plato):
    status, answer = await plato.call("POST", "/api/v1/specs", json={"specId": "spec_reflex", "name": "Again"})
    assert (status, answer["error"]["details"][0]["existingId"]) == (409, "spec_reflex")


async def test_policies_are_listed_by_category(plato):
    _, answer = await plato.call("GET", "/api/v1/policies?category=RISK")
    [policy] = answer["data"]
    assert policy["rules"][0]["action"] == "REQUIRE_APPROVAL"
    _, one = await plato.call("GET", f"/api/v1/policies/{policy['policyId']}")
    assert one["data"] == policy


@pytest.mark.parametrize(
    ("body", "decision", "matched"),
    [
        ({"actionType": "HEDGE"}, "ALLOW", []),
        ({"actionType": "HEDGE", "context": {"stress": 0.9}}, "ALLOW", ["pol_reflex"]),
        ({"actionType": "EXECUTE_TRADE", "riskScore": 0.69}, "ALLOW", []),
        ({"actionType": "EXECUTE_TRADE", "riskScore": 0.7}, "REQUIRE_APPROVAL", ["pol_trades"]),
        ({"actionType": "EXECUTE_TRADE", "riskScore": 0.7, "context": {"sanctioned": True}}, "DENY",
         ["pol_sanctions", "pol_trades"]),
    ],
)  # fmt: skip
async def test_the_strictest_matching_rule_decides(plato, body, decision, matched):
    status, answer = await plato.call("POST", "/api/v1/policies/evaluate", json={"entityId": EURUSD, **body})
    judged = answer["data"]
    assert (status, judged["decision"], judged["matchedPolicies"]) == (200, decision, matched)
    assert judged["allowed"] is (decision == "ALLOW")
    assert bool(judged["violations"]) is (decision != "ALLOW")


async def test_a_judgement_changes_the_entitys_governance_and_is_published(plato):
    _, before = await plato.call("GET", f"/api/v1/governance/status/{EURUSD}")
    assert (before["data"]["compliant"], before["data"]["lastAssessedAt"]) == (True, None)
    body = {"entityId": EURUSD, "actionType": "SHUTDOWN", "riskScore": 0.4}
    await plato.call("POST", "/api/v1/policies/evaluate", json=body)
    _, after = await plato.call("GET", f"/api/v1/governance/status/{EURUSD}")
    assert (after["data"]["compliant"], after["data"]["riskScore"]) == (False, 0.4)
    await plato.settle(lambda: plato.records.on("plato.governance"))
    [record] = plato.records.on("plato.governance")
    assert (record.key, record.value["decision"]) == (EURUSD, "DENY")


async def test_governance_of_what_is_no_node_id_is_a_validation_error(plato):
    status, answer = await plato.call("GET", "/api/v1/governance/status/EURUSD")
    assert (status, answer["error"]["details"][0]["field"]) == (400, "entityId")


async def test_an_evaluation_names_every_invalid_field(plato):
    status, answer = await plato.call("POST", "/api/v1/policies/evaluate", json={"entityId": "x", "riskScore": 2})
    fields = {detail["field"] for detail in answer["error"]["details"]}
    assert (status, fields) == (400, {"entityId", "actionType", "riskScore"})


async def test_feedback_is_taken_for_decisions_that_were_made(plato):
    plan_id = await plato.plan()
    await plato.call("POST", f"/api/v1/plans/{plan_id}/execute")
    plan = await plato.finished(plan_id)
    decision_id = plan.steps[2].result["decisionId"]
    path = f"/api/v1/decisions/{decision_id}/feedback"
    status, answer = await plato.call("POST", path, json={"rating": 4, "comment": "held"})
    assert (status, answer["data"]["decisionId"], answer["data"]["rating"]) == (201, decision_id, 4)
    status, _ = await plato.call("POST", "/api/v1/decisions/dec_none/feedback", json={"rating": 4})
    assert status == 404


async def test_health_and_readiness_follow_the_service(context, new_plato):
    plato = new_plato()
    await plato.start()
    status, answer = await plato.call("GET", "/actuator/health")
    assert (status, answer["status"]) == (200, "UP")
    await plato.service.stop()
    status, answer = await plato.call("GET", "/actuator/health/readiness")
    assert (status, answer["status"]) == (503, "DOWN")
    await plato.http.close()
