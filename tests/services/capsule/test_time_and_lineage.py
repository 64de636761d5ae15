"""`/api/v1/temporal`, `/api/v1/counterfactuals` and `/api/v1/lineage`."""

from __future__ import annotations

import pytest

EURUSD = "rim:entity:finance:EURUSD"
EVENT_MS = 1_733_220_000_000
MINUTE_MS = 60_000


async def data(client, path, **params):
    response = await client.get(path, params=params)
    assert response.status == 200, await response.text()
    return (await response.json())["data"]


async def create(client, minute: int, **members):
    body = {"scopeId": EURUSD, "timestamp": EVENT_MS + minute * MINUTE_MS, **members}
    response = await client.post("/api/v1/capsules", json=body)
    assert response.status == 201
    return (await response.json())["data"]


async def test_a_slice_lays_the_capsules_up_to_then_over_each_other(client):
    first = await create(client, 0, dynamics={"price": 1.0, "volume": 5})
    second = await create(client, 2, dynamics={"price": 2.0})
    await create(client, 4, dynamics={"price": 4.0})
    found = await data(client, "/api/v1/temporal/slice", scopeId=EURUSD, timestamp=EVENT_MS + 3 * MINUTE_MS)
    assert found["state"]["dynamics"] == {"price": 2.0, "volume": 5}
    assert found["contributingCapsuleIds"] == [second["id"], first["id"]]
    assert found["timestamp"] == "2024-12-03T10:03:00Z"


async def test_the_confidence_of_a_slice_fades_with_age(client):
    await create(client, 0, resolution=60)
    at = {age: EVENT_MS + age * MINUTE_MS for age in (0, 60, 120)}
    slices = [await data(client, "/api/v1/temporal/slice", scopeId=EURUSD, timestamp=at[age]) for age in at]
    assert [each["confidence"] for each in slices] == [1.0, 0.5, 0.25]


async def test_there_is_no_slice_before_the_first_capsule(client):
    await create(client, 1)
    params = {"scopeId": EURUSD, "timestamp": EVENT_MS}
    assert (await client.get("/api/v1/temporal/slice", params=params)).status == 404


async def test_evolution_has_a_slice_for_every_step_since_the_first_capsule(client):
    await create(client, 1, dynamics={"price": 1.0})
    await create(client, 3, dynamics={"price": 3.0})
    query = {"scopeId": EURUSD, "from": EVENT_MS, "to": EVENT_MS + 4 * MINUTE_MS, "resolution": 60}
    slices = await data(client, "/api/v1/temporal/evolution", **query)
    assert [each["state"]["dynamics"]["price"] for each in slices] == [1.0, 1.0, 3.0, 3.0]
    assert slices[0]["timestamp"] == "2024-12-03T10:01:00Z"


@pytest.mark.parametrize(
    "query",
    [
        {"from": EVENT_MS},
        {"from": EVENT_MS, "to": EVENT_MS, "resolution": 0},
    ],
)
async def test_evolution_refuses_ranges_that_make_no_sense(client, query):
    response = await client.get("/api/v1/temporal/evolution", params={"scopeId": EURUSD, **query})
    assert response.status == 400


async def test_evolution_of_a_long_range_is_cut_short_and_says_so(client):
    await create(client, 0)
    query = {"scopeId": EURUSD, "from": EVENT_MS, "to": EVENT_MS + 5_000 * MINUTE_MS, "resolution": 60}
    body = await (await client.get("/api/v1/temporal/evolution", params=query)).json()
    assert (len(body["data"]), body["meta"]["truncated"]) == (1_000, True)
    assert await data(client, "/api/v1/temporal/evolution", **{**query, "to": EVENT_MS - 1}) == []


async def test_counterfactuals_come_from_posts_and_from_entities_under_stress(client, handle, delivery):
    posted = await create(
        client, 0, counterfactual={"hypothesis": "no intervention", "alternateState": {"price": 9}, "probability": 0.3}
    )
    await handle(delivery(1, event_ms=EVENT_MS + MINUTE_MS, stress=0.9, status="ALERT"))
    await handle(delivery(2, event_ms=EVENT_MS + 2 * MINUTE_MS, stress=0.2))
    stressed, intervened = await data(client, "/api/v1/counterfactuals", scopeId=EURUSD)
    assert intervened["hypothesis"] == "no intervention"
    assert intervened["counterfactualId"] == posted["id"].replace("cap_", "cf_")
    assert intervened["supportingEvidence"] == [posted["id"]]
    assert stressed["probability"] == pytest.approx(0.1)
    assert len(await data(client, "/api/v1/counterfactuals", limit=1)) == 1


async def test_a_chain_goes_from_a_capsule_up_to_its_root(client):
    first, second = await create(client, 0), await create(client, 1)
    third = await create(client, 5, parentCapsuleId=first["id"])
    fourth = await create(client, 6)
    chain = await data(client, f"/api/v1/lineage/{fourth['id']}")
    assert [(each["capsuleId"], each["relationship"]) for each in chain["nodes"]] == [
        (fourth["id"], "FOLLOWS"),
        (third["id"], "DERIVED_FROM"),
        (first["id"], "ROOT"),
    ]
    assert (chain["rootCapsuleId"], chain["depth"]) == (first["id"], 2)
    assert chain["nodes"][-1]["parentCapsuleId"] is None
    assert [each["id"] for each in await data(client, f"/api/v1/lineage/{second['id']}/ancestors")] == [first["id"]]


async def test_a_chain_cut_by_depth_still_names_the_parent_of_its_last_node(client):
    made = [await create(client, minute) for minute in range(4)]
    chain = await data(client, f"/api/v1/lineage/{made[3]['id']}", depth=1)
    assert [each["capsuleId"] for each in chain["nodes"]] == [made[3]["id"], made[2]["id"]]
    assert chain["nodes"][-1]["parentCapsuleId"] == made[1]["id"]


async def test_descendants_and_derived_look_the_other_way(client):
    first, second = await create(client, 0), await create(client, 1)
    derived = await create(client, 5, parentCapsuleId=first["id"])
    follower = await create(client, 6)
    ids = [each["id"] for each in await data(client, f"/api/v1/lineage/{first['id']}/descendants")]
    assert ids == [derived["id"], second["id"], follower["id"]]
    ids = [each["id"] for each in await data(client, f"/api/v1/lineage/{first['id']}/descendants", depth=1)]
    assert ids == [derived["id"], second["id"]]
    assert [each["id"] for each in await data(client, f"/api/v1/lineage/{first['id']}/derived")] == [derived["id"]]


@pytest.mark.parametrize("part", ["", "/ancestors", "/descendants", "/derived"])
async def test_the_lineage_of_an_unknown_capsule_is_a_404(client, part):
    assert (await client.get(f"/api/v1/lineage/cap_none{part}")).status == 404


async def test_a_chain_ends_where_the_named_parent_was_deleted(client):
    parent = await create(client, 0)
    child = await create(client, 1, parentCapsuleId=parent["id"])
    await client.delete(f"/api/v1/capsules/{parent['id']}")
    chain = await data(client, f"/api/v1/lineage/{child['id']}")
    assert [each["relationship"] for each in chain["nodes"]] == ["ROOT"]
