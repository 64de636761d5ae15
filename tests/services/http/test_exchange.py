"""Answers in three dialects, paging, tenants and paths."""

from __future__ import annotations

import pytest
from yarl import URL

from sandbox.contracts.envelope import Pagination
from sandbox.services.http import ApiModel, Instant, PageQuery, Route, ScopeId

THINGS = "/api/v1/things"


class ThingQuery(PageQuery):
    sortable = ("timestamp", "name")

    scope_id: ScopeId | None = None
    from_: Instant | None = None


@pytest.fixture
def listing():
    async def listing(exchange):
        query = exchange.query(ThingQuery)
        return exchange.page([{"n": 1}, {"n": 2}], Pagination(query.page, query.size, 45))

    return listing


@pytest.fixture
def one():
    async def one(exchange):
        return exchange.ok({"n": 1}, 201, meta={"degraded": True}, headers={"Location": "/x"})

    return one


@pytest.mark.spec(
    "ENVELOPE-DATA",
    "ENVELOPE-PAGE",
    "ENVELOPE-REQUEST-ID",
    "ENVELOPE-SIZE",
    "ENVELOPE-TIMESTAMP",
    "ENVELOPE-TOTAL-ELEMENTS",
    "ENVELOPE-TOTAL-PAGES",
)
async def test_the_envelope_has_data_and_meta(serve, listing, one):
    client = await serve([Route("GET", THINGS, listing), Route("GET", f"{THINGS}/one", one)])
    body = await (await client.get(THINGS, headers={"X-Request-ID": 'req-"1"'})).json()
    assert body == {
        "data": [{"n": 1}, {"n": 2}],
        "meta": {
            "requestId": 'req-"1"',
            "timestamp": "2024-12-03T10:00:00Z",
            "pagination": {"page": 0, "size": 20, "totalElements": 45, "totalPages": 3},
        },
    }
    answer = await client.get(f"{THINGS}/one")
    assert (answer.status, answer.headers["Location"]) == (201, "/x")
    body = await answer.json()
    assert body["data"] == {"n": 1}
    assert body["meta"]["degraded"] is True


@pytest.mark.spec("HEADER-ACCEPT")
@pytest.mark.parametrize("path", [f"{THINGS}/one", "/nowhere"])
async def test_who_accepts_json_gets_json(serve, one, path):
    client = await serve([Route("GET", f"{THINGS}/one", one)])
    answer = await client.get(path, headers={"Accept": "application/json"})
    assert answer.content_type == "application/json"
    assert isinstance(await answer.json(), dict)


async def test_the_bare_dialect_has_the_data_alone(serve, listing, one):
    client = await serve([Route("GET", THINGS, listing), Route("GET", f"{THINGS}/one", one)], dialect="bare")
    answer = await client.get(THINGS)
    assert await answer.json() == [{"n": 1}, {"n": 2}]
    assert answer.headers["X-Total-Count"] == "45"
    assert await (await client.get(f"{THINGS}/one")).json() == {"n": 1}


async def test_the_page_dialect_is_springs_page(serve, listing, one):
    client = await serve([Route("GET", THINGS, listing), Route("GET", f"{THINGS}/one", one)], dialect="page")
    assert await (await client.get(f"{THINGS}?page=1&size=10")).json() == {
        "content": [{"n": 1}, {"n": 2}],
        "totalElements": 45,
        "totalPages": 5,
        "number": 1,
        "size": 10,
    }
    assert await (await client.get(f"{THINGS}/one")).json() == {"n": 1}


async def test_a_request_may_choose_its_dialect(serve, listing):
    client = await serve([Route("GET", THINGS, listing)])
    assert await (await client.get(THINGS, headers={"X-Sandbox-Dialect": "bare"})).json() == [{"n": 1}, {"n": 2}]
    answer = await client.get(THINGS, headers={"X-Sandbox-Dialect": "klingon"})
    assert answer.status == 400
    assert (await answer.json())["error"]["details"] == [
        {"field": "X-Sandbox-Dialect", "message": "must be one of envelope, bare, page"}
    ]


