"""What was recorded, as a scenario that a person could have written."""

from typing import Any

from tests.scenarios.recording.conftest import T0, call, record, recording, stream

NODE = "rim:entity:finance:EURUSD"
CAPSULE = "cap_201258c6f3eb41e9e15d"
EVENT = {
    "rim_node_id": NODE, "event_id": "evt-1", "stress": 0.95, "status": "ALERT", "price": None,
    "vector_timestamp": {"event_ts_ms": T0 - 5, "ingest_ts_ms": T0, "logical_clock": 3},
}  # fmt: skip
MADE = {"data": {"id": CAPSULE, "capsuleId": CAPSULE, "scopeId": NODE}, "meta": {"requestId": "req-abc12345"}}


def test_a_session_becomes_steps_at_their_times_with_what_came_of_them(composed: Any) -> None:
    events = [
        record(0, "rim.fast-path", EVENT, key=NODE, **{"X-Source-Service": "perception", "X-Request-ID": "req-9"}),
        call(1_200, "POST capsule /api/v1/capsules", MADE, status=201,
             body={"scopeId": NODE, "timestamp": "2024-12-03T09:59:01Z", "metadata": {"password": "[redacted]"}}),
        call(2_000, f"GET capsule /api/v1/capsules/{CAPSULE}", MADE),
        call(2_500, "GET capsule /api/v1/capsules/none-1", {"error": {"code": "NOT_FOUND"}}, status=404),
        stream(2_600, 4_000, "/ws/plans/plan_123", "STEP_STARTED", "STEP_PROGRESS", "STEP_PROGRESS", "PLAN_COMPLETED"),
    ]  # fmt: skip
    outcomes = {"capsule.snapshots": [record(300, "capsule.snapshots", {"capsule_id": "cap_x"}, key=NODE)] * 2}
    result, scenario = composed(recording(events, outcomes))
    assert (
        result.text
        == """\
scenario: A recorded session
purpose: Recorded. What came of it has to come of it again.
tags: [recorded]
seed: 1
vars: {secret: redacted}

steps:
  - publish: rim.fast-path
    key: rim:entity:finance:EURUSD
    headers: {X-Source-Service: perception}
    value:
      rim_node_id: rim:entity:finance:EURUSD
      stress: 0.95
      status: ALERT
      vector_timestamp: {logical_clock: 3}
    at: 0s

  - http: POST {{ capsule }}/api/v1/capsules
    body:
      scopeId: rim:entity:finance:EURUSD
      timestamp: '{{ now(''-60s'') | iso }}'
      metadata: {password: '{{ secret }}'}
    expect:
      status: 201
      $.data.capsuleId: {exists: true}
      $.data.scopeId: rim:entity:finance:EURUSD
    capture: {capsule_id: $.data.capsuleId}
    at: 1.2s

  - http: GET {{ capsule }}/api/v1/capsules/{{ capsule_id }}
    expect:
      status: 200
      $.data.id: '{{ capsule_id }}'
      $.data.capsuleId: '{{ capsule_id }}'
      $.data.scopeId: rim:entity:finance:EURUSD
    within: 10s
    at: 2s

  - http: GET {{ capsule }}/api/v1/capsules/none-1
    expect: {status: 404, $.error.code: NOT_FOUND}
    within: 10s
    at: 2.5s

  - websocket: '{{ plato }}/ws/plans/plan_123'
    expect:
      - {$.type: STEP_STARTED}
      - …
      - {$.type: STEP_PROGRESS}
      - …
      - {$.type: PLAN_COMPLETED}
    within: 30s
    at: 4s

  - say: What the services made of it.

  - expect: capsule.snapshots
    count: {gte: 2}
    within: 30s
"""
    )
    assert len(scenario.steps) == result.steps == 7 and not result.left_out


