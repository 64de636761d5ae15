"""What one event makes ODYSSEY do, with CAPSULE and PLATO well, ill and away."""

import math

import pytest

from sandbox.contracts.dead_letter import FailureCategory, RecordFailure
from sandbox.errors import UpstreamUnavailable, UsageError

EURUSD = "rim:entity:finance:EURUSD"
TRACE = (
    ("X-Request-ID", b"req-1"),
    ("X-Correlation-ID", b"story-1"),
    ("traceparent", f"00-{'a' * 32}-{'b' * 16}-01".encode()),
    ("X-Tenant-ID", b"team-7"),
)


@pytest.mark.spec("CONSUMER-AVRO", "CONSUMER-GROUP", "CONSUMER-TOPIC", "GROUP-ODYSSEY")
def test_the_reflex_is_a_group_of_its_own_that_reads_the_decoded_fast_path(odyssey):
    [subscription] = odyssey.service.subscriptions()
    assert (subscription.group, subscription.decode) == ("odyssey-reflex", True)
    assert "rim.fast-path" in subscription.topics


@pytest.mark.spec("CONSUMER-REFLEX", "REST-REQUEST-RESPONSE")
@pytest.mark.parametrize(
    "event", [{"stress": 0.8}, {"stress": 0.97}, {"status": "ALERT"}, {"status": "ALERT", "stress": 0.1}]
)
async def test_an_alert_reads_history_asks_for_a_plan_and_publishes_the_path(odyssey, event):
    assert await odyssey.event(event_id="evt_1", **event) is None
    [plan_id] = odyssey.plato.executions
    [record] = odyssey.records.on("odyssey.paths")
    assert record.key == record.value["rim_node_id"] == EURUSD
    assert record.value["trigger_event_id"] == "evt_1"
    assert record.value["capsule_ids"] == ["cap_2", "cap_1"]
    assert record.value["plan_id"] == plan_id


@pytest.mark.spec("CONSUMER-REFLEX")
@pytest.mark.parametrize("event", [{"stress": 0.799}, {"status": "WARN"}, {"status": "UNKNOWN"}, {}])
async def test_a_calm_event_moves_the_world_and_nothing_else(odyssey, event):
    assert await odyssey.event(**event) is None
    assert not odyssey.capsule.requests and not odyssey.plato.requests and not odyssey.records.all


async def test_stress_may_stand_among_the_critical_metrics(odyssey):
    await odyssey.event(critical_metrics={"stress": 0.9})
    assert len(odyssey.plato.executions) == 1


async def test_the_plan_is_told_what_the_event_and_the_history_said(odyssey):
    await odyssey.event(event_id="evt_1", stress=0.91, critical_metrics={"spread": 2.5})
    [made] = [request for request in odyssey.plato.requests if request.path == "/api/v1/plans"]
    context = made.body["context"]
    assert context["entityId"] == EURUSD
    assert (context["triggerEventId"], context["stress"], context["capsuleIds"]) == ("evt_1", 0.91, ["cap_2", "cap_1"])
    assert context["historyDegraded"] is False


@pytest.mark.spec("BREAKER-HISTORY")
async def test_history_is_read_for_the_day_up_to_the_event(odyssey):
    await odyssey.event(stress=0.9)
    [asked] = odyssey.capsule.requests
    assert asked.path == f"/api/v1/history/{EURUSD}"
    assert (asked.query["from"], asked.query["to"]) == ("2024-12-02T10:00:00Z", "2024-12-03T10:00:00Z")


@pytest.mark.spec("TRACE-DOWNSTREAM")
async def test_ids_tenant_and_source_go_with_every_call_and_record(odyssey):
    await odyssey.hand(odyssey.delivery(headers=TRACE, stress=0.9))
    for request in [*odyssey.capsule.requests, *odyssey.plato.requests]:
        assert request.headers["X-Request-ID"] == "req-1"
        assert request.headers["X-Correlation-ID"] == "story-1"
        assert request.headers["X-Tenant-ID"] == "team-7"
        assert request.headers["X-Source-Service"] == "odyssey"
        _, trace_id, span_id, _ = request.headers["traceparent"].split("-")
        assert trace_id == "a" * 32
        assert span_id != "b" * 16
    spans = [request.headers["traceparent"] for request in odyssey.plato.requests]
    assert len(set(spans)) == len(spans)
    [record] = odyssey.records.on("odyssey.paths")
    assert (record.trace.request_id, record.trace.trace_id) == ("req-1", "a" * 32)


async def test_each_call_is_a_fact_in_the_trace(odyssey):
    await odyssey.hand(odyssey.delivery(headers=TRACE, stress=0.9))
    calls = odyssey.facts.of("DownstreamCalled")
    assert [(call.target, call.method, call.status, call.attempt) for call in calls] == [
        ("capsule", "GET", 200, 1),
        ("plato", "POST", 201, 1),
        ("plato", "POST", 202, 1),
    ]
    assert {call.correlation_id for call in calls} == {"story-1"}


