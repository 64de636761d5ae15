from __future__ import annotations

import io

import pytest


async def error_of(answer) -> dict[str, object]:
    assert answer.content_type == "application/json"
    return (await answer.json())["error"]


async def test_status_has_every_promised_member_and_keeps_what_the_engine_adds(http) -> None:
    body = await (await http.get("/v1/status")).json()
    assert body["endpoints"] == {
        "kafka": "localhost:9092", "schema_registry": None, "capsule": None, "odyssey": None, "plato": None,
        "control": None,
    }  # fmt: skip
    assert (body["name"], body["state"], body["runtime"], body["ready"]) == ("demo", "ready", "embedded", True)
    assert body["components"][0]["memory_bytes"] == 5
    assert body["proof"] == [{"what": "record produced and consumed", "took_ms": 1.5}]


@pytest.mark.parametrize("path", ["/", "/v1", "/v1/nothing", "/v1/topics/a/b/c", "/v1/status/"])
async def test_an_unknown_path_is_a_json_404(http, path) -> None:
    answer = await http.get(path)
    error = await error_of(answer)
    assert (answer.status, error["code"]) == (404, "NOT_FOUND")
    assert "/openapi.json" in error["hint"]


async def test_a_wrong_method_is_a_405_that_names_the_right_ones(http) -> None:
    answer = await http.delete("/v1/facts")
    assert answer.status == 405
    assert answer.headers["Allow"] == "GET, POST"
    assert "POST" in (await error_of(answer))["hint"]


@pytest.mark.parametrize("operation", ["start", "stop", "restart", "kill", "pause", "resume"])
async def test_components_are_operated_by_name(http, engine, operation) -> None:
    answer = await http.post(f"/v1/components/kafka/{operation}")
    assert answer.status == 200 and (await answer.json())["name"] == "kafka"
    assert engine.asked == [(operation, "kafka")]


async def test_an_unknown_component_or_operation_is_404_with_the_choice(http) -> None:
    answer = await http.post("/v1/components/zookeeper/start")
    assert answer.status == 404
    assert (await error_of(answer))["where"] == "zookeeper"
    answer = await http.post("/v1/components/kafka/explode")
    assert answer.status == 404
    assert "restart" in (await error_of(answer))["hint"]


async def test_breakers_are_listed_and_operated(http, engine) -> None:
    assert (await (await http.get("/v1/breakers")).json())["breakers"]["odyssey/capsule"]["state"] == "CLOSED"
    answer = await http.post("/v1/breakers/odyssey/capsule/force-open")
    assert (await answer.json())["state"] == "OPEN"
    assert engine.asked == [("force-open", "odyssey", "capsule")]
    assert (await http.post("/v1/breakers/odyssey/capsule/smash")).status == 404


async def test_topics_are_listed_and_described(http) -> None:
    assert (await (await http.get("/v1/topics")).json())["topics"] == [{"name": "rim.fast-path", "partitions": 6}]
    assert (await (await http.get("/v1/topics/rim.fast-path")).json())["partitions"][0]["end"] == 3
    assert (await http.get("/v1/topics/nothing")).status == 404


async def test_kafka_away_is_a_503_with_the_way_out(http, engine) -> None:
    engine.kafka_away = True
    answer = await http.get("/v1/topics")
    assert answer.status == 503
    assert await error_of(answer) == {
        "code": "UPSTREAM_UNAVAILABLE", "message": "Kafka is away", "hint": "restart it", "where": "localhost:9092",
    }  # fmt: skip


async def test_a_record_is_published_by_its_contract_or_raw(http, engine) -> None:
    answer = await http.post("/v1/topics/rim.fast-path/records", json={"value": {"a": 1}, "key": "k"})
    assert answer.status == 201 and (await answer.json())["offset"] == 3
    await http.post("/v1/topics/rim.fast-path/records", json={"value_base64": "AAE=", "headers": {"x": "y"}})
    (_, _, first), (_, _, second) = engine.asked
    assert (first["value"], first["key"], first["value_base64"]) == ({"a": 1}, "k", None)
    assert (second["value_base64"], second["headers"]) == ("AAE=", {"x": "y"})


@pytest.mark.parametrize(
    ("body", "where"),
    [
        ({}, "body"),
        ({"value": 1, "value_base64": "AA=="}, "body"),
        ({"value": 1, "partition": -1}, "body.partition"),
        ({"value": 1, "keys": "k"}, "body.keys"),
        ({"value": 1, "headers": {"x": 3}}, "body.headers.x"),
        ([], "body"),
    ],
)
async def test_a_record_that_is_none_is_a_400_with_its_place(http, engine, body, where) -> None:
    answer = await http.post("/v1/topics/rim.fast-path/records", json=body)
    error = await error_of(answer)
    assert (answer.status, error["code"], error["where"]) == (400, "INVALID_REQUEST", where)
    assert engine.asked == []


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b'{"a": }', b"\xff\xfe", b"[" * 100_000, b"nothing"],
    ids=["empty", "open", "hole", "bytes", "deep", "word"],
)
async def test_a_body_that_is_not_json_is_a_400(http, body) -> None:
    answer = await http.post("/v1/scenarios/runs", data=body)
    error = await error_of(answer)
    assert answer.status == 400
    assert error["where"].startswith("body")


