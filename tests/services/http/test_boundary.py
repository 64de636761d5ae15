"""Refusals and failures in the seed's form."""

from __future__ import annotations

import pytest
from aiohttp import web
from yarl import URL

from sandbox.contracts.envelope import ApiError, ErrorCode
from sandbox.errors import UpstreamUnavailable
from sandbox.services.http import ApiModel, Route
from sandbox.services.store import StoreFailed

THINGS = "/api/v1/things"
JSON = {"Content-Type": "application/json"}


class Thing(ApiModel):
    name: str
    size: int = 1


@pytest.fixture
async def things(serve):
    async def create(exchange):
        thing = await exchange.body(Thing)
        return exchange.ok(thing.model_dump(), 201)

    async def maybe(exchange):
        return exchange.ok((await exchange.body(Anything, optional=True)).model_dump())

    class Anything(ApiModel):
        mode: str = "LIVE"

    return await serve([Route("POST", THINGS, create), Route("POST", "/maybe", maybe)], body_limit_bytes=100_000)


def raising(error):
    async def handler(_):
        raise error

    return handler


@pytest.mark.spec("ERROR-404", "ERROR-CODE", "ERROR-MESSAGE", "ERROR-META")
async def test_an_error_has_the_seeds_form_and_the_problem_members_beside_it(serve):
    client = await serve([Route("GET", THINGS, raising(ApiError.not_found("Thing 7")))])
    answer = await client.get(THINGS, headers={"X-Request-ID": "req-1"})
    body = await answer.json()
    assert answer.status == 404
    assert body["error"] == {"code": "NOT_FOUND", "message": "Thing 7 not found"}
    assert body["meta"] == {"requestId": "req-1", "timestamp": "2024-12-03T10:00:00Z"}
    assert (body["status"], body["detail"], body["instance"]) == (404, "Thing 7 not found", THINGS)


@pytest.mark.parametrize(
    ("status", "title"),
    [(404, "Not Found"), (409, "Conflict"), (415, "Unsupported Media Type"), (503, "Service Unavailable")],
)
async def test_the_problem_is_titled_by_its_status(serve, status, title):
    client = await serve([Route("GET", THINGS, raising(ApiError(ErrorCode.CONFLICT, status=status)))])
    body = await (await client.get(THINGS)).json()
    assert (body["type"], body["title"], body["status"]) == ("about:blank", title, status)


async def test_the_problems_instance_is_a_uri_reference(client):
    path = "/api/v1/rim:entity:finance:EURUSD/with%20blank%22"
    answer = await client.get(URL(path, encoded=True))
    assert (await answer.json())["instance"] == path


@pytest.mark.spec("ERROR-CODE", "ERROR-MESSAGE")
@pytest.mark.parametrize("dialect", ["envelope", "bare", "page"])
async def test_errors_look_the_same_in_every_dialect(serve, dialect):
    client = await serve([Route("GET", THINGS, raising(ApiError(ErrorCode.FORBIDDEN)))], dialect=dialect)
    body = await (await client.get(THINGS)).json()
    assert body["error"] == {"code": "FORBIDDEN", "message": "Insufficient permissions"}


@pytest.mark.spec("ERROR-503")
@pytest.mark.parametrize("error", [UpstreamUnavailable("Kafka is away"), StoreFailed("disk full")])
async def test_what_is_away_for_now_is_a_503(serve, error):
    client = await serve([Route("GET", THINGS, raising(error))])
    answer = await client.get(THINGS)
    assert answer.status == 503
    assert (await answer.json())["error"] == {
        "code": "SERVICE_UNAVAILABLE",
        "message": "Service temporarily unavailable",
    }


async def test_aiohttps_own_refusals_are_put_in_the_seeds_words(serve):
    client = await serve(
        [Route("GET", THINGS, raising(web.HTTPConflict())), Route("GET", "/gone", raising(web.HTTPGone()))]
    )
    assert (await (await client.get(THINGS)).json())["error"]["code"] == "CONFLICT"
    answer = await client.get("/gone")
    assert answer.status == 410
    assert (await answer.json())["error"]["code"] == "VALIDATION_ERROR"


async def test_a_wrong_method_is_a_405_that_says_which_are_right(client):
    answer = await client.delete(THINGS)
    assert answer.status == 405
    assert answer.headers["Allow"] == "GET, HEAD, POST"
    assert (await answer.json())["status"] == 405


async def test_a_wrong_method_does_not_fall_through_to_a_wider_pattern(serve, echo):
    client = await serve([Route("GET", f"{THINGS}/{{id}}", echo), Route("POST", f"{THINGS}/batch", echo)])
    answer = await client.get(f"{THINGS}/batch")
    assert (answer.status, answer.headers["Allow"]) == (405, "POST")
    assert (await client.get(f"{THINGS}/other")).status == 200


@pytest.mark.parametrize(
    ("path", "url"),
    [
        ("/api/v1/plans/plan_123", "http://127.0.0.1:8080/api/v1/plans/plan_123"),
        ("/ws/plans/plan_123", "http://127.0.0.1:8080/ws/plans/plan_123"),
        ("/api/v1/world-state", "http://127.0.0.1:8082/api/v1/world-state"),
    ],
)
async def test_a_stray_path_is_shown_the_way(client, path, url):
    answer = await client.get(path)
    assert answer.status == 404
    assert url in (await answer.json())["error"]["message"]


