"""`/api/v1/capsules` and `/api/v1/history` as a client sees them."""

from __future__ import annotations

import json

import pytest

from sandbox.contracts.idempotency import idempotency_key
from sandbox.services.capsule.service import CapsuleService

EURUSD = "rim:entity:finance:EURUSD"
EVENT_MS = 1_733_220_000_000
CAPSULES = "/api/v1/capsules"


def request(minute: int = 0, scope: str = EURUSD, **members):
    return {"scopeId": scope, "timestamp": EVENT_MS + minute * 60_000, **members}


async def create(client, *args, tenant: str | None = None, **members):
    headers = {"X-Tenant-ID": tenant} if tenant else {}
    response = await client.post(CAPSULES, json=request(*args, **members), headers=headers)
    assert response.status == 201, await response.text()
    return (await response.json())["data"]


async def listed(client, path=CAPSULES, **params):
    response = await client.get(path, params=params)
    assert response.status == 200, await response.text()
    return await response.json()


def minutes(body):
    return [int(each["timestamp"][14:16]) for each in body["data"]]


async def invalid(response) -> dict[str, str]:
    assert response.status == 400
    error = (await response.json())["error"]
    assert error["code"] == "VALIDATION_ERROR"
    return {each["field"]: each["message"] for each in error["details"]}


@pytest.mark.spec("REST-CAPSULES-LIST", "REST-QUERY")
async def test_a_fresh_capsule_has_something_to_show(client):
    body = await listed(client)
    assert body["meta"]["pagination"]["totalElements"] == len(body["data"]) > 0
    assert (await client.get(f"{CAPSULES}/{body['data'][0]['capsuleId']}")).status == 200


@pytest.mark.spec("REST-CAPSULES-CREATE", "REST-CAPSULES-GET", "REST-CRUD")
async def test_a_created_capsule_is_found_by_its_id_and_says_where_it_is(client):
    response = await client.post(CAPSULES, json=request(content={"dynamics": {"price": 1.05}}))
    assert response.status == 201
    created = (await response.json())["data"]
    assert created["id"] == created["capsuleId"]
    assert created["capsuleId"].startswith("cap_")
    assert created["idempotencyKey"] == idempotency_key(EURUSD, EVENT_MS, 60, "omniscient")
    assert created["createdAt"] == "2024-12-03T10:00:00Z"
    found = await listed(client, response.headers["Location"])
    assert found["data"] == created


async def test_dimensions_may_stand_at_top_level_and_content_wins(client):
    created = await create(client, dynamics={"price": 1.0}, agency={"who": "SEC"}, content={"dynamics": {"price": 2.0}})
    assert created["content"]["dynamics"] == {"price": 2.0}
    assert created["content"]["agency"] == {"who": "SEC"}
    assert created["content"]["counterfactual"] == {}


async def test_null_and_unknown_members_are_ignored(client):
    created = await create(client, content=None, metadata=None, resolution=None, vantageMode=None, colour="blue")
    assert (created["resolution"], created["vantageMode"], created["metadata"]) == (60, "omniscient", {})
    assert "colour" not in created


@pytest.mark.parametrize("timestamp", ["2024-12-03T10:00:00Z", "2024-12-03T11:00:00+01:00", EVENT_MS, str(EVENT_MS)])
async def test_a_timestamp_is_iso_text_or_epoch_milliseconds(client, timestamp):
    response = await client.post(CAPSULES, json={"scopeId": EURUSD, "timestamp": timestamp})
    assert (await response.json())["data"]["timestamp"] == "2024-12-03T10:00:00Z"


@pytest.mark.spec("ERROR-409")
async def test_the_same_capsule_twice_is_a_conflict_that_carries_id_and_key(client):
    created = await create(client, vantageMode="OBSERVER")
    response = await client.post(CAPSULES, json=request(vantageMode="observer", metadata={"other": True}))
    assert response.status == 409
    error = (await response.json())["error"]
    assert error["code"] == "CONFLICT"
    assert error["details"][0]["existingId"] == created["capsuleId"]
    assert error["details"][0]["idempotencyKey"] == created["idempotencyKey"]