async def test_a_redelivered_record_makes_no_second_plan(odyssey):
    delivery = odyssey.delivery(stress=0.9)
    assert await odyssey.hand(delivery) is None
    assert await odyssey.hand(delivery) == "duplicate"
    assert len(odyssey.plato.plans) == len(odyssey.records.on("odyssey.paths")) == 1


async def test_an_event_id_that_comes_again_at_another_place_is_a_duplicate(odyssey):
    await odyssey.event(event_id="evt_1", stress=0.9)
    assert await odyssey.event(event_id="evt_1", stress=0.9) == "duplicate"
    assert len(odyssey.plato.plans) == 1


async def test_events_without_an_id_are_told_apart_by_their_place(odyssey):
    await odyssey.event(stress=0.9)
    assert await odyssey.event(stress=0.9) is None
    assert len(odyssey.plato.plans) == 2
    replayed = odyssey.delivery(headers=[("dlq-replay-id", b"r-1")], stress=0.9)
    assert await odyssey.hand(replayed) == "duplicate"


async def test_a_redelivered_record_is_known_after_a_restart(odyssey, new_odyssey):
    delivery = odyssey.delivery(stress=0.9)
    await odyssey.hand(delivery)
    await odyssey.service.stop()
    again = new_odyssey()
    await again.start()
    assert await again.hand(delivery) == "duplicate"
    await again.stop()


@pytest.mark.parametrize(
    "bad",
    [
        {"rim_node_id": "EURUSD"},
        {"rim_node_id": "rim:entity::EURUSD"},
        {"rim_node_id": None},
        {"stress": math.nan},
        {"stress": math.inf},
        {"vector_timestamp": {"event_ts_ms": 2**60, "ingest_ts_ms": 0, "logical_clock": 0}},
    ],
)
async def test_a_value_that_cannot_be_is_a_validation_failure(odyssey, bad):
    with pytest.raises(RecordFailure) as failure:
        await odyssey.event(status="ALERT", **bad)
    assert failure.value.category is FailureCategory.VALIDATION
    assert not odyssey.plato.requests


@pytest.mark.spec("BREAKER-RETRY", "FALLBACK-CALLED", "FALLBACK-LOG")
async def test_without_capsule_the_fallback_logs_and_the_plan_is_made_without_history(odyssey, caplog):
    odyssey.capsule.status = 503
    assert await odyssey.event(stress=0.9) is None
    attempts = [call.attempt for call in odyssey.facts.of("DownstreamCalled") if call.target == "capsule"]
    assert attempts == [1, 2, 3]
    [fallback] = odyssey.facts.of("FallbackUsed")
    assert fallback.breaker == "capsule"
    [line] = [record for record in caplog.records if record.getMessage().startswith("Fallback for getHistory:")]
    assert (line.levelname, line.getMessage()) == (
        "WARNING",
        "Fallback for getHistory: capsule answered 503: told to fail",
    )
    [record] = odyssey.records.on("odyssey.paths")
    assert record.value["capsule_ids"] == []
    [made] = [request for request in odyssey.plato.requests if request.path == "/api/v1/plans"]
    assert made.body["context"]["historyDegraded"] is True


@pytest.mark.spec("BREAKER-NAME", "BREAKER-OPENS")
async def test_failing_calls_open_the_breaker_which_then_refuses_without_calling(odyssey):
    odyssey.capsule.status = 500
    for _ in range(3):
        await odyssey.event(stress=0.9)
    assert odyssey.service.breakers["capsule"].state.value == "OPEN"
    asked = len(odyssey.capsule.requests)
    await odyssey.event(stress=0.9)
    assert len(odyssey.capsule.requests) == asked
    [moved] = odyssey.facts.of("BreakerTransitioned")
    assert (moved.breaker, moved.from_state, moved.to_state) == ("capsule", "CLOSED", "OPEN")
    assert odyssey.facts.of("CallNotPermitted")
    assert len(odyssey.plato.executions) == 4


@pytest.mark.spec("BREAKER-CLOSES")
async def test_the_breaker_half_opens_by_itself_and_closes_when_capsule_is_back(odyssey):
    odyssey.capsule.status = 500
    for _ in range(3):
        await odyssey.event(stress=0.9)
    odyssey.capsule.status = 200
    await odyssey.clock.advance(15.1)
    assert odyssey.service.breakers["capsule"].state.value == "HALF_OPEN"
    for _ in range(3):
        await odyssey.event(stress=0.9)
    moves = [(fact.from_state, fact.to_state) for fact in odyssey.facts.of("BreakerTransitioned")]
    assert moves == [("CLOSED", "OPEN"), ("OPEN", "HALF_OPEN"), ("HALF_OPEN", "CLOSED")]


