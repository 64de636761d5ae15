"""PLATO's plans over REST."""

import asyncio

import pytest


async def test_a_plan_without_steps_gets_the_usual_four(plato):
    status, answer = await plato.call("POST", "/api/v1/plans", json={"name": "Look after EURUSD"})
    plan = answer["data"]
    assert status == 201
    assert plan["status"] == "PENDING"
    assert [step["stepId"] for step in plan["steps"]] == [
        "evaluate-conditions", "gather-history", "decide", "produce-artifact",
    ]  # fmt: skip
    assert plan["id"] == plan["planId"] and plan["planId"].startswith("plan_")


async def test_a_created_plan_is_found_where_location_says(plato):
    async with plato.http.post("/api/v1/plans", json={"name": "A plan"}) as response:
        location, made = response.headers["Location"], (await response.json())["data"]
    status, answer = await plato.call("GET", location)
    assert (status, answer["data"]) == (200, made)


@pytest.mark.spec("ERROR-409")
async def test_the_same_plan_id_twice_is_a_conflict_that_names_the_existing_plan(plato):
    await plato.plan(planId="plan_mine")
    status, answer = await plato.call("POST", "/api/v1/plans", json={"planId": "plan_mine", "name": "Again"})
    assert (status, answer["error"]["code"]) == (409, "CONFLICT")
    assert answer["error"]["details"][0]["existingId"] == "plan_mine"


async def test_every_invalid_field_is_named_at_once(plato):
    body = {
        "planId": "no blanks please",
        "name": "",
        "steps": [{"action": ""}, {"action": "decide", "parameters": {"conditions": ["stress >"]}}],
        "specId": 7,
    }
    status, answer = await plato.call("POST", "/api/v1/plans", json=body)
    named = {detail["field"] for detail in answer["error"]["details"]}
    assert status == 400
    assert named == {"planId", "name", "steps[0].action", "steps[1]", "specId"}


@pytest.mark.parametrize(
    "body",
    [
        {"name": "x", "steps": [{"stepId": "a", "action": "one"}, {"stepId": "a", "action": "two"}]},
        {"name": "x", "specId": "spec_none"},
        {"name": "x", "steps": [{"action": "decide", "parameters": {"conditions": 7}}]},
        {"name": "x", "steps": [{"action": "step"}] * 101},
    ],
)
async def test_a_plan_that_makes_no_sense_is_refused(plato, body):
    status, answer = await plato.call("POST", "/api/v1/plans", json=body)
    assert (status, answer["error"]["code"]) == (400, "VALIDATION_ERROR")


async def test_infinite_numbers_are_refused(plato):
    headers = {"Content-Type": "application/json"}
    status, _ = await plato.call(
        "POST", "/api/v1/plans", data='{"name":"x","context":{"stress":1e999}}', headers=headers
    )
    assert status == 400


async def test_steps_of_the_same_action_get_names_of_their_own(plato):
    plan_id = await plato.plan(steps=[{"action": "Note it"}, {"action": "note-it"}, {"action": "NOTE IT"}])
    _, answer = await plato.call("GET", f"/api/v1/plans/{plan_id}")
    assert [step["stepId"] for step in answer["data"]["steps"]] == ["note-it", "note-it-2", "note-it-3"]


async def test_steps_are_executed_by_their_order(plato):
    steps = [{"action": "third", "order": 30}, {"action": "first", "order": 10}, {"action": "second", "order": 10}]
    plan_id = await plato.plan(steps=steps)
    _, answer = await plato.call("GET", f"/api/v1/plans/{plan_id}")
    made = [(step["stepId"], step["order"]) for step in answer["data"]["steps"]]
    assert made == [("first", 10), ("second", 10), ("third", 30)]
    async with plato.http.ws_connect(f"/ws/plans/{plan_id}") as socket:
        await plato.call("POST", f"/api/v1/plans/{plan_id}/execute")
        messages = await plato.read(socket)
    assert [each["step"] for each in messages if each["type"] == "STEP_STARTED"] == ["first", "second", "third"]


@pytest.mark.spec("REST-PLAN-EXECUTE", "REST-SPEC-ARTIFACTS")
async def test_execute_answers_202_and_the_plan_completes_with_its_artifact(plato):
    plan_id = await plato.plan(
        context={"entityId": "rim:entity:finance:EURUSD", "stress": 0.85, "capsuleIds": ["cap_1"]}
    )
    status, answer = await plato.call("POST", f"/api/v1/plans/{plan_id}/execute")
    assert (status, answer["data"]["status"], answer["data"]["mode"]) == (202, "EXECUTING", "LIVE")
    await plato.finished(plan_id)
    _, answer = await plato.call("GET", f"/api/v1/plans/{plan_id}")
    plan = answer["data"]
    results = {step["stepId"]: step["result"] for step in plan["steps"]}
    assert plan["status"] == "COMPLETED"
    assert results["gather-history"]["capsules"] == 1
    assert results["decide"]["chosenOption"] == "HEDGE"
    [artifact] = plan["artifacts"]
    _, listed = await plato.call("GET", f"/api/v1/specs/{plan['specId']}/artifacts")
    assert listed["data"][0] == artifact


