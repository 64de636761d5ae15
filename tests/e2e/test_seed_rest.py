"""The seed's URLs, headers and envelopes on a running sandbox, as any HTTP client sees them."""

from __future__ import annotations

import json
import re
import urllib.error
import urllib.request
from dataclasses import dataclass
from typing import Any

import pytest

pytestmark = pytest.mark.e2e

SCOPE = "rim:entity:finance:SEEDREST"
INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{3})?Z")


@dataclass
class Answer:
    status: int
    headers: dict[str, str]
    body: Any


def call(url: str, method: str = "GET", body: Any = None, **headers: str) -> Answer:
    data = None if body is None else json.dumps(body).encode()
    wanted = {"Accept": "application/json", "Content-Type": "application/json", **headers}
    request = urllib.request.Request(url, data=data, headers=wanted, method=method)
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return Answer(answer.status, dict(answer.headers), json.loads(answer.read() or b"null"))
    except urllib.error.HTTPError as error:
        return Answer(error.code, dict(error.headers), json.loads(error.read()))


@pytest.fixture(scope="module")
def ends(shared: tuple[Any, dict[str, Any]]) -> dict[str, str]:
    return shared[1]["endpoints"]


@pytest.fixture(scope="module")
def capsules(ends: dict[str, str]) -> list[dict[str, Any]]:
    """Three capsules of one entity, a minute apart."""
    made = []
    for minute in range(3):
        capsule = {
            "scopeId": SCOPE,
            "timestamp": f"2024-12-03T10:0{minute}:00Z",
            "content": {"dynamics": {"n": minute}},
        }
        answer = call(f"{ends['capsule']}/api/v1/capsules", "POST", capsule)
        assert answer.status == 201, answer
        made.append(answer.body["data"])
    return made


@pytest.mark.spec("REST-CAPSULES-LIST", "REST-PARAM-SCOPE", "REST-PARAM-FROM", "REST-PARAM-TO")
def test_capsules_are_listed_by_scope_from_and_to(ends: dict[str, str], capsules: list[dict[str, Any]]) -> None:
    url = f"{ends['capsule']}/api/v1/capsules"
    listed = call(f"{url}?scopeId={SCOPE}&from=2024-12-03T10:01:00Z&to=2024-12-03T10:02:00Z").body
    assert listed["data"] == [capsules[2], capsules[1]]
    assert call(f"{url}?scopeId={SCOPE}&from=1733220060000&to=1733220060000").body["data"] == [capsules[1]]
    assert call(url).body["meta"]["pagination"]["totalElements"] > 3, "those of others too"


@pytest.mark.spec("REST-CAPSULES-CREATE", "REST-CAPSULES-GET", "REST-CAPSULES-DELETE", "REST-CRUD", "ERROR-404")
def test_a_capsule_is_created_got_and_deleted(ends: dict[str, str]) -> None:
    url = f"{ends['capsule']}/api/v1/capsules"
    created = call(url, "POST", {"scopeId": "rim:entity:finance:SEEDCRUD", "timestamp": "2024-12-03T10:00:00Z"})
    one = f"{url}/{created.body['data']['id']}"
    assert (created.status, call(one).body["data"]) == (201, created.body["data"])
    assert (call(one, "DELETE").status, call(one).status) == (204, 404)
    assert call(one).body["error"]["code"] == "NOT_FOUND"


@pytest.mark.spec("REST-HISTORY-QUERY", "REST-HISTORY-ENTITY")
def test_history_is_queried_and_got_for_an_entity(ends: dict[str, str], capsules: list[dict[str, Any]]) -> None:
    newest_first = [capsules[2], capsules[1], capsules[0]]
    assert call(f"{ends['capsule']}/api/v1/history?scopeId={SCOPE}").body["data"] == newest_first
    assert call(f"{ends['capsule']}/api/v1/history/{SCOPE}").body["data"] == newest_first


@pytest.mark.spec("REST-SPEC-ARTIFACTS", "REST-PLAN-EXECUTE")
def test_a_plan_is_executed_and_its_specs_artifacts_are_listed(ends: dict[str, str], wait_for: Any) -> None:
    plans = f"{ends['plato']}/api/v1/plans"
    plan = call(plans, "POST", {"name": "Look after SEEDREST", "specId": "spec_reflex"}).body["data"]
    assert call(f"{plans}/{plan['id']}/execute", "POST").status == 202
    url = f"{ends['plato']}/api/v1/specs/spec_reflex/artifacts"
    wait_for(lambda: plan["id"] in [each["planId"] for each in call(url).body["data"]])