async def test_what_a_breaker_does_is_published_in_order_with_its_name_as_key(odyssey):
    odyssey.capsule.status = 500
    for _ in range(3):
        await odyssey.event(stress=0.9)
    await odyssey.settle(lambda: len(odyssey.records.on("ecosystem.circuit-breaker.events")) >= 2)
    records = odyssey.records.on("ecosystem.circuit-breaker.events")
    assert {record.key for record in records} == {"capsule"}
    assert [record.value["eventType"] for record in records] == ["FAILURE_RATE_EXCEEDED", "STATE_TRANSITION"]
    moved = records[-1].value
    assert (moved["serviceId"], moved["previousState"], moved["state"]) == ("odyssey", "CLOSED", "OPEN")


async def test_breaker_events_wait_for_kafka(odyssey):
    odyssey.records.away = True
    odyssey.service.breakers["capsule"].transition_to_open_state()
    await odyssey.clock.advance(3)
    assert not odyssey.records.all
    odyssey.records.away = False
    await odyssey.settle(lambda: len(odyssey.records.on("ecosystem.circuit-breaker.events")) == 1)
    assert odyssey.records.all[0].value["state"] == "OPEN"


async def test_a_refusal_of_capsule_says_nothing_about_its_health(odyssey):
    odyssey.capsule.status = 400
    for _ in range(6):
        await odyssey.event(stress=0.9)
    assert odyssey.service.breakers["capsule"].state.value == "CLOSED"
    assert len(odyssey.facts.of("FallbackUsed")) == len(odyssey.capsule.requests) == 6


async def test_an_entity_without_history_is_no_failure(odyssey):
    odyssey.capsule.status = 404
    await odyssey.event(stress=0.9)
    assert not odyssey.facts.of("FallbackUsed")


@pytest.mark.spec("BREAKER-TIME-LIMIT")
async def test_a_capsule_that_hangs_is_given_up_after_the_time_limit(odyssey):
    odyssey.capsule.hang = True
    await odyssey.event(stress=0.9)
    calls = [call for call in odyssey.facts.of("DownstreamCalled") if call.target == "capsule"]
    assert [call.error for call in calls] == ["ended by its time limit"] * 3
    assert all(10_000 <= call.took_ms < 11_000 for call in calls)


async def test_without_plato_the_record_fails_as_a_downstream_failure(odyssey):
    odyssey.plato.status = 503
    with pytest.raises(RecordFailure) as failure:
        await odyssey.event(stress=0.9)
    assert failure.value.category is FailureCategory.DOWNSTREAM_FAILURE
    assert not odyssey.records.on("odyssey.paths")


async def test_a_record_that_failed_without_plato_goes_through_once_when_it_is_back(odyssey):
    delivery = odyssey.delivery(stress=0.9)
    odyssey.plato.status = 503
    with pytest.raises(RecordFailure):
        await odyssey.hand(delivery)
    odyssey.plato.status = 200
    assert await odyssey.hand(delivery) is None
    assert len(odyssey.plato.executions) == len(odyssey.records.on("odyssey.paths")) == 1
    _, answer = await odyssey.call("GET", f"/api/v1/entities/{EURUSD}")
    assert answer["data"]["stress"]["stressScore"] == 0.9


async def test_a_record_that_failed_at_publishing_does_not_run_its_plan_again(odyssey):
    delivery = odyssey.delivery(stress=0.9)
    odyssey.records.away = True
    with pytest.raises(UpstreamUnavailable):
        await odyssey.hand(delivery)
    odyssey.records.away = False
    assert await odyssey.hand(delivery) is None
    assert len(odyssey.plato.executions) == len(odyssey.plato.plans) == 1
    assert len(odyssey.records.on("odyssey.paths")) == 1


async def test_a_plan_that_exists_but_has_not_run_is_run(odyssey):
    delivery = odyssey.delivery(event_id="evt_1", stress=0.9)
    await odyssey.hand(odyssey.delivery(event_id="evt_0", stress=0.9))
    [first] = odyssey.plato.plans
    odyssey.plato.plans.clear()
    odyssey.plato.status = 503
    with pytest.raises(RecordFailure):
        await odyssey.hand(delivery)
    [wanted] = {request.body["planId"] for request in odyssey.plato.requests[-3:]}
    odyssey.plato.plans[wanted] = "PENDING"
    odyssey.plato.status = 200
    odyssey.service.breakers["plato"].reset()
    await odyssey.hand(delivery)
    assert wanted != first and odyssey.plato.executions[-1] == wanted