async def test_a_body_that_is_too_large_is_a_413(http) -> None:
    answer = await http.post("/v1/scenarios/runs", data=io.BytesIO(b" " * (8 * 1024 * 1024 + 1)))
    assert answer.status == 413
    assert (await error_of(answer))["hint"]


async def test_a_scenario_runs_is_looked_at_and_stopped(http, engine) -> None:
    answer = await http.post("/v1/scenarios/runs", json={"name": "golden-path"})
    assert (answer.status, answer.headers["Location"]) == (201, "/v1/scenarios/runs/run_1")
    assert (await (await http.get("/v1/scenarios/runs/run_1")).json())["state"] == "running"
    assert (await (await http.delete("/v1/scenarios/runs/run_1")).json())["state"] == "stopped"
    assert (await http.get("/v1/scenarios/runs/run_2")).status == 404
    assert engine.asked == [("run", {"name": "golden-path"})]


async def test_a_run_that_cannot_be_now_is_a_409(http) -> None:
    answer = await http.post("/v1/scenarios/runs", json={"speed": 99})
    assert (answer.status, (await error_of(answer))["code"]) == (409, "CONFLICT")


async def test_a_run_that_waits_is_let_go_on(http, engine) -> None:
    answer = await http.get("/v1/scenarios/runs/run_1")
    assert (await answer.json())["held"]["title"] == "records flow"
    answer = await http.post("/v1/scenarios/runs/run_1/next")
    assert (answer.status, (await answer.json())["held"]) == (200, None)
    await http.post("/v1/scenarios/runs/run_1/next", json={"to_end": True})
    assert engine.asked == [("next", "run_1", False), ("next", "run_1", True)]


async def test_the_library_is_listed_and_one_of_it_is_read(http) -> None:
    (found,) = (await (await http.get("/v1/scenarios/library")).json())["scenarios"]
    assert (found["name"], found["tags"]) == ("golden-path", ["smoke"])
    assert "Golden path" in (await (await http.get("/v1/scenarios/library/golden-path")).json())["text"]
    assert (await http.get("/v1/scenarios/library/none")).status == 404


async def test_a_scenario_document_is_an_object(http) -> None:
    assert (await http.post("/v1/scenarios/runs", json=["golden-path"])).status == 400


async def test_shutdown_purges_only_when_told(http, engine) -> None:
    assert (await http.post("/v1/shutdown")).status == 202
    assert (await http.post("/v1/shutdown", json={"purge": True})).status == 202
    assert (await http.post("/v1/shutdown", json={"purge": "maybe"})).status == 400
    assert engine.asked == [("shutdown", False), ("shutdown", True)]


async def test_a_client_changes_and_resets_a_services_limits(control, engine) -> None:
    assert (await control.limits())["capsule"].query == 1000
    assert (await control.change_limits("capsule", query=3, enabled=True)).query == 3
    assert (await control.reset_limits("capsule")).query == 1000
    assert engine.asked == [("limits", "capsule", {"query": 3, "enabled": True}), ("reset limits", "capsule")]


async def test_a_limit_that_is_none_is_named(http, engine) -> None:
    for body, where in (({"query": -1}, "body.query"), ({"commands": 1}, "body.commands"), ([], "body")):
        answer = await http.put("/v1/limits/capsule", json=body)
        assert (answer.status, (await answer.json())["error"]["where"]) == (400, where)
    assert engine.asked == []


async def test_the_kinds_of_faults_are_there_for_a_form(http):
    kinds = (await (await http.get("/v1/faults/kinds")).json())["kinds"]
    latency = next(each for each in kinds if each["kind"] == "latency")
    assert latency["own"][:2] == ["ms", "jitter"] and "capsule" in latency["on"]
    assert latency["parameters"]["properties"]["ms"]["description"].startswith("How long")


async def test_faults_are_listed_made_and_removed(http, engine) -> None:
    (fault,) = (await (await http.get("/v1/faults")).json())["faults"]
    assert (fault["id"], fault["hits"]) == ("outage", 4)
    answer = await http.post("/v1/faults", json={"kind": "http-status", "on": "capsule", "parameters": {"status": 503}})
    assert answer.status == 201
    assert engine.asked == [
        ("fault", {"kind": "http-status", "on": "capsule", "id": None, "parameters": {"status": 503}})
    ]
    assert (await (await http.delete("/v1/faults/outage")).json())["id"] == "outage"
    assert (await http.delete("/v1/faults/other")).status == 404
    assert len((await (await http.delete("/v1/faults")).json())["faults"]) == 1


async def test_a_fault_with_a_member_that_is_none_is_refused_with_the_choice(http) -> None:
    answer = await http.post("/v1/faults", json={"kind": "latency", "on": "capsule", "ms": 5})
    error = await error_of(answer)
    assert (answer.status, error["where"]) == (400, "body.ms")
    assert "parameters" in error["hint"]
