"""The OpenAPI document and the page that shows it."""

from __future__ import annotations

import json

import pytest

from sandbox.services.http import ApiModel, Instant, PageQuery, Route, ScopeId

THINGS = "/api/v1/things"


class Part(ApiModel):
    name: str


class Thing(ApiModel):
    scope_id: ScopeId
    parts: list[Part]


class ThingQuery(PageQuery):
    sortable = ("name", "size")

    scope_id: ScopeId | None = None
    from_: Instant


class ThingBody(ApiModel):
    name: str
    size: int | None = None


@pytest.fixture
def routes(echo):
    return [
        Route("GET", THINGS, echo, "read:things", Thing, ThingQuery, many=True, summary="List things"),
        Route("POST", THINGS, echo, "write:things", Thing, body=ThingBody, status=201),
        Route("GET", f"{THINGS}/{{scopeId:path}}", echo, response_model=Thing),
        Route("DELETE", f"{THINGS}/{{scopeId:path}}", echo, status=204),
        Route("GET", "/ws/plans/{id}", echo),
        Route("GET", "/secret", echo, hidden=True),
    ]


@pytest.fixture
def document(serve, routes):
    async def document(**options):
        client = await serve(routes, **options)
        answer = await client.get("/v3/api-docs")
        assert answer.status == 200
        return await answer.json()

    return document


def success(document, method="get", path=THINGS, status="200"):
    return document["paths"][path][method]["responses"][status]["content"]["application/json"]["schema"]


@pytest.mark.spec("REST-OPENAPI")
async def test_every_route_that_is_not_hidden_is_described(document):
    described = await document()
    assert described["openapi"] == "3.1.0"
    assert described["info"]["title"] == "CAPSULE"
    operations = {(method, path) for path, methods in described["paths"].items() for method in methods}
    assert operations == {
        ("get", THINGS),
        ("post", THINGS),
        ("get", f"{THINGS}/{{scopeId}}"),
        ("delete", f"{THINGS}/{{scopeId}}"),
        ("get", "/api/v1/admin/rate-limits"),
        ("put", "/api/v1/admin/rate-limits"),
    }
    ids = [each["operationId"] for methods in described["paths"].values() for each in methods.values()]
    assert len(ids) == len(set(ids))


async def test_every_reference_leads_somewhere(document):
    described = await document()
    text = json.dumps(described)
    references = {part.split('"')[0] for part in text.split('"$ref": "')[1:]}
    assert "#/components/schemas/Thing" in references
    for reference in references:
        place = described
        for part in reference.removeprefix("#/").split("/"):
            place = place[part]


async def test_query_parameters_come_from_the_model(document):
    operation = (await document())["paths"][THINGS]["get"]
    parameters = {each["name"]: each for each in operation["parameters"]}
    assert parameters["size"]["schema"] == {"type": "integer", "default": 20, "minimum": 1, "maximum": 200}
    assert parameters["sort"]["schema"]["pattern"] == "^(name|size)(,(asc|desc))?$"
    assert parameters["scopeId"]["schema"]["type"] == "string"
    assert (parameters["from"]["required"], parameters["scopeId"]["required"]) == (True, False)
    assert (operation["summary"], operation["description"]) == ("List things", "Scope `read:things`.")


async def test_bodies_are_required_where_they_have_required_members(document):
    described = await document()
    body = described["paths"][THINGS]["post"]["requestBody"]
    assert body["required"] is True
    assert body["content"]["application/json"]["schema"] == {"$ref": "#/components/schemas/ThingBody"}
    assert described["paths"]["/api/v1/admin/rate-limits"]["put"]["requestBody"]["required"] is False


async def test_answers_are_described_in_the_services_dialect(document):
    item = {"$ref": "#/components/schemas/Thing"}
    many = {"type": "array", "items": item}
    envelope = await document()
    assert success(envelope)["properties"]["data"] == many
    assert success(envelope, "post", status="201")["properties"]["data"] == item
    assert success(await document(dialect="bare")) == many
    page = await document(dialect="page")
    assert success(page)["properties"]["content"] == many
    assert success(page, "post", status="201") == item


async def test_errors_are_described_once_with_the_seeds_codes(document):
    described = await document()
    answers = described["paths"][THINGS]["post"]["responses"]
    assert {"400", "401", "403", "404", "405", "409", "413", "415", "429", "500", "503"} <= set(answers)
    codes = described["components"]["schemas"]["Error"]["properties"]["error"]["properties"]["code"]["enum"]
    assert "RATE_LIMITED" in codes
    assert described["components"]["responses"]["409"]["description"] == "Resource conflict (duplicate)"


@pytest.mark.parametrize(
    ("auth", "expected"),
    [
        ("optional", [{}, {"bearer": []}, {"apiKey": []}]),
        ("required", [{"bearer": []}, {"apiKey": []}]),
        ("off", []),
    ],
)
async def test_credentials_are_described_as_the_mode_wants_them(document, auth, expected):
    assert (await document(auth=auth))["security"] == expected


async def test_swagger_ui_is_served_without_a_network(serve, routes):
    client = await serve(routes, auth="required")
    page = await client.get("/swagger-ui.html")
    text = await page.text()
    assert page.content_type == "text/html"
    assert '"/v3/api-docs"' in text
    assert "://" not in text, "nothing is fetched from elsewhere"
    for file, kind in (("swagger-ui-bundle.js", "text/javascript"), ("swagger-ui.css", "text/css")):
        assert f"/swagger-ui/{file}" in text
        asset = await client.get(f"/swagger-ui/{file}")
        assert (asset.status, asset.content_type) == (200, kind)
        assert len(await asset.read()) > 100_000
    assert (await client.get("/swagger-ui/secret.txt")).status == 404


async def test_an_asset_is_unpacked_for_clients_that_take_no_gzip(serve, routes):
    client = await serve(routes)
    plain = await client.get("/swagger-ui/swagger-ui.css", headers={"Accept-Encoding": "identity"})
    packed = await client.get("/swagger-ui/swagger-ui.css", headers={"Accept-Encoding": "gzip"})
    assert "Content-Encoding" not in plain.headers
    assert packed.headers["Content-Encoding"] == "gzip"
    assert await plain.read() == await packed.read()
