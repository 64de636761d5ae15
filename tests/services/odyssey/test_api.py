"""ODYSSEY over REST: the world as events left it, and history through the breaker."""

import pytest

EURUSD = "rim:entity:finance:EURUSD"
SEC = "rim:actor:regulator:SEC"


async def test_a_first_call_finds_something(odyssey):
    for path in ("/entities", "/paths", "/actors", f"/actors?scopeId={EURUSD}", f"/paths?scopeId={EURUSD}"):
        status, answer = await odyssey.call("GET", f"/api/v1{path}")
        assert status == 200 and answer["data"], path


async def test_an_event_shows_in_entity_world_state_path_and_episode(odyssey):
    await odyssey.event(event_id="evt_1", stress=0.9, price=1.11)
    _, answer = await odyssey.call("GET", f"/api/v1/entities/{EURUSD}")
    entity = answer["data"]
    assert entity["stress"] == {"stressScore": 0.9, "bufferRemaining": 0.1, "fragility": 0.382, "trend": "INCREASING"}
    assert entity["attributes"]["price"] == 1.11
    _, answer = await odyssey.call("GET", "/api/v1/world-state")
    assert answer["data"]["entities"][0]["entityId"] == EURUSD
    assert answer["data"]["aggregateMetrics"]["entitiesInAlert"] == 1
    _, answer = await odyssey.call("GET", f"/api/v1/paths?scopeId={EURUSD}&horizon=SHORT_TERM")
    [path] = answer["data"]
    [plan_id] = odyssey.plato.plans
    assert path["pathId"] in entity["relatedPathIds"]
    assert (path["weight"], path["planIds"], path["triggerEventId"]) == (0.9, [plan_id], "evt_1")
    assert path["tippingPoints"][0]["directionOfTravel"] == "TOWARDS"
    _, answer = await odyssey.call("GET", f"/api/v1/episodes?scopeId={EURUSD}&limit=1")
    assert answer["data"][0]["decision"]["chosenOption"] == plan_id


async def test_stress_falls_with_calm_events_and_late_events_do_not_turn_it_back(odyssey):
    at_ms = odyssey.clock.now_ms()
    vector = {"ingest_ts_ms": 0, "logical_clock": 0}
    await odyssey.event(stress=0.7, vector_timestamp={"event_ts_ms": at_ms, **vector})
    late = {"stress": 0.7, "critical_metrics": {"spread": 9.0, "depth": 3.0}, "price": 7.0}
    now = {"stress": 0.3, "critical_metrics": {"spread": 4.0}, "price": 1.1}
    await odyssey.event(**now, vector_timestamp={"event_ts_ms": at_ms + 1000, **vector})
    await odyssey.event(**late, vector_timestamp={"event_ts_ms": at_ms + 500, **vector})
    _, answer = await odyssey.call("GET", f"/api/v1/entities/{EURUSD}")
    assert answer["data"]["stress"]["stressScore"] == 0.3
    assert answer["data"]["stress"]["trend"] == "DECREASING"
    assert answer["data"]["attributes"] == {"price": 1.1, "metrics": {"spread": 4.0, "depth": 3.0}}


@pytest.mark.parametrize("path", [f"/entities/{EURUSD}", f"/paths?scopeId={EURUSD}&horizon=SHORT_TERM"])
async def test_there_is_no_time_of_the_last_event_before_the_first(odyssey, path):
    async def updated():
        _, answer = await odyssey.call("GET", f"/api/v1{path}")
        found = answer["data"]
        return [each["updatedAt"] for each in (found if isinstance(found, list) else [found])]

    assert set(await updated()) <= {None}
    await odyssey.event(stress=0.9, vector_timestamp={"event_ts_ms": 1_733_220_000_000, "ingest_ts_ms": 0})
    assert await updated() == ["2024-12-03T10:00:00Z"]


async def test_entities_are_listed_by_stress_page_by_page(odyssey):
    await odyssey.event(rim_node_id="rim:entity:finance:USDJPY", stress=0.79)
    _, answer = await odyssey.call("GET", "/api/v1/entities?size=2")
    assert [entity["name"] for entity in answer["data"]] == ["USDJPY", "BRENT"]
    assert answer["meta"]["pagination"]["totalElements"] == 4
    _, answer = await odyssey.call("GET", "/api/v1/entities?sort=entityId,asc&size=1")
    assert answer["data"][0]["name"] == "BRENT"


