"""Runs, what they publish, and what is left of them after a stop."""

import pytest

from sandbox.contracts.delivery import Delivery
from sandbox.contracts.record import Record
from sandbox.contracts.tracing import TraceContext
from sandbox.services.plato.plan import DEFAULT_ACTIONS


async def published(plato, count):
    await plato.settle(lambda: len(plato.records.on("plato.plans")) >= count)
    return plato.records.on("plato.plans")


async def test_each_change_of_a_plan_is_published_in_order_under_its_id(plato):
    plan_id = await plato.plan()
    await plato.call("POST", f"/api/v1/plans/{plan_id}/execute")
    await plato.finished(plan_id)
    records = await published(plato, 11)
    steps = [(kind, step) for step in DEFAULT_ACTIONS for kind in ("STEP_STARTED", "STEP_COMPLETED")]
    told = [(record.value["event_type"], record.value["step"]) for record in records]
    assert told == [("PLAN_CREATED", None), ("PLAN_EXECUTING", None), *steps, ("PLAN_COMPLETED", None)]
    assert {record.key for record in records} == {plan_id}
    assert records[-1].value["status"] == "COMPLETED"
    assert len(records[-1].value["artifact_ids"]) == 1


async def test_a_failed_step_is_published_with_its_reason(plato):
    plan_id = await plato.plan(steps=[{"action": "decide", "parameters": {"fail": "no data"}}])
    await plato.call("POST", f"/api/v1/plans/{plan_id}/execute")
    records = await published(plato, 5)
    assert [(record.value["event_type"], record.value["error"]) for record in records[-2:]] == [
        ("STEP_FAILED", "no data"),
        ("PLAN_FAILED", "no data"),
    ]


async def test_plan_events_carry_the_trace_of_the_request_that_executed(plato):
    plan_id = await plato.plan()
    headers = {"X-Request-ID": "req-9", "traceparent": f"00-{'e' * 32}-{'f' * 16}-01"}
    await plato.call("POST", f"/api/v1/plans/{plan_id}/execute", headers=headers)
    records = (await published(plato, 11))[1:]
    assert {(record.trace.request_id, record.trace.trace_id) for record in records} == {("req-9", "e" * 32)}


async def test_a_plan_runs_while_kafka_is_away_and_its_events_follow_in_order(plato):
    plato.records.away = True
    plan_id = await plato.plan()
    await plato.call("POST", f"/api/v1/plans/{plan_id}/execute")
    await plato.finished(plan_id)
    assert not plato.records.all
    plato.records.away = False
    told = [record.value["event_type"] for record in await published(plato, 11)]
    assert (told[0], told[1], told[-1]) == ("PLAN_CREATED", "PLAN_EXECUTING", "PLAN_COMPLETED")


async def test_events_that_kafka_did_not_get_before_a_stop_are_published_after_the_next_start(context, new_plato):
    context.publisher.away = True
    first = new_plato()
    await first.start()
    await first.plan(planId="plan_kept")
    await first.stop()
    context.publisher.away = False
    second = new_plato()
    await second.start()
    await second.settle(lambda: context.publisher.on("plato.plans"))
    assert context.publisher.on("plato.plans")[0].value["plan_id"] == "plan_kept"
    await second.stop()


async def test_plans_runs_and_artifacts_survive_a_restart(context, new_plato):
    first = new_plato()
    await first.start()
    plan_id = await first.plan()
    async with first.http.ws_connect(f"/ws/plans/{plan_id}") as socket:
        await first.call("POST", f"/api/v1/plans/{plan_id}/execute")
        seen = await first.read(socket)
    _, before = await first.call("GET", f"/api/v1/plans/{plan_id}")
    await first.stop()
    second = new_plato()
    await second.start()
    _, after = await second.call("GET", f"/api/v1/plans/{plan_id}")
    assert after["data"] == before["data"]
    async with second.http.ws_connect(f"/ws/plans/{plan_id}") as socket:
        assert await second.read(socket) == seen
    await second.stop()


