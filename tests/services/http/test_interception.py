"""Interceptors stand between the network and the service, and leave the actuator alone."""

from __future__ import annotations

from aiohttp import web

from sandbox.services.http import INTERCEPTORS, ApiError, ErrorCode

THINGS = "/api/v1/things"


class Marks:
    """Adds its name to the answer on the way out, or answers itself."""

    def __init__(self, name: str, *, covers_actuator: bool = False, answer=None) -> None:
        self.name = name
        self.covers_actuator = covers_actuator
        self.answer = answer

    async def __call__(self, exchange, proceed) -> web.StreamResponse:
        response = self.answer() if self.answer else await proceed()
        response.headers["X-Marks"] = response.headers.get("X-Marks", "") + self.name
        return response


async def test_interceptors_may_come_and_go_while_the_service_runs(client):
    interceptors = client.app[INTERCEPTORS]
    assert "X-Marks" not in (await client.get(THINGS)).headers
    interceptors += [Marks("a"), Marks("b")]
    assert (await client.get(THINGS)).headers["X-Marks"] == "ba", "the first one is outermost"
    interceptors.clear()
    assert "X-Marks" not in (await client.get(THINGS)).headers


async def test_an_interceptor_may_answer_in_the_services_place(client, facts):
    client.app[INTERCEPTORS].append(Marks("a", answer=lambda: web.Response(status=418)))
    answer = await client.get(THINGS, headers={"X-Request-ID": "req-1"})
    assert answer.status == 418
    assert answer.headers["X-Request-ID"] == "req-1"
    assert facts.kept[-1].status == 418


async def test_an_interceptor_may_refuse_in_the_seeds_form(client):
    def refuse():
        raise ApiError(ErrorCode.SERVICE_UNAVAILABLE)

    client.app[INTERCEPTORS].append(Marks("a", answer=refuse))
    answer = await client.get(THINGS)
    assert answer.status == 503
    assert (await answer.json())["error"]["code"] == "SERVICE_UNAVAILABLE"


async def test_an_interceptor_sees_errors_as_the_client_would(client):
    client.app[INTERCEPTORS].append(Marks("a"))
    answer = await client.get("/nowhere")
    assert (answer.status, answer.headers["X-Marks"]) == (404, "a")


async def test_the_actuator_is_left_alone_unless_aimed_at(client):
    interceptors = client.app[INTERCEPTORS]
    interceptors.append(Marks("a"))
    assert "X-Marks" not in (await client.get("/actuator/health")).headers
    interceptors.append(Marks("b", covers_actuator=True))
    assert (await client.get("/actuator/health")).headers["X-Marks"] == "b"