async def test_a_plan_that_plato_rejects_is_recorded_and_no_failure(odyssey):
    real = odyssey.plato.reply

    def rejecting(request):
        status, data = real(request)
        if status == 201:
            odyssey.plato.plans[data["data"]["planId"]] = "REJECTED"
        return status, data

    odyssey.plato.reply = rejecting
    assert await odyssey.event(stress=0.9) is None
    assert not odyssey.plato.executions
    _, answer = await odyssey.call("GET", "/api/v1/episodes")
    assert answer["data"][0]["decision"]["predictionMade"] == "the plan waits for a decision"


@pytest.mark.parametrize("dialect", [[{"capsuleId": "cap_1"}], {"content": [{"id": "cap_1"}], "totalElements": 1}])
async def test_history_is_understood_in_every_dialect(odyssey, dialect):
    odyssey.capsule.answer = dialect
    await odyssey.event(stress=0.9)
    assert odyssey.records.on("odyssey.paths")[0].value["capsule_ids"] == ["cap_1"]


async def test_signals_and_snapshots_move_the_entity_once(odyssey):
    for _ in range(2):
        await odyssey.hand(odyssey.delivery("perception.signals"))
    for capsule_id in ("cap_1", "cap_2", "cap_2"):
        await odyssey.hand(odyssey.delivery("capsule.snapshots", capsule_id=capsule_id))
    _, answer = await odyssey.call("GET", f"/api/v1/entities/{EURUSD}")
    entity = answer["data"]
    assert entity["attributes"]["lastSignal"]["severity"] == "CRITICAL"
    assert entity["stress"]["fragility"] == pytest.approx(0.16 + 0.09)
    assert (entity["capsuleCount"], entity["lastCapsuleId"]) == (2, "cap_2")


@pytest.mark.parametrize(("topic", "field"), [("perception.signals", "rim_node_id"), ("capsule.snapshots", "scope_id")])
async def test_a_signal_or_snapshot_of_nobody_is_a_validation_failure(odyssey, topic, field):
    with pytest.raises(RecordFailure) as failure:
        await odyssey.hand(odyssey.delivery(topic, **{field: "nobody"}))
    assert failure.value.category is FailureCategory.VALIDATION


async def test_a_plato_that_is_left_out_is_an_honest_downstream_failure_and_nobodys_fault(left_out):
    odyssey = await left_out("plato")
    for _ in range(6):
        with pytest.raises(RecordFailure, match="PLATO gave no plan: plato is left out of this sandbox") as caught:
            await odyssey.event(stress=0.9)
        assert caught.value.category is FailureCategory.DOWNSTREAM_FAILURE
    metrics = odyssey.service.breakers["plato"].metrics
    assert (metrics.number_of_buffered_calls, odyssey.service.breakers["plato"].state.value) == (0, "CLOSED")


async def test_without_capsule_the_history_is_the_fallbacks(left_out):
    odyssey = await left_out("capsule")
    await odyssey.event(stress=0.9)
    [fallback] = odyssey.facts.of("FallbackUsed")
    assert fallback.cause == "capsule is left out of this sandbox"
    assert {each.target for each in odyssey.facts.of("DownstreamCalled")} == {"plato"}, "nobody was called in its place"
    assert len(odyssey.plato.executions) == 1


@pytest.mark.parametrize(
    "field", ["event_id", "critical_metrics", "price", "volume", "stress", "status", "vector_timestamp.ingest_ts_ms"]
)
async def test_a_field_that_swapped_contracts_may_lack_is_done_without(odyssey, field):
    assert await odyssey.event(without=field) is None


async def test_a_path_that_a_swapped_contract_does_not_take_is_dead_lettered_at_once(odyssey):
    async def refuse(topic, value, **_):
        raise UsageError("the value does not fit PathUpdate: desk: is missing", where=topic)

    odyssey.records.publish = refuse
    with pytest.raises(RecordFailure, match=r"odyssey\.paths: the value does not fit .* desk: is missing") as caught:
        await odyssey.event(stress=0.9)
    assert caught.value.category is FailureCategory.VALIDATION
    path = (await odyssey.call("GET", "/api/v1/paths"))[1]["data"][0]
    status, body = await odyssey.call("PUT", f"/api/v1/paths/{path['id']}/weight", json={"weight": 0.5})
    assert (status, body["error"]["message"]) == (
        500, "odyssey.paths cannot be published: the value does not fit PathUpdate: desk: is missing",
    )  # fmt: skip


async def test_a_signal_without_details_leaves_them_out_and_a_snapshot_without_an_id_counts(odyssey):
    await odyssey.hand(odyssey.delivery("perception.signals", severity=None, confidence=None))
    await odyssey.hand(odyssey.delivery("capsule.snapshots", capsule_id=None))
    entity = (await odyssey.call("GET", f"/api/v1/entities/{EURUSD}"))[1]["data"]
    assert (entity["attributes"]["lastSignal"]["severity"], entity["lastCapsuleId"]) == (None, None)