@pytest.mark.spec("ERROR-404", "REST-CAPSULES-DELETE", "REST-CRUD")
async def test_after_its_deletion_a_capsule_may_be_created_again(client):
    created = await create(client)
    assert (await client.delete(f"{CAPSULES}/{created['id']}")).status == 204
    assert (await client.get(f"{CAPSULES}/{created['id']}")).status == 404
    assert (await client.delete(f"{CAPSULES}/{created['id']}")).status == 404
    assert (await listed(client, scopeId=EURUSD))["meta"]["pagination"]["totalElements"] == 0
    await create(client)


async def test_an_event_and_a_post_of_the_same_moment_are_two_capsules(client, handle, delivery):
    await handle(delivery())
    await create(client)
    assert (await listed(client, scopeId=EURUSD))["meta"]["pagination"]["totalElements"] == 2


@pytest.mark.spec("ERROR-400", "ERROR-DETAILS", "ERROR-NODE-ID")
async def test_every_invalid_field_is_named_at_once(client):
    response = await client.post(
        CAPSULES,
        json={"scopeId": "EURUSD", "timestamp": "soon", "resolution": 0, "vantageMode": "psychic", "metadata": [1]},
    )
    found = await invalid(response)
    assert found["scopeId"] == "must match pattern rim:{nodeType}:{namespace}:{localId}"
    assert found["timestamp"] == "must be an ISO-8601 instant or epoch milliseconds"
    assert found["resolution"] == "must be at least 1"
    assert found["vantageMode"] == "must be one of omniscient, observer, system, public"
    assert found["metadata"] == "must be an object"


async def test_missing_fields_are_named_in_the_words_of_the_request(client):
    assert await invalid(await client.post(CAPSULES, json={})) == {
        "scopeId": "is required",
        "timestamp": "is required",
    }


async def test_a_parent_must_exist_in_the_same_tenant(client):
    parent = await create(client, tenant="lease-1")
    response = await client.post(CAPSULES, json=request(1, parentCapsuleId=parent["id"]))
    assert response.status == 404
    assert (await response.json())["error"]["message"] == f"parentCapsuleId {parent['id']} not found"


async def test_a_batch_is_created_as_a_whole(client, publisher):
    response = await client.post(f"{CAPSULES}/batch", json={"capsules": [request(0), request(1)]})
    assert response.status == 201
    assert minutes(await response.json()) == [0, 1]
    assert minutes(await listed(client, scopeId=EURUSD)) == [1, 0]


async def test_a_batch_with_a_duplicate_creates_nothing(client):
    existing = await create(client, 1)
    response = await client.post(f"{CAPSULES}/batch", json={"capsules": [request(0), request(1), request(0)]})
    assert response.status == 409
    details = (await response.json())["error"]["details"]
    assert [each["field"] for each in details] == ["capsules[1].idempotencyKey", "capsules[2].idempotencyKey"]
    assert details[0]["existingId"] == existing["id"]
    assert minutes(await listed(client, scopeId=EURUSD)) == [1]


async def test_a_batch_names_the_invalid_fields_of_every_capsule(client):
    response = await client.post(f"{CAPSULES}/batch", json={"capsules": [request(), {"scopeId": "x"}]})
    assert set(await invalid(response)) == {"capsules[1].scopeId", "capsules[1].timestamp"}


@pytest.mark.spec(
    "REST-CAPSULES-LIST",
    "REST-HISTORY-ENTITY",
    "REST-HISTORY-QUERY",
    "REST-PARAM-FROM",
    "REST-PARAM-SCOPE",
    "REST-PARAM-TO",
)
@pytest.mark.parametrize(
    ("range_", "expected"),
    [
        ({}, [4, 3, 2, 1, 0]),
        ({"from": EVENT_MS + 60_000}, [4, 3, 2, 1]),
        ({"to": "2024-12-03T10:02:00Z"}, [2, 1, 0]),
        ({"from": "2024-12-03T10:01:00Z", "to": EVENT_MS + 3 * 60_000}, [3, 2, 1]),
        ({"from": EVENT_MS + 1, "to": EVENT_MS + 59_999}, []),
        ({"from": EVENT_MS + 60_000, "to": EVENT_MS}, []),
    ],
)
async def test_lists_are_filtered_by_scope_and_time_with_exact_totals(client, range_, expected):
    for minute in range(5):
        await create(client, minute)
    for path, more in ((CAPSULES, {"scopeId": EURUSD}), ("/api/v1/history", {"scopeId": EURUSD})):
        body = await listed(client, path, **more, **range_)
        assert minutes(body) == expected
        assert body["meta"]["pagination"]["totalElements"] == len(expected)
    assert minutes(await listed(client, f"/api/v1/history/{EURUSD}", **range_)) == expected


