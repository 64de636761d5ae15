import base64

import pytest

from sandbox.registry.auth import BasicAuth

R1 = '{"type":"record","name":"R","fields":[]}'
BODY = '{"schema":"\\"int\\""}'
V1 = "application/vnd.schemaregistry.v1+json"


@pytest.mark.parametrize(
    "content_type",
    [
        V1,
        "application/vnd.schemaregistry+json",
        "application/json",
        "application/octet-stream",
        "application/json; charset=utf-8",
        "Application/JSON;charset=UTF-8",
    ],
)
async def test_bodies_of_these_types_are_read(api, content_type):
    status, _ = await api.call("POST", "/subjects/s/versions", data=BODY, headers={"Content-Type": content_type})
    assert status == 200


@pytest.mark.parametrize("content_type", ["text/plain", "application/xml", "application/x-www-form-urlencoded"])
async def test_bodies_of_other_types_are_415(api, log, content_type):
    for method, path in (("POST", "/subjects/s/versions"), ("POST", "/subjects/s"), ("PUT", "/config")):
        answer = await api.call(method, path, data=BODY, headers={"Content-Type": content_type})
        assert answer == (415, {"error_code": 415, "message": "HTTP 415 Unsupported Media Type"})
    assert log.records == []


@pytest.mark.parametrize(
    ("accept", "answered"),
    [
        (None, V1),
        ("*/*", V1),
        ("application/*", V1),
        (V1, V1),
        ("application/json", "application/json"),
        ("application/vnd.schemaregistry+json", "application/vnd.schemaregistry+json"),
        (f"{V1}, application/vnd.schemaregistry+json, application/json", V1),
        (f"{V1};q=0.5, application/json", "application/json"),
        ("text/html, application/json;q=0.9, */*;q=0.8", "application/json"),
        ("text/html, */*;q=0.1", V1),
    ],
)
async def test_the_answer_is_of_the_type_that_is_wanted_most(api, accept, answered):
    headers = {"Accept": accept} if accept else {}
    async with api.client.get("/subjects", headers=headers, skip_auto_headers=["Accept"]) as response:
        assert (response.status, response.headers["Content-Type"]) == (200, answered)


async def test_a_type_that_is_not_served_is_406(api):
    for accept in ("text/html", "application/xml", f"{V1};q=0"):
        answer = await api.get("/subjects", headers={"Accept": accept})
        assert answer == (406, {"error_code": 406, "message": "HTTP 406 Not Acceptable"})


async def test_an_unknown_path_is_404_whatever_is_accepted(api):
    assert (await api.get("/nope", headers={"Accept": "text/html"}))[0] == 404


async def test_a_method_that_is_not_served_is_405_and_says_which_are(api):
    async with api.client.patch("/subjects/s/versions") as response:
        assert (await response.json(content_type=None))["error_code"] == response.status == 405
        assert response.headers["Allow"] == "GET,HEAD,POST"


async def test_what_can_be_got_can_be_asked_for_without_its_body(api):
    async with api.client.head("/subjects") as response:
        assert (response.status, response.headers["Content-Length"], await response.read()) == (200, "2", b"")


async def test_a_slash_at_the_end_makes_no_difference(api):
    assert await api.post("/subjects/s/versions/", {"schema": R1}) == (200, {"id": 1})
    for path in ("/subjects", "/subjects/s/versions/1", "/schemas/ids/1", "/config", "/contexts/.dev/subjects"):
        assert await api.get(f"{path}/") == await api.get(path)


async def test_errors_are_of_the_wanted_type_too(api):
    async with api.client.get("/subjects/none/versions", headers={"Accept": "application/json"}) as response:
        assert (response.status, response.headers["Content-Type"]) == (404, "application/json")


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ("{", 400, 400),
        ("", 400, 400),
        ("null", 400, 400),
        ("[]", 400, 400),
        ('"text"', 400, 400),
        ("[" * 100_000, 400, 400),
        ("\xff", 400, 400),
        ('{"schema":{"type":"int"}}', 400, 400),
        ('{"schema":"\\"int\\"","references":{}}', 400, 400),
        ('{"schema":"\\"int\\"","references":[{"name":"x"}]}', 400, 400),
        ("{}", 422, 42201),
        ('{"schema":null}', 422, 42201),
        ('{"schema":""}', 422, 42201),
        ('{"schema":"   "}', 422, 42201),
        ('{"schema":"{"}', 422, 42201),
        ('{"schema":"\\"int\\"","schemaType":"XML"}', 422, 42201),
        ('{"schema":"\\"int\\"","strange":1}', 200, None),
        ('{"schema":"\\"int\\"","references":[],"metadata":null,"ruleSet":null,"schemaType":null}', 200, None),
    ],
)
async def test_bodies_that_cannot_be_used_are_told_apart(api, log, body, status, code):
    data = body.encode("latin-1")
    headers = {"Content-Type": "application/json"}
    answered, answer = await api.call("POST", "/subjects/s/versions", data=data, headers=headers)
    assert (answered, answer.get("error_code")) == (status, code)
    assert bool(log.records) is (status == 200)