async def test_execute_while_running_answers_202_with_that_run(plato):
    plan_id = await plato.plan()
    answers = [await plato.call("POST", f"/api/v1/plans/{plan_id}/execute") for _ in range(3)]
    assert [status for status, _ in answers] == [202, 202, 202]
    assert len({answer["data"]["runId"] for _, answer in answers}) == 1
    assert len(plato.facts.of("PlanStarted")) == 1


async def test_executing_at_once_from_many_sides_starts_one_run(plato):
    plan_id = await plato.plan()
    await asyncio.gather(*(plato.call("POST", f"/api/v1/plans/{plan_id}/execute") for _ in range(8)))
    assert len(plato.facts.of("PlanStarted")) == 1


async def test_a_finished_plan_may_be_executed_again_as_a_new_run(plato):
    plan_id = await plato.plan()
    runs = set()
    for _ in range(2):
        _, answer = await plato.call("POST", f"/api/v1/plans/{plan_id}/execute")
        runs.add(answer["data"]["runId"])
        await plato.finished(plan_id)
    assert len(runs) == 2


async def test_a_dry_run_computes_everything_and_keeps_nothing(plato):
    plan_id = await plato.plan()
    async with plato.http.ws_connect(f"/ws/plans/{plan_id}") as socket:
        await plato.call("POST", f"/api/v1/plans/{plan_id}/execute", json={"mode": "DRY_RUN"})
        messages = await plato.read(socket)
    assert [artifact["kept"] for artifact in messages[-1]["artifacts"]] == [False]
    _, answer = await plato.call("GET", f"/api/v1/plans/{plan_id}")
    assert (answer["data"]["status"], answer["data"]["artifacts"]) == ("PENDING", [])


@pytest.mark.spec("WS-TYPE-PLAN-FAILED")
async def test_cancelling_a_run_ends_it_and_tells_its_clients(plato):
    plan_id = await plato.plan()
    async with plato.http.ws_connect(f"/ws/plans/{plan_id}") as socket:
        await plato.call("POST", f"/api/v1/plans/{plan_id}/execute")
        status, answer = await plato.call("POST", f"/api/v1/plans/{plan_id}/cancel", json={"reason": "not now"})
        messages = await plato.read(socket)
    assert (status, answer["data"]["status"]) == (200, "CANCELLED")
    assert (messages[-1]["type"], messages[-1]["error"]) == ("PLAN_FAILED", "not now")
    steps = [(step["status"], step["error"]) for step in answer["data"]["steps"]]
    assert steps[0] == ("FAILED", "not now")
    assert {status for status, _ in steps[1:]} == {"PENDING"}
    await plato.settle(lambda: plato.records.on("plato.plans")[-1:] and plato.service._outbox.pending() == 0)
    assert plato.records.on("plato.plans")[-1].value["event_type"] == "PLAN_CANCELLED"


async def test_a_cancelled_plan_can_neither_be_cancelled_nor_executed(plato):
    plan_id = await plato.plan()
    await plato.call("POST", f"/api/v1/plans/{plan_id}/cancel")
    for action in ("cancel", "execute", "approve"):
        status, answer = await plato.call("POST", f"/api/v1/plans/{plan_id}/{action}")
        assert (status, answer["error"]["code"]) == (409, "CONFLICT")


async def test_a_plan_that_needs_an_approval_runs_only_after_it(plato):
    plan_id = await plato.plan(approvalRequired=True)
    status, answer = await plato.call("POST", f"/api/v1/plans/{plan_id}/execute")
    assert (status, answer["error"]["details"][0]["status"]) == (409, "PENDING")
    status, answer = await plato.call("POST", f"/api/v1/plans/{plan_id}/approve", json={"approvedBy": "ann"})
    assert (status, answer["data"]["status"], answer["data"]["approvedBy"]) == (200, "APPROVED", "ann")
    status, _ = await plato.call("POST", f"/api/v1/plans/{plan_id}/execute")
    assert status == 202


async def test_a_rejected_plan_stays_rejected(plato):
    plan_id = await plato.plan(approvalRequired=True)
    await plato.call("POST", f"/api/v1/plans/{plan_id}/approve", json={"approved": False, "reason": "too risky"})
    status, answer = await plato.call("POST", f"/api/v1/plans/{plan_id}/execute")
    assert (status, answer["error"]["details"][0]["status"]) == (409, "REJECTED")


async def test_policies_reject_a_plan_or_ask_for_an_approval(plato):
    _, answer = await plato.call("POST", "/api/v1/plans", json={"name": "x", "context": {"actionType": "SHUTDOWN"}})
    assert answer["data"]["status"] == "REJECTED"
    context = {"actionType": "EXECUTE_TRADE", "riskScore": 0.9, "entityId": "rim:entity:finance:EURUSD"}
    plan_id = await plato.plan(context=context)
    status, _ = await plato.call("POST", f"/api/v1/plans/{plan_id}/execute")
    assert status == 409
    _, answer = await plato.call("GET", "/api/v1/governance/status/rim:entity:finance:EURUSD")
    assert answer["data"]["compliant"] is False
    assert answer["data"]["pendingApprovals"] == [plan_id]