def test_an_id_of_a_record_that_a_service_wrote_is_waited_for_before_it_is_used(composed: Any) -> None:
    path = record(300, "odyssey.paths", {"plan_id": "plan_ab12cd34ef", "key": NODE}, key=NODE)
    events = [record(0, "rim.fast-path", EVENT, key=NODE), call(900, "GET plato /api/v1/plans/plan_ab12cd34ef", {})]
    _, scenario = composed(recording(events, {"odyssey.paths": [path]}))
    publish, awaited, get, *_ = scenario.steps
    assert (publish.verb, awaited.verb, get.verb) == ("publish", "expect", "http")
    assert awaited.topic == "odyssey.paths" and list(awaited.capture) == ["plan_id"]
    assert get.request == "GET {{ plato }}/api/v1/plans/{{ plan_id }}"


def test_an_id_of_a_list_is_captured_when_it_was_made_and_stays_when_people_named_it(composed: Any) -> None:
    listed = {"data": [{"id": "plan_123"}, {"id": CAPSULE}]}
    events = [
        call(0, "GET plato /api/v1/plans", listed),
        call(10, "GET plato /api/v1/plans/plan_123", {}),
        call(20, f"GET plato /api/v1/plans/{CAPSULE}", {}),
    ]
    _, scenario = composed(recording(events))
    assert [step.request.partition("/api/v1/")[2] for step in scenario.steps] == [
        "plans",
        "plans/plan_123",
        "plans/{{ id }}",
    ]
    assert scenario.steps[0].capture["id"].text == "$.data[1].id"


def test_a_question_asked_again_and_again_is_asked_once_with_patience(composed: Any) -> None:
    asked = "GET capsule /api/v1/capsules/x1"
    missing = call(0, asked, {"error": {"code": "NOT_FOUND"}}, status=404)
    _, scenario = composed(recording([missing, {**missing, "at_ms": T0 + 5}, call(10, asked, {"data": {}})]))
    (step,) = scenario.steps
    assert step.within_s == 10 and [str(each.words["equals"].value) for each in step.expect.values()] == ["200"]


def test_what_cannot_be_done_again_is_left_out_and_said(composed: Any) -> None:
    cut = {**call(5, "POST capsule /api/v1/capsules", {}, status=201), "cut": True}
    events = [
        call(0, "GET capsule /api/v1/capsules", {}, status=401),
        cut,
        call(9, "GET capsule /api/v1/history/x", {}),
    ]
    result, scenario = composed(
        recording(events, {"plato.plans": [record(0, "plato.plans", {})] * 9}, faults=2, dropped=3)
    )
    assert result.left_out == [
        "GET /api/v1/capsules: 401, credentials are not recorded",
        "POST /api/v1/capsules: its body is too long",
        "2 faults: add them as `fault:` steps",
        "3 records or calls, for want of room",
    ]
    assert all(f"#   {each}" in result.text for each in result.left_out)
    assert scenario.steps[-1].title() == "expect plato.plans" and "count: {gte: 1}" in result.text


def test_an_answer_of_a_service_that_was_out_of_order_asks_nothing_of_the_next_one(composed: Any) -> None:
    result, _ = composed(recording([call(0, "GET capsule /api/v1/history/x", {}, status=503)]))
    assert "expect:\n      status: {gte: 100}" in result.text or "expect: {status: {gte: 100}}" in result.text
    assert "within" not in result.text


def test_a_record_that_keeps_no_contract_goes_out_byte_by_byte(composed: Any) -> None:
    result, scenario = composed(recording([record(0, "rim.fast-path", None, raw="AAEC")]))
    assert "value: {base64: AAEC}\n    format: raw" in result.text and scenario.steps[0].format == "raw"


