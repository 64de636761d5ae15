"""The calls of two Kafka user interfaces, in the order in which they make them."""

import pytest

R1 = '{"type":"record","name":"R","fields":[{"name":"a","type":"int"}]}'
R2 = '{"type":"record","name":"R","fields":[{"name":"a","type":"int"},{"name":"b","type":"int","default":0}]}'
BAD = '{"type":"record","name":"R","fields":[{"name":"a","type":"string"}]}'
JSON = {"Accept": "application/json"}


@pytest.fixture
async def filled(api):
    await api.register("orders-value", R1)
    await api.register("orders-value", R2)
    await api.register("old-value", R1)
    await api.delete("/subjects/old-value")
    return api


async def test_kafbat_ui_shows_changes_and_deletes_subjects(filled):
    api = filled
    assert await api.get("/subjects?deleted=false", headers=JSON) == (200, ["orders-value"])
    assert await api.get("/subjects/orders-value/versions", headers=JSON) == (200, [1, 2])
    status, latest = await api.get("/subjects/orders-value/versions/latest", headers=JSON)
    assert (status, latest["subject"], latest["version"], latest["id"]) == (200, "orders-value", 2, 2)
    assert latest.get("schemaType", "AVRO") == "AVRO"
    assert await api.get("/config", headers=JSON) == (200, {"compatibilityLevel": "BACKWARD"})
    level = await api.get("/config/orders-value?defaultToGlobal=true", headers=JSON)
    assert level == (200, {"compatibilityLevel": "BACKWARD"})

    candidate = {"schema": BAD, "schemaType": "AVRO", "references": []}
    check = "/compatibility/subjects/orders-value/versions/latest?verbose=true"
    status, verdict = await api.post(check, candidate)
    assert (status, verdict["is_compatible"]) == (200, False)
    assert verdict["messages"]
    assert (await api.post("/subjects/orders-value/versions", candidate))[0] == 409

    assert await api.put("/config/orders-value", {"compatibility": "NONE"}) == (200, {"compatibility": "NONE"})
    assert (await api.post("/subjects/orders-value/versions", candidate)) == (200, {"id": 3})
    assert await api.delete("/config/orders-value") == (200, {"compatibilityLevel": "NONE"})
    assert await api.delete("/subjects/orders-value/versions/3", headers=JSON) == (200, 3)
    assert await api.delete("/subjects/orders-value", headers=JSON) == (200, [1, 2])
    assert await api.get("/subjects", headers=JSON) == (200, [])


async def test_redpanda_console_lists_what_is_there_and_what_was_deleted(filled):
    api = filled
    assert await api.get("/mode") == (200, {"mode": "READWRITE"})
    assert await api.get("/config") == (200, {"compatibilityLevel": "BACKWARD"})
    assert sorted((await api.get("/schemas/types"))[1]) == ["AVRO", "JSON", "PROTOBUF"]
    assert await api.get("/contexts") == (200, ["."])
    _, alive = await api.get("/subjects")
    _, every = await api.get("/subjects?deleted=true")
    assert set(every) - set(alive) == {"old-value"}

    assert (await api.get("/subjects/old-value/versions"))[1]["error_code"] == 40401
    assert await api.get("/subjects/old-value/versions?deleted=true") == (200, [1])
    assert (await api.get("/config/orders-value"))[1]["error_code"] == 40408
    assert (await api.get("/mode/orders-value"))[1]["error_code"] == 40409
    for version in (1, 2):
        status, schema = await api.get(f"/subjects/orders-value/versions/{version}?deleted=true")
        assert (status, schema["version"]) == (200, version)
        assert await api.get(f"/subjects/orders-value/versions/{version}/referencedby") == (200, [])
    assert await api.get("/schemas/ids/1/versions") == (200, [{"subject": "orders-value", "version": 1}])


async def test_redpanda_console_checks_registers_and_deletes_for_good(filled):
    api = filled
    check = "/compatibility/subjects/orders-value/versions/latest?verbose=true"
    _, verdict = await api.post(check, {"schema": BAD, "schemaType": "AVRO"})
    assert verdict["messages"][0].startswith("{errorType:'TYPE_MISMATCH', description:'")
    wider = R2.replace('"default":0}', '"default":0},{"name":"c","type":"int","default":0}')
    status, registered = await api.post("/subjects/orders-value/versions", {"schema": wider, "schemaType": "AVRO"})
    assert status == 200
    assert (await api.get(f"/schemas/ids/{registered['id']}/versions"))[1][0]["version"] == 3
    assert await api.put("/config", {"compatibility": "FULL"}) == (200, {"compatibility": "FULL"})
    assert await api.put("/mode/orders-value", {"mode": "READONLY"}) == (200, {"mode": "READONLY"})
    assert await api.delete("/mode/orders-value") == (200, {"mode": "READONLY"})
    assert await api.delete("/subjects/orders-value") == (200, [1, 2, 3])
    assert await api.delete("/subjects/orders-value?permanent=true") == (200, [1, 2, 3])
    assert await api.delete("/subjects/old-value?permanent=true") == (200, [1])
    assert await api.get("/subjects?deleted=true") == (200, [])