@pytest.mark.spec(
    "ENVELOPE-PAGE",
    "ENVELOPE-SIZE",
    "ENVELOPE-TOTAL-ELEMENTS",
    "ENVELOPE-TOTAL-PAGES",
    "REST-PARAM-PAGE",
    "REST-PARAM-SIZE",
    "REST-PARAM-SORT",
)
async def test_pages_follow_each_other_without_gaps(client):
    for minute in range(5):
        await create(client, minute)
    pages = [await listed(client, scopeId=EURUSD, page=page, size=2, sort="timestamp,asc") for page in range(4)]
    assert [minutes(page) for page in pages] == [[0, 1], [2, 3], [4], []]
    assert pages[0]["meta"]["pagination"] == {"page": 0, "size": 2, "totalElements": 5, "totalPages": 3}


@pytest.mark.spec("REST-PARAM-SORT")
async def test_lists_may_be_sorted_by_creation_and_limited(client, clock):
    for minute in (2, 0, 1):
        await create(client, minute)
        clock.tick(1)
    assert minutes(await listed(client, scopeId=EURUSD, sort="createdAt,desc")) == [1, 0, 2]
    assert minutes(await listed(client, scopeId=EURUSD, limit=2)) == [2, 1]


@pytest.mark.spec("ERROR-400", "ERROR-DETAILS")
@pytest.mark.parametrize(
    ("params", "field"),
    [
        ({"page": "-1"}, "page"),
        ({"page": "one"}, "page"),
        ({"size": "0"}, "size"),
        ({"size": "201"}, "size"),
        ({"sort": "colour,asc"}, "sort"),
        ({"sort": "timestamp,sideways"}, "sort"),
        ({"from": "yesterday"}, "from"),
        ({"scopeId": "EURUSD"}, "scopeId"),
        ({"limit": "0"}, "limit"),
    ],
)
async def test_a_bad_query_parameter_is_a_400_that_names_it(client, params, field):
    assert field in await invalid(await client.get(CAPSULES, params=params))


async def test_tenants_do_not_see_each_other(client):
    created = await create(client, tenant="lease-1")
    assert (await client.get(f"{CAPSULES}/{created['id']}")).status == 404
    assert (await client.delete(f"{CAPSULES}/{created['id']}")).status == 404
    await create(client)
    found = await client.get(f"{CAPSULES}/{created['id']}", headers={"X-Tenant-ID": "lease-1"})
    assert found.status == 200


async def test_ids_with_slashes_and_colons_stand_unescaped_in_paths(client):
    scope = "rim:entity:finance:FX/EUR/USD.spot"
    created = await create(client, scope=scope)
    assert (await listed(client, f"/api/v1/history/{scope}/latest"))["data"] == created
    assert (await listed(client, f"/api/v1/history/{scope}"))["data"] == [created]
    escaped = scope.replace(":", "%3A").replace("/", "%2F")
    assert (await listed(client, f"/api/v1/history/{escaped}/latest"))["data"] == created


async def test_latest_is_the_newest_by_time_and_a_404_without_any(client):
    for minute in (3, 1):
        await create(client, minute)
    assert (await listed(client, f"/api/v1/history/{EURUSD}/latest"))["data"]["timestamp"] == "2024-12-03T10:03:00Z"
    assert (await client.get("/api/v1/history/rim:entity:finance:NONE/latest")).status == 404
    assert await invalid(await client.get("/api/v1/history/EURUSD/latest")) == {
        "scopeId": "must match pattern rim:{nodeType}:{namespace}:{localId}"
    }