def test_many_records_go_into_a_file_beside_the_scenario_with_their_times(composed: Any) -> None:
    events = [{**EVENT, "stress": n / 100, "event_id": f"evt-{n}"} for n in range(50)]
    many = [record(n * 10, "rim.fast-path", event, key=NODE) for n, event in enumerate(events)]
    result, scenario = composed(recording(many))
    assert [step.verb for step in scenario.steps] == ["replay"] and list(result.files) == ["story-1.jsonl"]
    lines = result.files["story-1.jsonl"].splitlines()
    assert len(lines) == 50 and '"at_ms": 490' in lines[-1] and "event_id" not in lines[-1]
    single, _ = composed(recording(many), stem=None)
    assert not single.files and single.steps == 50


def test_ids_that_the_client_made_are_made_anew(composed: Any) -> None:
    own = "3f2a7d1e-0000-4000-8000-000000000001"
    events = [
        record(0, "rim.fast-path", {**EVENT, "event_id": own}, key=NODE),
        call(10, f"GET capsule /api/v1/events?eventId={own}", {"data": [{"eventId": own}]}),
    ]
    result, scenario = composed(recording(events))
    assert "vars: {id: '{{ uuid() }}'}" in result.text and "event_id: '{{ id }}'" in result.text
    assert scenario.steps[1].request.endswith("eventId={{ id }}")
    assert "'$.data[*].eventId': {contains: '{{ id }}'}" in result.text


def test_nothing_makes_a_file_that_says_so(composed: Any) -> None:
    result, _ = composed(recording([]))
    assert result.steps == 0 and "Nothing was recorded." in result.text


def test_the_records_of_a_plan_that_somebody_only_watched_are_not_asked_for_again(composed: Any) -> None:
    plans = [record(n, "plato.plans", {}, key=key) for n, key in enumerate(["plan_123", "plan_123", "plan_ab12cd34ef"])]
    result, _ = composed(recording([stream(0, 5, "/ws/plans/plan_123", "PLAN_COMPLETED")], {"plato.plans": plans}))
    assert "- expect: plato.plans\n    count: {gte: 1}" in result.text


def test_a_broken_body_is_sent_again_as_what_it_was_said_to_be(composed: Any) -> None:
    broken = {**call(0, "POST capsule /api/v1/capsules", {}, status=400), "body": "{"}
    headers = {"Content-Type": "application/json", "Accept": "*/*"}
    result, _ = composed(recording([{**broken, "headers": headers}, {**broken, "body": "{}", "headers": headers}]))
    assert result.text.count("headers: {Content-Type: application/json}") == 1 and "body: '{'" in result.text


def test_a_variable_never_takes_a_name_that_means_something(composed: Any) -> None:
    made = {"data": {"self": "cap_201258c6f3eb41e9e15d"}}
    events = [call(0, "POST capsule /x", made, status=201), call(1, "GET capsule /x/cap_201258c6f3eb41e9e15d", {})]
    result, _ = composed(recording(events))
    assert "capture: {self_2: $.data.self}" in result.text


def test_what_a_run_fills_in_anew_is_not_expected_to_come_back(composed: Any) -> None:
    plan = {"data": {"triggerEventId": "evt-1234", "requestId": "req-1234", "entityId": NODE}}
    event = record(0, "rim.fast-path", {**EVENT, "event_id": "evt-1234"}, key=NODE, **{"X-Request-ID": "req-1234"})
    result, _ = composed(recording([event, call(9, "GET plato /api/v1/plans/plan_1", plan)]))
    assert "$.data.entityId" in result.text and "evt-1234" not in result.text and "req-1234" not in result.text


def test_an_event_id_that_is_asked_for_later_stays(composed: Any) -> None:
    event = record(0, "rim.fast-path", {**EVENT, "event_id": "evt-1234"}, key=NODE)
    result, _ = composed(recording([event, call(9, "GET capsule /api/v1/events?eventId=evt-1234", {})]))
    assert "event_id: evt-1234" in result.text


def test_an_event_that_came_twice_comes_twice_again(composed: Any) -> None:
    result, _ = composed(recording([record(n, "rim.fast-path", EVENT, key=NODE) for n in range(2)]))
    assert result.text.count("event_id: evt-1") == 2