async def test_a_run_that_a_stop_cut_short_is_failed_at_the_next_start(context, new_plato):
    first = new_plato()
    await first.start()
    plan_id = await first.plan()
    await first.call("POST", f"/api/v1/plans/{plan_id}/execute")
    await first.clock.advance(0.2)
    await first.stop()
    second = new_plato()
    await second.start()
    async with second.http.ws_connect(f"/ws/plans/{plan_id}") as socket:
        messages = await second.read(socket)
    assert (messages[0]["type"], messages[-1]["type"]) == ("STEP_STARTED", "PLAN_FAILED")
    assert [each["sequence"] for each in messages] == list(range(1, len(messages) + 1))
    _, answer = await second.call("GET", f"/api/v1/plans/{plan_id}")
    assert answer["data"]["status"] == "FAILED"
    status, _ = await second.call("POST", f"/api/v1/plans/{plan_id}/execute")
    assert status == 202
    await second.stop()


async def test_a_defect_in_a_step_fails_its_plan_and_leaves_the_others_alone(plato, monkeypatch, caplog):
    from sandbox.services.plato import plan_run

    real = plan_run.perform

    def broken(work):
        if work.plan.name == "Broken":
            raise ZeroDivisionError("a bug")
        return real(work)

    monkeypatch.setattr(plan_run, "perform", broken)
    bad, good = await plato.plan(name="Broken"), await plato.plan(name="Sound")
    for plan_id in (bad, good):
        await plato.call("POST", f"/api/v1/plans/{plan_id}/execute")
    assert (await plato.finished(bad)).status.value == "FAILED"
    assert (await plato.finished(good)).status.value == "COMPLETED"
    assert "ZeroDivisionError" in caplog.text


async def test_a_paths_record_links_path_and_plan_once_and_starts_nothing(plato):
    plan_id = await plato.plan()
    value = {"path_id": "path_1", "plan_id": plan_id, "rim_node_id": "rim:entity:finance:EURUSD"}
    record = Record(topic="odyssey.paths", partition=0, offset=3, timestamp_ms=1, key=b"k", value=b"v")
    delivery = Delivery(record, value, TraceContext.start(), "plato")
    [subscription] = plato.service.subscriptions()
    assert await subscription.handle(delivery) is None
    assert await subscription.handle(delivery) == "duplicate"
    _, answer = await plato.call("GET", f"/api/v1/plans/{plan_id}")
    assert (answer["data"]["pathIds"], answer["data"]["status"]) == (["path_1"], "PENDING")
    _, events = await plato.call("GET", "/api/v1/events")
    assert [event["outcome"] for event in events["data"]] == ["duplicate", "processed"]


async def test_a_path_linked_during_a_run_stays_linked(plato):
    plan_id = await plato.plan()
    await plato.call("POST", f"/api/v1/plans/{plan_id}/execute")
    await plato.clock.advance(0.2)
    plato.service._plans.link_path("default", plan_id, "path_1")
    plan = await plato.finished(plan_id)
    assert (plan.path_ids, plan.status.value) == (("path_1",), "COMPLETED")


async def test_reset_brings_the_seed_back(plato):
    plan_id = await plato.plan()
    await plato.call("POST", f"/api/v1/plans/{plan_id}/execute")
    await plato.service.reset()
    assert (await plato.call("GET", f"/api/v1/plans/{plan_id}"))[0] == 404
    assert (await plato.call("GET", "/api/v1/plans/plan_123"))[1]["data"]["status"] == "PENDING"
    assert plato.service.status()["plans_running"] == 0


@pytest.mark.spec("WS-TYPE-PLAN-FAILED", "WS-TYPE-STEP-FAILED")
async def test_a_fault_makes_a_step_fail_until_it_is_taken_away(plato):
    def decide_fails(plan, step):
        return "injected" if step.step_id == "decide" else None

    plato.service.step_faults.append(decide_fails)
    plan_id = await plato.plan()
    await plato.call("POST", f"/api/v1/plans/{plan_id}/execute")
    failed = await plato.finished(plan_id)
    assert (failed.status.value, failed.steps[2].error) == ("FAILED", "injected")
    plato.service.step_faults.clear()
    await plato.call("POST", f"/api/v1/plans/{plan_id}/execute")
    assert (await plato.finished(plan_id)).status.value == "COMPLETED"