@pytest.mark.spec("BREAKER-HISTORY", "REST-REQUEST-RESPONSE")
async def test_history_comes_from_capsule(odyssey):
    query = "from=2024-12-01T00:00:00Z&to=1733220000000"
    status, answer = await odyssey.call("GET", f"/api/v1/entities/{EURUSD}/history?{query}")
    assert (status, answer["meta"]["degraded"]) == (200, False)
    assert [capsule["capsuleId"] for capsule in answer["data"]] == ["cap_2", "cap_1"]
    [asked] = odyssey.capsule.requests
    assert (asked.query["from"], asked.query["to"]) == ("2024-12-01T00:00:00Z", "2024-12-03T10:00:00Z")


@pytest.mark.spec("FALLBACK-CALLED", "FALLBACK-EMPTY")
async def test_history_is_empty_and_degraded_without_capsule(odyssey):
    odyssey.capsule.status = 503
    status, answer = await odyssey.call("GET", f"/api/v1/entities/{EURUSD}/history")
    assert (status, answer["data"], answer["meta"]["degraded"]) == (200, [], True)
    assert "503" in answer["meta"]["cause"]


@pytest.mark.spec("BREAKER-NAME", "FALLBACK-CALLED", "FALLBACK-EMPTY")
async def test_an_open_breaker_answers_at_once_and_shows_in_the_actuator(odyssey):
    odyssey.service.breakers["capsule"].transition_to_open_state()
    _, answer = await odyssey.call("GET", f"/api/v1/entities/{EURUSD}/history")
    assert (answer["data"], answer["meta"]["degraded"]) == ([], True)
    assert not odyssey.capsule.requests
    _, shown = await odyssey.call("GET", "/actuator/circuitbreakers")
    states = {name: breaker["state"] for name, breaker in shown["circuitBreakers"].items()}
    assert states == {"capsule": "OPEN", "plato": "CLOSED"}
    status, health = await odyssey.call("GET", "/actuator/health")
    assert (status, health["components"]["circuitBreakers"]["details"]["capsule"]["status"]) == (200, "CIRCUIT_OPEN")


async def test_entities_whose_local_id_holds_a_slash_are_found(odyssey):
    node_id = "rim:entity:finance:EUR/USD"
    await odyssey.event(rim_node_id=node_id, stress=0.9)
    status, answer = await odyssey.call("GET", f"/api/v1/entities/{node_id}")
    assert (status, answer["data"]["name"]) == (200, "EUR/USD")
    status, answer = await odyssey.call("GET", f"/api/v1/entities/{node_id}/history")
    assert (status, len(answer["data"])) == (200, 2)
    assert odyssey.capsule.requests[-1].path == f"/api/v1/history/{node_id}"


async def test_ignorance_falls_with_every_capsule(odyssey):
    _, before = await odyssey.call("GET", "/api/v1/ignorance")
    assert EURUSD in before["data"]["highUncertaintyNodeIds"]
    for number in range(3):
        await odyssey.hand(odyssey.delivery("capsule.snapshots", capsule_id=f"cap_{number}"))
    _, after = await odyssey.call("GET", "/api/v1/ignorance")
    assert EURUSD not in after["data"]["highUncertaintyNodeIds"]
    assert after["data"]["byDomain"]["finance"] < before["data"]["byDomain"]["finance"]


@pytest.mark.spec("REST-CRUD")
async def test_a_paths_weight_is_set_and_published(odyssey):
    _, answer = await odyssey.call("GET", f"/api/v1/paths?scopeId={EURUSD}")
    path_id = answer["data"][0]["pathId"]
    status, answer = await odyssey.call("PUT", f"/api/v1/paths/{path_id}/weight", json={"weight": 0.25})
    assert (status, answer["data"]["weight"]) == (200, 0.25)
    [record] = odyssey.records.on("odyssey.paths")
    assert (record.key, record.value["path_id"], record.value["weight"]) == (EURUSD, path_id, 0.25)
    _, answer = await odyssey.call("GET", f"/api/v1/paths/{path_id}")
    assert answer["data"]["weight"] == 0.25


async def test_an_actors_model_is_changed_and_published(odyssey):
    body = {"parameter": "riskTolerance", "value": 0.9}
    status, answer = await odyssey.call("PUT", f"/api/v1/actors/{SEC}/model", json=body)
    assert (status, answer["data"]["behavioralProfile"]["riskTolerance"]) == (200, 0.9)
    [record] = odyssey.records.on("odyssey.actors")
    assert (record.key, record.value["actor_type"], record.value["value"]) == (SEC, "REGULATOR", 0.9)


async def test_a_change_that_kafka_does_not_take_is_not_made(odyssey):
    odyssey.records.away = True
    body = {"parameter": "riskTolerance", "value": 0.9}
    status, answer = await odyssey.call("PUT", f"/api/v1/actors/{SEC}/model", json=body)
    assert (status, answer["error"]["code"]) == (503, "SERVICE_UNAVAILABLE")
    _, answer = await odyssey.call("GET", f"/api/v1/actors/{SEC}")
    assert answer["data"]["behavioralProfile"]["riskTolerance"] == 0.2