@pytest.mark.spec("REST-EVENTS", "REST-PARAM-PAGE", "REST-PARAM-SIZE", "REST-PARAM-SORT")
@pytest.mark.parametrize("service", ["capsule", "odyssey", "plato"])
def test_each_service_lists_its_events_as_the_seed_asks(ends: dict[str, str], service: str) -> None:
    answer = call(f"{ends[service]}/api/v1/events?page=0&size=20&sort=timestamp,desc")
    times = [each["timestamp"] for each in answer.body["data"]]
    assert (answer.status, times) == (200, sorted(times, reverse=True))
    assert (answer.body["meta"]["pagination"]["page"], answer.body["meta"]["pagination"]["size"]) == (0, 20)


@pytest.mark.spec("HEADER-REQUEST-ID", "HEADER-CORRELATION-ID", "HEADER-ACCEPT", "TRACE-RESPONSE")
@pytest.mark.spec("ENVELOPE-DATA", "ENVELOPE-REQUEST-ID", "ENVELOPE-TIMESTAMP", "ENVELOPE-TOTAL-PAGES")
@pytest.mark.parametrize(
    ("service", "path"),
    [("capsule", "/capsules"), ("odyssey", "/entities"), ("plato", "/plans")],
    ids=lambda each: each,
)
def test_headers_and_envelope_are_the_seeds(ends: dict[str, str], service: str, path: str) -> None:
    ids = {"X-Request-ID": "req-abc123", "X-Correlation-ID": "trace-xyz789"}
    answer = call(f"{ends[service]}/api/v1{path}?page=0&size=1", **ids)
    assert answer.headers["Content-Type"].startswith("application/json")
    assert {name: answer.headers[name] for name in ids} == ids
    assert answer.body.keys() == {"data", "meta"}
    meta = answer.body["meta"]
    assert meta["requestId"] == "req-abc123"
    assert INSTANT.fullmatch(meta["timestamp"])
    total = meta["pagination"]["totalElements"]
    assert len(answer.body["data"]) == 1
    assert meta["pagination"] == {"page": 0, "size": 1, "totalElements": total, "totalPages": total}


@pytest.mark.spec("ERROR-CODE", "ERROR-MESSAGE", "ERROR-DETAILS", "ERROR-META", "ERROR-NODE-ID", "ERROR-400")
def test_a_wrong_scope_is_refused_in_the_seeds_words(ends: dict[str, str]) -> None:
    answer = call(f"{ends['capsule']}/api/v1/capsules?scopeId=EURUSD", **{"X-Request-ID": "req-abc123"})
    assert answer.status == 400
    assert answer.body["error"] == {
        "code": "VALIDATION_ERROR",
        "message": "Invalid request parameters",
        "details": [{"field": "scopeId", "message": "must match pattern rim:{nodeType}:{namespace}:{localId}"}],
    }
    assert answer.body["meta"]["requestId"] == "req-abc123"
    assert INSTANT.fullmatch(answer.body["meta"]["timestamp"])


@pytest.mark.spec("ERROR-409")
def test_a_duplicate_is_a_conflict(ends: dict[str, str], capsules: list[dict[str, Any]]) -> None:
    again = {"scopeId": SCOPE, "timestamp": capsules[0]["timestamp"]}
    answer = call(f"{ends['capsule']}/api/v1/capsules", "POST", again)
    assert (answer.status, answer.body["error"]["code"]) == (409, "CONFLICT")


@pytest.mark.spec("REST-OPENAPI")
@pytest.mark.parametrize("service", ["capsule", "odyssey", "plato"])
def test_every_seed_url_of_a_service_is_in_its_openapi_document(ends: dict[str, str], service: str) -> None:
    urls = {
        "capsule": {
            "/api/v1/capsules": {"get", "post"}, "/api/v1/capsules/{id}": {"get", "delete"},
            "/api/v1/history": {"get"}, "/api/v1/history/{scopeId}": {"get"},
        },
        "odyssey": {"/api/v1/events": {"get"}},
        "plato": {"/api/v1/specs/{id}/artifacts": {"get"}, "/api/v1/plans/{id}/execute": {"post"}},
    }[service]  # fmt: skip
    document = call(f"{ends[service]}/v3/api-docs").body
    assert document["openapi"] == "3.1.0"
    for path, methods in urls.items():
        assert methods <= document["paths"][path].keys(), path