async def test_the_status_says_how_far_a_run_is(plato):
    plan_id = await plato.plan()
    await plato.call("POST", f"/api/v1/plans/{plan_id}/execute")
    await plato.clock.advance(0.13)
    _, answer = await plato.call("GET", f"/api/v1/plans/{plan_id}/status")
    assert answer["data"]["progress"] == 25
    assert answer["data"]["currentStep"] == "gather-history"


async def test_plans_are_listed_by_status_page_by_page_newest_first(plato):
    made = []
    for number in range(5):
        made.append(await plato.plan(name=f"Plan {number}"))
        plato.clock.tick(1)
    await plato.call("POST", f"/api/v1/plans/{made[0]}/cancel")
    _, answer = await plato.call("GET", "/api/v1/plans?status=PENDING&size=3")
    assert [plan["planId"] for plan in answer["data"]] == [made[4], made[3], made[2]]
    assert answer["meta"]["pagination"] == {"page": 0, "size": 3, "totalElements": 5, "totalPages": 2}
    _, answer = await plato.call("GET", "/api/v1/plans?sort=name,asc&size=1&page=1")
    assert answer["data"][0]["name"] == "Plan 1"


@pytest.mark.parametrize("query", ["status=DONE", "sort=colour", "page=-1", "size=0", "size=201"])
async def test_a_list_cannot_be_asked_for_what_there_is_not(plato, query):
    status, answer = await plato.call("GET", f"/api/v1/plans?{query}")
    assert (status, answer["error"]["details"][0]["field"]) == (400, query.partition("=")[0])


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/api/v1/plans/plan_none"),
        ("GET", "/api/v1/plans/plan_none/status"),
        ("POST", "/api/v1/plans/plan_none/execute"),
        ("POST", "/api/v1/plans/plan_none/cancel"),
        ("POST", "/api/v1/plans/plan_none/approve"),
        ("GET", "/api/v1/specs/spec_none"),
        ("GET", "/api/v1/specs/spec_none/artifacts"),
        ("GET", "/api/v1/policies/pol_none"),
    ],
)
async def test_what_does_not_exist_is_not_found(plato, method, path):
    status, answer = await plato.call(method, path)
    assert (status, answer["error"]["code"]) == (404, "NOT_FOUND")


async def test_tenants_do_not_see_each_other_and_start_with_the_same_seed(plato):
    one, other = {"X-Tenant-ID": "one"}, {"X-Tenant-ID": "other"}
    _, answer = await plato.call("POST", "/api/v1/plans", json={"name": "Mine"}, headers=one)
    plan_id = answer["data"]["planId"]
    assert (await plato.call("GET", f"/api/v1/plans/{plan_id}", headers=one))[0] == 200
    assert (await plato.call("GET", f"/api/v1/plans/{plan_id}", headers=other))[0] == 404
    assert (await plato.call("GET", "/api/v1/plans/plan_123", headers=other))[0] == 200


async def test_a_step_that_is_judged_denied_fails_the_plan(plato):
    plan_id = await plato.plan(context={"stress": 0.95})
    store = plato.service._store
    policy = store.policy("default", "pol_shutdown")
    denying = policy.__class__(
        **{**{name: getattr(policy, name) for name in policy.__slots__}, "rules": (_rule(policy, "REDUCE_EXPOSURE"),)}
    )
    store.save_policy("default", denying)
    await plato.call("POST", f"/api/v1/plans/{plan_id}/execute")
    plan = await plato.finished(plan_id)
    assert plan.status.value == "FAILED"
    assert "policy denies REDUCE_EXPOSURE" in plan.steps[2].error


def _rule(policy, action_type):
    from dataclasses import replace

    return replace(policy.rules[0], condition=f"actionType == '{action_type}'")


async def test_numbers_that_no_float_holds_are_no_numbers(plato):
    huge = 10**400
    steps = [{"action": "decide", "parameters": {"durationMs": huge}}]
    plan_id = await plato.plan(context={"stress": huge, "riskScore": huge}, steps=steps)
    await plato.call("POST", f"/api/v1/plans/{plan_id}/execute")
    assert (await plato.finished(plan_id)).status.value == "COMPLETED"


async def test_a_browser_names_its_tenant_in_the_streams_query(plato):
    _, answer = await plato.call("POST", "/api/v1/plans", json={"name": "Mine"}, headers={"X-Tenant-ID": "one"})
    path = f"/ws/plans/{answer['data']['planId']}"
    async with plato.http.ws_connect(f"{path}?tenantId=one") as stream:
        await stream.send_json({"type": "PING"})
        assert (await stream.receive_json(timeout=5))["type"] == "PONG"
    for query in ("", "?tenantId=other", "?tenantId=no%20such"):
        async with plato.http.get(f"{path}{query}") as response:
            assert response.status == 404