async def test_the_reflex_strategys_weight_scales_the_paths(odyssey):
    path = "/api/v1/strategies/strategy_reflex/weight"
    status, _ = await odyssey.call("PUT", path, json={"weight": 0.5})
    _, answer = await odyssey.call("GET", path)
    assert (status, answer["data"]["weight"]) == (200, 0.5)
    await odyssey.event(stress=0.9)
    assert odyssey.records.on("odyssey.paths")[0].value["weight"] == 0.45


@pytest.mark.parametrize(
    ("method", "path", "body", "field"),
    [
        ("GET", "/entities/EURUSD", None, "id"),
        ("GET", "/entities/EURUSD/history", None, "id"),
        ("GET", f"/entities/{EURUSD}/history?from=yesterday", None, "from"),
        ("GET", f"/entities/{EURUSD}/history?from=2&to=1", None, "query"),
        ("GET", "/paths?horizon=SOON", None, "horizon"),
        ("GET", "/paths?scopeId=x", None, "scopeId"),
        ("GET", "/episodes?limit=0", None, "limit"),
        ("PUT", "/strategies/strategy_reflex/weight", {"weight": 1.5}, "weight"),
        ("PUT", "/strategies/strategy_reflex/weight", {}, "weight"),
        ("PUT", f"/actors/{SEC}/model", {"parameter": "mood", "value": 0.5}, "parameter"),
    ],
)
async def test_what_cannot_be_is_a_validation_error_that_names_the_field(odyssey, method, path, body, field):
    status, answer = await odyssey.call(method, f"/api/v1{path}", json=body)
    assert (status, answer["error"]["code"]) == (400, "VALIDATION_ERROR")
    assert [detail["field"] for detail in answer["error"]["details"]] == [field]


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", "/entities/rim:entity:finance:NONE", None),
        ("GET", "/paths/path_none", None),
        ("PUT", "/paths/path_none/weight", {"weight": 0.1}),
        ("GET", "/actors/rim:actor:regulator:NONE", None),
        ("GET", "/strategies/strategy_none/weight", None),
    ],
)
async def test_what_does_not_exist_is_not_found(odyssey, method, path, body):
    status, answer = await odyssey.call(method, f"/api/v1{path}", json=body)
    assert (status, answer["error"]["code"]) == (404, "NOT_FOUND")


async def test_tenants_have_worlds_of_their_own(odyssey):
    await odyssey.hand(odyssey.delivery(headers=[("X-Tenant-ID", b"one")], stress=0.7))
    seen = {}
    for tenant in ("one", "other"):
        _, answer = await odyssey.call("GET", f"/api/v1/entities/{EURUSD}", headers={"X-Tenant-ID": tenant})
        seen[tenant] = answer["data"]["stress"]["stressScore"]
    assert seen == {"one": 0.7, "other": 0.32}


async def test_what_was_consumed_is_listed_with_its_outcome(odyssey):
    delivery = odyssey.delivery(event_id="evt_1")
    await odyssey.hand(delivery)
    await odyssey.hand(delivery)
    _, answer = await odyssey.call("GET", "/api/v1/events?topic=rim.fast-path")
    assert [(event["eventId"], event["outcome"]) for event in answer["data"]] == [
        ("evt_1", "duplicate"),
        ("evt_1", "processed"),
    ]


async def test_the_world_survives_a_restart_and_a_reset_brings_the_seed_back(odyssey, new_odyssey):
    await odyssey.event(stress=0.7)
    await odyssey.service.stop()
    again = new_odyssey()
    await again.start()
    _, answer = await again.call("GET", f"/api/v1/entities/{EURUSD}")
    assert answer["data"]["stress"]["stressScore"] == 0.7
    await again.service.reset()
    _, answer = await again.call("GET", f"/api/v1/entities/{EURUSD}")
    assert answer["data"]["stress"]["stressScore"] == 0.32
    await again.stop()


async def test_prometheus_shows_breakers_and_their_calls_once(odyssey):
    await odyssey.event(stress=0.9)
    async with odyssey.http.get("/actuator/prometheus") as response:
        text = await response.text()
    assert 'resilience4j_circuitbreaker_state{name="capsule",state="closed"} 1.0' in text
    assert 'resilience4j_circuitbreaker_calls_seconds_count{kind="successful",name="capsule"} 1.0' in text
    assert 'resilience4j_retry_calls_total{kind="successful_without_retry",name="plato"} 2.0' in text
    families = [line.split()[2] for line in text.splitlines() if line.startswith("# TYPE")]
    assert len(families) == len(set(families))
