import json

import pytest

from sandbox.contracts.catalog import Contracts

OLD = '{"type":"record","name":"R","fields":[{"name":"a","type":"int"},{"name":"gone","type":"int"}]}'
ADDED = (
    '{"type":"record","name":"R","fields":[{"name":"a","type":"int"},{"name":"gone","type":"int"},'
    '{"name":"b","type":"int"}]}'
)
OPTIONAL = ADDED.replace('{"name":"b","type":"int"}', '{"name":"b","type":"int","default":0}')
REMOVED = '{"type":"record","name":"R","fields":[{"name":"a","type":"int"}]}'
LATEST = "/compatibility/subjects/s/versions/latest"
ALL = "/compatibility/subjects/s/versions"


@pytest.mark.parametrize(
    ("level", "fitting", "breaking"),
    [
        ("BACKWARD", {"OPTIONAL", "REMOVED"}, {"ADDED"}),
        ("FORWARD", {"OPTIONAL", "ADDED"}, {"REMOVED"}),
        ("FULL", {"OPTIONAL"}, {"ADDED", "REMOVED"}),
        ("NONE", {"OPTIONAL", "ADDED", "REMOVED"}, set()),
        ("backward_transitive", {"OPTIONAL", "REMOVED"}, {"ADDED"}),
        ("Forward_Transitive", {"OPTIONAL", "ADDED"}, {"REMOVED"}),
        ("FULL_TRANSITIVE", {"OPTIONAL"}, {"ADDED", "REMOVED"}),
    ],
)
async def test_each_level_says_who_must_read_whom(api, level, fitting, breaking):
    await api.register("s", OLD)
    assert (await api.put("/config/s", {"compatibility": level}))[0] == 200
    schemas = {"OPTIONAL": OPTIONAL, "ADDED": ADDED, "REMOVED": REMOVED}
    for name in fitting:
        assert await api.post(LATEST, {"schema": schemas[name]}) == (200, {"is_compatible": True}), name
    for name in breaking:
        assert await api.post(LATEST, {"schema": schemas[name]}) == (200, {"is_compatible": False}), name
        assert (await api.post("/subjects/s/versions", {"schema": schemas[name]}))[0] == 409


async def test_transitive_levels_look_at_every_version_that_is_alive(api):
    first = '{"type":"record","name":"R","fields":[{"name":"a","type":"int"}]}'
    second = '{"type":"record","name":"R","fields":[]}'
    third = '{"type":"record","name":"R","fields":[{"name":"a","type":"string","default":"x"}]}'
    await api.register("s", first)
    await api.register("s", second)
    assert (await api.post(ALL, {"schema": third}))[1] == {"is_compatible": True}
    await api.put("/config/s", {"compatibility": "BACKWARD_TRANSITIVE"})
    status, answer = await api.post(f"{ALL}?verbose=true", {"schema": third})
    assert (status, answer["is_compatible"]) == (200, False)
    assert "{oldSchemaVersion: 1}" in answer["messages"]
    assert (await api.post("/subjects/s/versions", {"schema": third}))[0] == 409
    await api.delete("/subjects/s/versions/1")
    assert (await api.post(ALL, {"schema": third}))[1] == {"is_compatible": True}
    assert (await api.post("/subjects/s/versions", {"schema": third}))[0] == 200


async def test_a_check_against_one_version_looks_at_that_version_only(api):
    await api.register("s", '"int"')
    await api.register("s", '"long"')
    assert (await api.post("/compatibility/subjects/s/versions/1", {"schema": '"int"'}))[1]["is_compatible"]
    assert not (await api.post("/compatibility/subjects/s/versions/2", {"schema": '"int"'}))[1]["is_compatible"]


async def test_verbose_names_the_place_the_reason_and_the_old_version(api):
    await api.register("s", OLD)
    status, answer = await api.post(
        f"{LATEST}?verbose=true", {"schema": ADDED.replace('"a","type":"int"', '"a","type":"string"')}
    )
    assert status == 200
    assert answer["messages"] == [
        "{errorType:'TYPE_MISMATCH', description:'The type (path '/fields/0/type') of a field in the new schema does "
        "not match with the old schema', additionalInfo:'reader type: STRING not compatible with writer type: INT'}",
        "{errorType:'READER_FIELD_MISSING_DEFAULT_VALUE', description:'The field 'b' at path '/fields/2' in the new "
        "schema has no default value and is missing in the old schema', additionalInfo:'b'}",
        "{oldSchemaVersion: 1}",
        f"{{oldSchema: '{OLD}'}}",
        "{validateFields: 'false', compatibility: 'BACKWARD'}",
    ]
    assert (await api.post(f"{LATEST}?verbose=true", {"schema": OPTIONAL}))[1] == {
        "is_compatible": True,
        "messages": [],
    }