async def test_a_range_needs_both_ends_and_starts_with_the_oldest(client):
    for minute in range(4):
        await create(client, minute)
    path = f"/api/v1/history/{EURUSD}/range"
    assert minutes(await listed(client, path, **{"from": EVENT_MS, "to": EVENT_MS + 120_000})) == [0, 1, 2]
    assert set(await invalid(await client.get(path))) == {"from", "to"}


async def test_lists_come_in_the_dialect_that_is_asked_for(client):
    created = await create(client)
    bare = await client.get(CAPSULES, params={"scopeId": EURUSD}, headers={"X-Sandbox-Dialect": "bare"})
    assert await bare.json() == [created]
    page = await client.get(CAPSULES, params={"scopeId": EURUSD}, headers={"X-Sandbox-Dialect": "page"})
    assert await page.json() == {"content": [created], "totalElements": 1, "totalPages": 1, "number": 0, "size": 20}
    one = await client.get(f"{CAPSULES}/{created['id']}", headers={"X-Sandbox-Dialect": "bare"})
    assert await one.json() == created


async def test_a_post_is_followed_by_its_snapshot_with_its_trace(client, publisher, settle):
    response = await client.post(CAPSULES, json=request(), headers={"X-Request-ID": "req-7"})
    created = (await response.json())["data"]
    await settle(lambda: publisher.sent)
    (sent,) = publisher.sent
    assert (sent.topic, sent.key, sent.trace.request_id) == ("capsule.snapshots", EURUSD, "req-7")
    assert sent.value["capsule_id"] == created["capsuleId"]
    assert sent.value["idempotency_key"] == created["idempotencyKey"]


async def test_snapshots_of_posts_wait_while_kafka_is_away_and_survive_a_restart(
    client, service, context, publisher, clock, settle
):
    publisher.is_away = True
    await create(client, 0)
    await create(client, 1)
    await service.stop()
    restarted = CapsuleService(context)
    await restarted.start()
    try:
        assert restarted.status()["unpublishedSnapshots"] == 2
        for _ in range(20):
            await clock.advance(1)
        publisher.is_away = False
        await clock.advance(1)
        await settle(lambda: len(publisher.sent) == 2)
        assert [sent.value["timestamp"] for sent in publisher.sent] == [EVENT_MS, EVENT_MS + 60_000]
        await settle(lambda: restarted.status()["unpublishedSnapshots"] == 0)
    finally:
        await restarted.stop()


@pytest.mark.spec("ERROR-503")
async def test_a_store_that_fails_is_a_503(client, service):
    await service.stop()
    response = await client.get(CAPSULES)
    assert response.status == 503
    assert (await response.json())["error"]["code"] == "SERVICE_UNAVAILABLE"


@pytest.mark.spec("REST-EVENTS", "REST-PARAM-PAGE", "REST-PARAM-SIZE", "REST-PARAM-SORT")
async def test_events_lists_what_was_consumed_newest_first(client, handle, delivery, clock):
    for offset in range(3):
        await handle(delivery(offset, event_id=f"e{offset}"))
        clock.tick(1)
    await handle(delivery(9, event_id="e0", headers={"X-Correlation-ID": "trace-9"}))
    body = await listed(client, "/api/v1/events", page=0, size=2, sort="timestamp,desc")
    assert [(each["eventId"], each["outcome"]) for each in body["data"]] == [("e0", "duplicate"), ("e2", "processed")]
    assert body["data"][0]["correlationId"] == "trace-9"
    assert body["meta"]["pagination"]["totalElements"] == 4


async def test_a_plan_request_that_strays_here_is_shown_the_way(client):
    response = await client.get("/api/v1/plans/plan_123")
    assert response.status == 404
    assert "http://127.0.0.1:8080/api/v1/plans/plan_123" in (await response.json())["error"]["message"]


@pytest.mark.parametrize("path", ["/actuator/health", "/actuator/health/readiness", "/actuator/health/db"])
async def test_health_follows_the_store(client, service, path):
    assert (await client.get(path)).status == 200
    await service.stop()
    response = await client.get(path)
    assert response.status == 503
    assert json.loads(await response.text())["status"] == "DOWN"