@pytest.mark.spec("ERROR-DETAILS", "ERROR-NODE-ID")
@pytest.mark.parametrize(
    ("query", "field", "message"),
    [
        ("page=-1", "page", "must be at least 0"),
        ("page=99999999999", "page", "must be at most 2147483647"),
        ("size=0", "size", "must be at least 1"),
        ("size=201", "size", "must be at most 200"),
        ("size=two", "size", "must be an integer"),
        ("sort=colour", "sort", "must be {field},asc|desc with field one of timestamp, name"),
        ("sort=name,up", "sort", "must be {field},asc|desc with field one of timestamp, name"),
        ("scopeId=x", "scopeId", "must match pattern rim:{nodeType}:{namespace}:{localId}"),
        ("from=noon", "from", "must be an ISO-8601 instant or epoch milliseconds"),
        ("from=99999999999999999", "from", "must be an ISO-8601 instant or epoch milliseconds"),
        ("from=9999999999999999", "from", "must be an ISO-8601 instant or epoch milliseconds"),
    ],
)
async def test_a_bad_parameter_is_named_with_what_it_must_be(serve, listing, query, field, message):
    client = await serve([Route("GET", THINGS, listing)])
    answer = await client.get(f"{THINGS}?{query}")
    assert answer.status == 400
    assert (await answer.json())["error"]["details"] == [{"field": field, "message": message}]


async def test_all_bad_parameters_are_named_at_once_and_unknown_ones_ignored(serve, listing):
    client = await serve([Route("GET", THINGS, listing)])
    answer = await client.get(f"{THINGS}?page=-1&size=0&sort=x&scopeId=y&colour=blue")
    fields = [each["field"] for each in (await answer.json())["error"]["details"]]
    assert fields == ["page", "size", "sort", "scopeId"]


@pytest.mark.spec("REST-PARAM-SORT")
@pytest.mark.parametrize(
    ("sort", "order"), [(None, ("timestamp", True)), ("name", ("name", False)), ("name,DESC", ("name", True))]
)
def test_an_order_is_a_field_and_a_direction(sort, order):
    assert ThingQuery(sort=sort).order == order


async def test_a_query_that_was_read_before_is_read_the_same_again(serve, listing):
    client = await serve([Route("GET", THINGS, listing)])
    for number in range(150):
        body = await (await client.get(f"{THINGS}?page={number % 120}")).json()
        assert body["meta"]["pagination"]["page"] == number % 120


async def test_the_tenant_is_named_by_its_header(client):
    assert (await (await client.get(THINGS)).json())["data"]["tenant"] == "default"
    body = await (await client.get(THINGS, headers={"X-Tenant-ID": "lease-7"})).json()
    assert body["data"]["tenant"] == "lease-7"


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/api/v1/history/rim:entity:finance:A/B/latest", ("latest", "rim:entity:finance:A/B")),
        ("/api/v1/history/rim:entity:finance:A/B", ("all", "rim:entity:finance:A/B")),
        ("/api/v1/history/rim%3Aentity%3Afinance%3AA%2FB/latest", ("latest", "rim:entity:finance:A/B")),
        ("/api/v1/history/rim:entity:finance:A%2Flatest", ("all", "rim:entity:finance:A/latest")),
        ("/api/v1/history/fixed", ("fixed", None)),
    ],
)
async def test_ids_with_colons_and_slashes_are_taken_whole(serve, path, expected):
    def answering(name):
        async def handler(exchange):
            return exchange.ok([name, exchange.path.get("scopeId")])

        return handler

    prefix = "/api/v1/history"
    client = await serve(
        [
            Route("GET", f"{prefix}/{{scopeId:path}}", answering("all")),
            Route("GET", f"{prefix}/{{scopeId:path}}/latest", answering("latest")),
            Route("GET", f"{prefix}/fixed", answering("fixed")),
        ]
    )
    body = await (await client.get(URL(path, encoded=True))).json()
    assert tuple(body["data"]) == expected


class Nested(ApiModel):
    items: list[ThingQuery]


async def test_fields_inside_lists_are_named_by_their_place(serve):
    async def handler(exchange):
        await exchange.body(Nested)

    client = await serve([Route("POST", THINGS, handler)])
    answer = await client.post(THINGS, json={"items": [{}, {"scopeId": 3}, 5]})
    details = (await answer.json())["error"]["details"]
    assert details == [
        {"field": "items[1].scopeId", "message": "must be a string"},
        {"field": "items[2]", "message": "must be an object"},
    ]


@pytest.mark.parametrize("name", ["two words", "ümlaut", "x" * 129])
async def test_a_tenant_that_cannot_be_one_is_refused_and_not_taken_for_the_default(client, name):
    answer = await client.get(THINGS, headers={"X-Tenant-ID": name})
    assert answer.status == 400
    assert (await answer.json())["error"]["details"] == [
        {"field": "X-Tenant-ID", "message": "must be 1 to 128 visible ASCII characters without blanks"}
    ]
    assert (await client.get(THINGS, headers={"X-Tenant-ID": ""})).status == 200