async def test_a_stray_path_is_shown_the_url_that_clients_reach_rather_than_the_services_own_one(serve):
    client = await serve([], public_urls={"plato": "http://sandbox.lan:18080"})
    body = await (await client.get("/api/v1/plans/plan_123")).json()
    assert body["error"]["message"].endswith("use http://sandbox.lan:18080/api/v1/plans/plan_123")


async def test_a_stray_path_without_a_known_url_still_names_its_service(client):
    body = await (await client.get("/subjects/x/versions")).json()
    assert body["error"]["message"] == "/subjects/x/versions is served by schema-registry, not by capsule"


async def test_an_own_path_that_does_not_exist_is_a_plain_404(client):
    body = await (await client.get("/api/v1/capsules")).json()
    assert body["error"] == {"code": "NOT_FOUND", "message": "Nothing is at /api/v1/capsules"}


async def test_a_body_is_read_by_its_model(things):
    answer = await things.post(THINGS, json={"name": "a", "colour": "blue"})
    assert answer.status == 201
    assert (await answer.json())["data"] == {"name": "a", "size": 1}


@pytest.mark.spec("HEADER-CONTENT-TYPE")
@pytest.mark.parametrize("kind", ["application/json; charset=utf-8", "application/vnd.api+json"])
async def test_json_may_be_announced_in_several_ways(things, kind):
    assert (await things.post(THINGS, data=b'{"name": "a"}', headers={"Content-Type": kind})).status == 201


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        (b"", "line 1 column 1"),
        (b"{", "line 1 column 2"),
        (b'{"name": \n nope}', "line 2 column 2"),
        (b'{"name": "\xff"}', "not UTF-8"),
        (b'{"name": "\\ud800"}', "not UTF-8"),
        (b'{"size": NaN}', "NaN is not a number"),
        (b'{"size": Infinity}', "Infinity is not a number"),
        (b'{"size": 1e999}', "1e999 is out of range"),
        (b"[" * 90_000, "nested too deeply"),
    ],
)
async def test_malformed_json_is_a_400_that_says_where(things, raw, said):
    answer = await things.post(THINGS, data=raw, headers=JSON)
    error = (await answer.json())["error"]
    assert answer.status == 400
    assert (error["code"], error["message"], error["details"][0]["field"]) == (
        "VALIDATION_ERROR",
        "Malformed JSON",
        "body",
    )
    assert said in error["details"][0]["message"]


@pytest.mark.parametrize("raw", [b"[]", b'"text"', b"null", b"3"])
async def test_a_body_that_is_no_object_is_a_400(things, raw):
    answer = await things.post(THINGS, data=raw, headers=JSON)
    assert answer.status == 400
    assert (await answer.json())["error"]["details"] == [{"field": "body", "message": "must be a JSON object"}]


async def test_a_whole_number_may_be_written_with_a_point(things):
    answer = await things.post(THINGS, json={"name": "a", "size": 60.0})
    assert (await answer.json())["data"]["size"] == 60


@pytest.mark.spec("HEADER-CONTENT-TYPE")
async def test_another_content_type_is_a_415(things):
    answer = await things.post(THINGS, data=b"name=a", headers={"Content-Type": "application/x-www-form-urlencoded"})
    assert answer.status == 415
    assert answer.headers["Accept"] == "application/json"
    assert (await answer.json())["status"] == 415


async def test_a_body_past_the_limit_is_a_413(things):
    answer = await things.post(THINGS, json={"name": "x" * 200_000})
    assert answer.status == 413
    assert (await answer.json())["error"]["code"] == "VALIDATION_ERROR"


async def test_where_a_body_is_optional_none_is_as_good_as_an_empty_one(things):
    assert (await (await things.post("/maybe")).json())["data"] == {"mode": "LIVE"}
    assert (await (await things.post("/maybe", json={"mode": "DRY_RUN"})).json())["data"] == {"mode": "DRY_RUN"}


@pytest.mark.spec("ERROR-DETAILS")
@pytest.mark.parametrize(
    ("body", "details"),
    [
        ({}, {"name": "is required"}),
        ({"name": 3, "size": "many"}, {"name": "must be a string", "size": "must be an integer"}),
        ({"name": "a", "size": 1.5}, {"size": "must be an integer"}),
        ({"name": "a", "size": "1"}, {"size": "must be an integer"}),
        ({"name": "a", "size": True}, {"size": "must be an integer"}),
    ],
)
async def test_every_invalid_field_is_named(things, body, details):
    error = (await (await things.post(THINGS, json=body)).json())["error"]
    assert {each["field"]: each["message"] for each in error["details"]} == details


async def test_a_body_that_is_not_encoded_as_it_says_is_a_400(things):
    answer = await things.post(THINGS, data=b"xx", headers={**JSON, "Content-Encoding": "gzip"})
    assert answer.status == 400
    assert (await answer.json())["error"]["details"] == [
        {"field": "body", "message": "is not whole, or not in Content-Encoding gzip"}
    ]
