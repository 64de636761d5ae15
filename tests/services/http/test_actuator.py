"""The actuator: health, info, circuit breakers, Prometheus."""

from __future__ import annotations

from sandbox.services.http import Actuator, Health, Route

THINGS = "/api/v1/things"


class FakeBreaker:
    def __init__(self, state: str = "CLOSED") -> None:
        self.state = state

    def to_actuator(self):
        return {"state": self.state, "failureRate": "-1.0%", "bufferedCalls": 0}

    def transition_to_closed_state(self) -> None:
        self.state = "CLOSED"

    def transition_to_disabled_state(self) -> None:
        self.state = "DISABLED"

    def transition_to_forced_open_state(self) -> None:
        self.state = "FORCED_OPEN"


async def body_of(client, path: str, status: int = 200):
    answer = await client.get(path)
    assert answer.status == status
    return await answer.json()


async def test_a_healthy_service_is_up_in_all_its_parts(serve):
    actuator = Actuator(components={"db": lambda: Health(True, {"database": "SQLite"})})
    client = await serve([], actuator=actuator, dialect="envelope")
    body = await body_of(client, "/actuator/health")
    assert body["status"] == "UP"
    assert body["components"]["db"] == {"status": "UP", "details": {"database": "SQLite"}}
    assert await body_of(client, "/actuator/health/db") == body["components"]["db"]
    assert await body_of(client, "/actuator/health/liveness") == {"status": "UP"}


async def test_a_part_that_is_down_takes_the_service_down_with_a_503(serve):
    client = await serve([], actuator=Actuator(components={"db": lambda: Health(False)}))
    assert (await body_of(client, "/actuator/health", 503))["status"] == "DOWN"
    assert await body_of(client, "/actuator/health/liveness") == {"status": "UP"}


async def test_a_service_that_is_not_ready_yet_is_alive(serve):
    client = await serve([], actuator=Actuator(ready=lambda: False))
    assert await body_of(client, "/actuator/health/readiness", 503) == {"status": "DOWN"}
    assert await body_of(client, "/actuator/health/liveness") == {"status": "UP"}


async def test_an_unknown_part_is_a_404(serve):
    client = await serve([])
    assert (await body_of(client, "/actuator/health/nonsense", 404))["error"]["code"] == "NOT_FOUND"


async def test_breakers_are_shown_and_an_open_one_does_not_take_the_service_down(serve):
    breakers = {"capsule": FakeBreaker("OPEN"), "plato": FakeBreaker()}
    client = await serve([], actuator=Actuator(breakers=lambda: breakers))
    body = await body_of(client, "/actuator/health")
    assert body["status"] == "UP"
    details = body["components"]["circuitBreakers"]["details"]
    assert (details["capsule"]["status"], details["plato"]["status"]) == ("CIRCUIT_OPEN", "UP")
    assert await body_of(client, "/actuator/health/circuitBreakers") == body["components"]["circuitBreakers"]
    body = await body_of(client, "/actuator/circuitbreakers")
    assert body["circuitBreakers"]["capsule"]["state"] == "OPEN"
    assert (await body_of(client, "/actuator/circuitbreakers/plato"))["state"] == "CLOSED"
    await body_of(client, "/actuator/circuitbreakers/nobody", 404)


async def test_a_breakers_health_is_told_as_resilience4j_tells_it(serve):
    breakers = {"capsule": FakeBreaker("HALF_OPEN")}
    client = await serve([], actuator=Actuator(breakers=lambda: breakers))
    for state, status in (
        ("HALF_OPEN", "CIRCUIT_HALF_OPEN"), ("FORCED_OPEN", "UNKNOWN"), ("DISABLED", "UNKNOWN"),
        ("METRICS_ONLY", "UNKNOWN"),
    ):  # fmt: skip
        breakers["capsule"].state = state
        health = await body_of(client, "/actuator/health/circuitBreakers")
        assert health["details"]["capsule"]["status"] == status
        assert health["status"] == "UNKNOWN", "no breaker is UP"
        assert (await body_of(client, "/actuator/health"))["status"] == "UP"


async def test_a_breaker_is_brought_to_another_state_as_resilience4js_actuator_does(serve):
    breakers = {"capsule": FakeBreaker()}
    client = await serve([], actuator=Actuator(breakers=lambda: breakers))
    path = "/actuator/circuitbreakers/capsule"
    for update, state in (("FORCE_OPEN", "FORCED_OPEN"), ("DISABLE", "DISABLED"), ("CLOSE", "CLOSED")):
        answer = await client.post(path, json={"updateState": update})
        assert answer.status == 200
        assert (await answer.json())["currentState"] == state
    assert (await client.post(path, json={"updateState": "EXPLODE"})).status == 400
    assert (await client.post("/actuator/circuitbreakers/nobody", json={"updateState": "CLOSE"})).status == 404


async def test_info_names_the_service_and_what_it_adds(serve):
    client = await serve([], actuator=Actuator(info=lambda: {"capsules": 3}))
    assert await body_of(client, "/actuator/info") == {"app": {"name": "capsule"}, "capsules": 3}


async def test_prometheus_counts_requests_by_route_and_adds_the_services_own_lines(serve, echo):
    actuator = Actuator(metrics=lambda: "own_metric 1.0\n")
    client = await serve([Route("GET", f"{THINGS}/{{id}}", echo)], actuator=actuator)
    for number in range(3):
        await client.get(f"{THINGS}/{number}")
    await client.get("/nowhere")
    answer = await client.get("/actuator/prometheus")
    assert answer.content_type == "text/plain"
    lines = (await answer.text()).splitlines()
    labels = 'method="GET",outcome="SUCCESS",status="200",uri="/api/v1/things/{id}"'
    assert f"http_server_requests_seconds_count{{{labels}}} 3.0" in lines
    assert any('status="404",uri="unmatched"' in line for line in lines)
    assert lines[-1] == "own_metric 1.0"


async def test_the_index_links_to_every_part(serve):
    client = await serve([])
    links = (await body_of(client, "/actuator"))["_links"]
    assert links["health"] == {"href": "/actuator/health"}