async def test_forward_messages_call_the_reader_the_old_schema(api):
    await api.register("s", OLD)
    await api.put("/config/s", {"compatibility": "FORWARD"})
    _, answer = await api.post(f"{LATEST}?verbose=true", {"schema": REMOVED})
    expected = "The field 'gone' at path '/fields/1' in the old schema has no default value and is missing in the new"
    assert expected in answer["messages"][0]


async def test_a_subject_that_is_not_there_fits_everything_but_a_version_that_is_not_is_404(api):
    assert await api.post("/compatibility/subjects/none/versions/latest", {"schema": OLD}) == (
        200,
        {"is_compatible": True},
    )
    assert await api.post("/compatibility/subjects/none/versions", {"schema": OLD}) == (200, {"is_compatible": True})
    status, answer = await api.post("/compatibility/subjects/none/versions/1", {"schema": OLD})
    assert (status, answer["error_code"]) == (404, 40402)
    status, answer = await api.post("/compatibility/subjects/none/versions/0", {"schema": OLD})
    assert (status, answer["error_code"]) == (422, 42202)


async def test_an_invalid_schema_is_422_or_a_message_when_verbose(api):
    await api.register("s", OLD)
    status, answer = await api.post(LATEST, {"schema": '{"type":"nope"}'})
    assert (status, answer["error_code"]) == (422, 42201)
    status, answer = await api.post(f"{LATEST}?verbose=true", {"schema": '{"type":"nope"}'})
    assert (status, answer["is_compatible"]) == (200, False)
    assert '"nope" is not a defined name' in answer["messages"][0]


async def test_another_type_of_schema_is_never_compatible(api):
    await api.register("s", OLD)
    status, answer = await api.post("/subjects/s/versions", {"schema": '{"type":"object"}', "schemaType": "JSON"})
    assert (status, answer["error_code"]) == (409, 40901)
    assert "different schema type" in answer["message"]
    await api.put("/config/s", {"compatibility": "NONE"})
    assert (await api.post("/subjects/s/versions", {"schema": '{"type":"object"}', "schemaType": "JSON"}))[0] == 200


async def test_a_compatibility_group_keeps_major_versions_apart(api):
    await api.put("/config/s", {"compatibility": "BACKWARD_TRANSITIVE", "compatibilityGroup": "major"})
    await api.register("s", OLD, metadata={"properties": {"major": "1"}})
    status, _ = await api.post("/subjects/s/versions", {"schema": ADDED, "metadata": {"properties": {"major": "1"}}})
    assert status == 409
    assert await api.register("s", ADDED, metadata={"properties": {"major": "2"}}) == 2


async def test_the_older_flat_event_and_todays_are_judged(api):
    """The evolution of RimFastEvent that is still seen: `timestamp` and a string status became a record and an enum."""
    flat = {
        "type": "record",
        "name": "RimFastEvent",
        "namespace": "com.z254.butterfly.common.hft.avro",
        "fields": [
            {"name": "rim_node_id", "type": "string"},
            {"name": "timestamp", "type": "long"},
            {"name": "status", "type": "string"},
        ],
    }
    await api.register("s", flat)
    today = json.dumps(Contracts.load().schemas["RimFastEvent"])
    _, answer = await api.post(f"{LATEST}?verbose=true", {"schema": today})
    assert not answer["is_compatible"]
    reasons = " ".join(answer["messages"])
    assert "'vector_timestamp'" in reasons
    assert "reader type: ENUM not compatible with writer type: STRING" in reasons


async def test_the_body_is_read_before_the_version_is_looked_for(api):
    for version in ("abc", "7"):
        async with api.client.post(f"/compatibility/subjects/s/versions/{version}", data=b"{") as response:
            assert response.status == 400


async def test_an_empty_schema_fits_nothing(api):
    await api.register("s", OLD)
    for path in (LATEST, ALL):
        assert await api.post(path, {"schema": ""}) == (422, {"error_code": 42201, "message": "Empty schema"})