async def test_an_empty_first_schema_says_so(api):
    assert await api.post("/subjects/s/versions", {}) == (422, {"error_code": 42201, "message": "Empty schema"})


@pytest.mark.parametrize(
    "path",
    [
        "/nothing",
        "/subjects/s/nothing",
        "/associations/resources/-/orders?resourceType=topic&associationType=value",
        "/dek-registry/v1/keks",
        "/exporters",
    ],
)
async def test_unknown_paths_are_a_plain_404(api, path):
    assert await api.get(path) == (404, {"error_code": 404, "message": "HTTP 404 Not Found"})


async def test_a_method_that_a_path_does_not_have_is_405(api):
    assert await api.put("/subjects", {}) == (405, {"error_code": 405, "message": "HTTP 405 Method Not Allowed"})


async def test_the_root_says_that_it_is_alive(api):
    assert await api.get("/") == (200, {})
    assert await api.post("/", {}) == (200, {})
    assert (await api.get("/v1/metadata/id"))[1]["scope"]["clusters"]["schema-registry-cluster"] == "schema-registry"
    assert "version" in (await api.get("/v1/metadata/version"))[1]
    assert await api.get("/v1/metadata/deployment") == (200, {"attributes": []})


@pytest.mark.parametrize(
    ("path", "url"),
    [
        ("/api/v1/capsules?scopeId=x", "http://127.0.0.1:8083/api/v1/capsules"),
        ("/api/v1/history/rim:entity:finance:EURUSD", "http://127.0.0.1:8083/api/v1/history/rim:entity:finance:EURUSD"),
        ("/api/v1/plans/plan_1/execute", "http://127.0.0.1:8080/api/v1/plans/plan_1/execute"),
        ("/api/v1/world-state", "http://127.0.0.1:8082/api/v1/world-state"),
        ("/api/v1/unheard-of", "http://127.0.0.1:8083/api/v1/unheard-of"),
        ("/ws/plans/plan_123", "http://127.0.0.1:8080/ws/plans/plan_123"),
    ],
)
async def test_a_request_that_meant_another_service_is_told_where_that_is(start, path, url):
    urls = {"capsule": "http://127.0.0.1:8083", "plato": "http://127.0.0.1:8080/", "odyssey": "http://127.0.0.1:8082"}
    api = await start(urls=urls)
    status, answer = await api.get(path)
    assert (status, answer["error_code"]) == (404, 404)
    assert url in answer["message"]


def basic(user, password):
    return {"Authorization": "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()}


async def test_without_users_any_credential_is_let_in(api):
    assert (await api.get("/subjects", headers=basic("who", "ever")))[0] == 200


async def test_basic_authentication_lets_in_who_knows_the_password(start):
    api = await start(auth=BasicAuth({"alice": "s3:cret", "böb": "é"}))
    assert (await api.get("/subjects", headers=basic("alice", "s3:cret")))[0] == 200
    assert (await api.get("/subjects", headers=basic("böb", "é")))[0] == 200
    refused = [
        {},
        basic("alice", "wrong"),
        basic("alice", ""),
        basic("mallory", "s3:cret"),
        basic("mallory", ""),
        {"Authorization": "Basic !!!"},
        {"Authorization": "Basic /w=="},
        {"Authorization": "Bearer token"},
        {"Authorization": ""},
    ]
    for headers in refused:
        async with api.client.get("/subjects", headers=headers) as response:
            assert response.status == 401
            assert response.headers["WWW-Authenticate"] == 'Basic realm="schema-registry"'
            assert await response.json(content_type=None) == {"error_code": 401, "message": "Unauthorized"}
