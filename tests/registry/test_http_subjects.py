import pytest

R1 = '{"type":"record","name":"R","fields":[{"name":"a","type":"int"}]}'
R2 = '{"type":"record","name":"R","fields":[{"name":"a","type":"int"},{"name":"b","type":"string","default":"x"}]}'
R2_BAD = '{"type":"record","name":"R","fields":[{"name":"a","type":"int"},{"name":"b","type":"string"}]}'


@pytest.mark.spec("REGISTRY-STORE")
async def test_the_first_schema_gets_id_1_and_version_1(api):
    assert await api.post("/subjects/s/versions", {"schema": R1}) == (200, {"id": 1})
    assert await api.get("/subjects/s/versions/1") == (
        200,
        {"subject": "s", "version": 1, "id": 1, "schema": R1},
    )


async def test_the_same_schema_keeps_its_id_and_version_however_it_is_written(api):
    await api.register("s", R1)
    spaced = ' {"name" : "R", "fields" : [ {"type":"int", "name":"a"} ], "type":"record"} '
    assert await api.register("s", spaced) == 1
    assert await api.get("/subjects/s/versions") == (200, [1])


async def test_under_another_subject_the_schema_keeps_its_id_with_a_version_of_its_own(api):
    await api.register("s", R1)
    await api.register("s", R2)
    assert await api.register("t", R2) == 2
    assert await api.get("/subjects/t/versions") == (200, [1])
    assert await api.get("/schemas/ids/2/versions") == (
        200,
        [{"subject": "s", "version": 2}, {"subject": "t", "version": 1}],
    )


@pytest.mark.parametrize(
    "other",
    [
        '{"type":"record","name":"R","doc":"d","fields":[{"name":"a","type":"int"}]}',
        '{"type":"record","name":"R","fields":[{"name":"a","type":"int"}],"aliases":["Q"]}',
        '{"type":"record","name":"R","fields":[{"name":"a","type":"int","default":1}]}',
        '{"type":"record","name":"R","fields":[{"name":"a","type":"int","order":"ignore"}]}',
        '{"type":"record","name":"R","fields":[{"name":"a","type":"int","doc":"d"}]}',
        '{"type":"record","name":"R","fields":[{"name":"a","type":{"type":"int","logicalType":"date"}}]}',
        '{"type":"record","name":"R","fields":[{"name":"a","type":"int","x":1}]}',
        '{"type":"record","name":"R","namespace":"n","fields":[{"name":"a","type":"int"}]}',
    ],
)
async def test_doc_aliases_order_defaults_and_properties_make_another_schema(api, other):
    assert await api.register("s", R1) == 1
    assert await api.register("s", other) == 2


async def test_normalize_takes_away_what_does_not_matter(api):
    first = '{"type":"record","name":"R","namespace":"n","fields":[],"b":1,"a":2}'
    second = '{"type":"record","name":"n.R","fields":[],"a":2,"b":1}'
    assert (await api.post("/subjects/s/versions?normalize=true", {"schema": first}))[1] == {"id": 1}
    assert (await api.post("/subjects/s/versions?normalize=True", {"schema": second}))[1] == {"id": 1}
    assert (await api.post("/subjects/s/versions?normalize=false", {"schema": second}))[1] == {"id": 2}
    status, found = await api.post("/subjects/s?normalize=true", {"schema": first})
    assert (status, found["id"]) == (200, 1)


async def test_normalize_can_be_configured_for_a_subject(api):
    await api.put("/config/s", {"normalize": True})
    assert await api.register("s", '{"type":"record","name":"R","fields":[],"b":1,"a":2}') == 1
    assert await api.register("s", '{"type":"record","name":"R","fields":[],"a":2,"b":1}') == 1


@pytest.mark.spec("REGISTRY-COMPATIBILITY")
async def test_an_incompatible_schema_is_refused_and_leaves_nothing_behind(api, log):
    await api.register("s", R1)
    written = len(log.records)
    status, answer = await api.post("/subjects/s/versions", {"schema": R2_BAD})
    assert status == 409
    assert answer["error_code"] == 40901
    assert answer["message"].startswith(
        'Schema being registered is incompatible with an earlier schema for subject "s", details: '
        "[{errorType:'READER_FIELD_MISSING_DEFAULT_VALUE', description:'The field 'b' at path '/fields/1' in the new "
        "schema has no default value and is missing in the old schema', additionalInfo:'b'}, {oldSchemaVersion: 1}, "
    )
    assert len(log.records) == written
    assert await api.get("/subjects/s/versions") == (200, [1])


async def test_looking_up_needs_the_subject_and_the_schema_under_it(api):
    assert await api.post("/subjects/s", {"schema": R1}) == (
        404,
        {"error_code": 40401, "message": "Subject 's' not found."},
    )
    await api.register("s", R1)
    assert await api.post("/subjects/s?normalize=False&deleted=False", {"schema": R1}) == (
        200,
        {"subject": "s", "version": 1, "id": 1, "schema": R1},
    )
    assert await api.post("/subjects/s", {"schema": R2}) == (
        404,
        {"error_code": 40403, "message": "Schema not found"},
    )
    status, answer = await api.post("/subjects/s", {"schema": "{"})
    assert (status, answer["error_code"]) == (422, 42201)


async def test_subjects_are_listed_by_name_in_parts(api):
    for subject in ("b-value", "a-value", "b-key"):
        await api.register(subject, R1)
    assert await api.get("/subjects") == (200, ["a-value", "b-key", "b-value"])
    assert await api.get("/subjects?subjectPrefix=b-") == (200, ["b-key", "b-value"])
    assert await api.get("/subjects?offset=1&limit=1") == (200, ["b-key"])
    assert await api.get("/subjects?offset=5") == (200, [])
    assert len((await api.get("/subjects?limit=0"))[1]) == len((await api.get("/subjects?limit=-1"))[1]) == 3
    assert (await api.get("/subjects?limit=x"))[0] == 404


@pytest.mark.parametrize("written", ["latest", "LATEST", "-1", "2"])
async def test_the_latest_version_has_several_spellings(api, written):
    await api.register("s", R1)
    await api.register("s", R2)
    status, answer = await api.get(f"/subjects/s/versions/{written}")
    assert (status, answer["version"], answer["id"]) == (200, 2, 2)


@pytest.mark.parametrize("written", ["0", "-2", "abc", "1.0", "2147483648", "9" * 5000, "1%20"])
async def test_what_is_no_version_id_is_422(api, written):
    await api.register("s", R1)
    status, answer = await api.get(f"/subjects/s/versions/{written}")
    assert (status, answer["error_code"]) == (422, 42202)
    assert 'Allowed values are between [1, 2^31-1] and the string "latest"' in answer["message"]


async def test_missing_subjects_and_versions_are_told_apart(api):
    assert await api.get("/subjects/s/versions") == (404, {"error_code": 40401, "message": "Subject 's' not found."})
    assert (await api.get("/subjects/s/versions/1"))[1]["error_code"] == 40401
    await api.register("s", R1)
    assert await api.get("/subjects/s/versions/7") == (404, {"error_code": 40402, "message": "Version 7 not found."})


async def test_the_schema_alone_is_served_unescaped(api):
    await api.register("s", R1)
    async with api.client.get("/subjects/s/versions/latest/schema") as response:
        assert (response.status, await response.text()) == (200, R1)


@pytest.mark.parametrize(
    ("subject", "in_path"),
    [
        ("orders value", "orders%20value"),
        ("a/b", "a%2Fb"),
        ("a/b", "a%2fb"),
        ("rim:entity:finance:EURUSD", "rim:entity:finance:EURUSD"),
        ("rim:x", "rim%3Ax"),
        ("naïve-値", "na%C3%AFve-%E5%80%A4"),
        ("a+b", "a%2Bb"),
        ("a+b", "a+b"),
        ("orders/é value", "orders%2F%E9%20value"),
        ("%E9", "%25E9"),
        ("a%2Fb", "a%252Fb"),
        ("50%", "50%25"),
        ("com.z254.Event", "com.z254.Event"),
    ],
)
async def test_subjects_are_taken_as_clients_encode_them(api, subject, in_path):
    from yarl import URL

    path = URL(f"/subjects/{in_path}/versions", encoded=True)
    assert await api.post(path, {"schema": R1}) == (200, {"id": 1})
    assert await api.get("/subjects") == (200, [subject])
    status, answer = await api.get(URL(f"/subjects/{in_path}/versions/latest", encoded=True))
    assert (status, answer["subject"]) == (200, subject)
    assert await api.delete(URL(f"/subjects/{in_path}", encoded=True)) == (200, [1])


# Deleting


async def test_a_soft_deleted_subject_is_hidden_but_still_served_by_id(api):
    await api.register("s", R1)
    await api.register("s", R2)
    assert await api.delete("/subjects/s") == (200, [1, 2])
    assert await api.get("/subjects") == (200, [])
    assert await api.get("/subjects?deleted=true") == (200, ["s"])
    assert await api.get("/subjects?deletedOnly=true") == (200, ["s"])
    assert (await api.get("/subjects/s/versions"))[1]["error_code"] == 40401
    assert await api.get("/subjects/s/versions?deleted=true") == (200, [1, 2])
    assert await api.get("/subjects/s/versions?deletedAsNegative=true") == (200, [-1, -2])
    assert (await api.get("/subjects/s/versions/1"))[1]["error_code"] == 40401
    assert (await api.get("/subjects/s/versions/1?deleted=true"))[0] == 200
    assert (await api.post("/subjects/s", {"schema": R1}))[1]["error_code"] == 40401
    assert (await api.post("/subjects/s?deleted=true", {"schema": R1}))[0] == 200
    assert (await api.get("/schemas/ids/1"))[0] == 200
    assert await api.get("/schemas/ids/1/versions") == (200, [])
    assert await api.get("/schemas/ids/1/subjects?deleted=true") == (200, ["s"])


async def test_deleting_has_an_order(api):
    await api.register("s", R1)
    await api.register("s", R2)
    assert (await api.delete("/subjects/none"))[1]["error_code"] == 40401
    assert await api.delete("/subjects/s?permanent=true") == (
        404,
        {"error_code": 40405, "message": "Subject 's' was not deleted first before being permanently deleted"},
    )
    assert (await api.delete("/subjects/s/versions/9"))[1]["error_code"] == 40402
    assert (await api.delete("/subjects/s/versions/x"))[1]["error_code"] == 42202
    assert (await api.delete("/subjects/s/versions/1?permanent=true"))[1]["error_code"] == 40407
    assert await api.delete("/subjects/s/versions/1") == (200, 1)
    assert await api.delete("/subjects/s/versions/1") == (
        404,
        {
            "error_code": 40406,
            "message": "Subject 's' Version 1 was soft deleted.Set permanent=true to delete permanently",
        },
    )
    assert await api.delete("/subjects/s/versions/1?permanent=true") == (200, 1)
    assert await api.delete("/subjects/s") == (200, [2])
    assert await api.delete("/subjects/s") == (
        404,
        {"error_code": 40404, "message": "Subject 's' was soft deleted.Set permanent=true to delete permanently"},
    )
    assert await api.delete("/subjects/s?permanent=true") == (200, [2])
    assert await api.get("/subjects?deleted=true") == (200, [])
    assert (await api.get("/schemas/ids/2"))[1] == {"error_code": 40403, "message": "Schema 2 not found"}


async def test_the_latest_version_is_the_newest_that_is_left(api):
    await api.register("s", R1)
    await api.register("s", R2)
    assert await api.delete("/subjects/s/versions/latest") == (200, 2)
    assert (await api.get("/subjects/s/versions/latest"))[1]["version"] == 1
    assert (await api.get("/subjects/s/versions/latest?deleted=true"))[1]["version"] == 1
    assert await api.delete("/subjects/s/versions/latest") == (200, 1)
    missing = {"error_code": 40402, "message": "Version -1 not found."}
    assert await api.get("/subjects/s/versions/-1?deleted=true") == (404, missing)
    assert await api.delete("/subjects/s/versions/latest") == (404, missing)


async def test_a_subject_of_which_nothing_is_deleted_has_an_empty_list_of_deleted_versions(api):
    await api.register("s", R1)
    assert await api.get("/subjects/s/versions?deletedOnly=true") == (200, [])
    assert (await api.get("/subjects/none/versions?deletedOnly=true"))[1]["error_code"] == 40401


async def test_registering_again_after_a_soft_delete_keeps_the_id_and_takes_the_next_version(api):
    await api.register("s", R1)
    await api.register("s", R2)
    await api.delete("/subjects/s")
    assert await api.register("s", R1) == 1
    assert await api.get("/subjects/s/versions?deleted=true") == (200, [2, 3])
    assert await api.get("/subjects/s/versions") == (200, [3])


async def test_registering_again_after_a_permanent_delete_gives_a_new_id(api):
    await api.register("s", R1)
    await api.delete("/subjects/s")
    await api.delete("/subjects/s?permanent=true")
    assert await api.register("s", R1) == 2
    assert await api.get("/subjects/s/versions") == (200, [1])


async def test_an_id_is_not_given_again_even_after_compaction_and_a_restart(api, start, log):
    await api.register("s", R1)
    await api.delete("/subjects/s")
    await api.delete("/subjects/s?permanent=true")
    log.compact()
    log.records = [record for record in log.records if record.value is not None]
    later = await start()
    assert await later.register("t", R2) == 2


async def test_an_id_stays_while_another_subject_uses_it(api):
    await api.register("s", R1)
    await api.register("t", R1)
    await api.delete("/subjects/s")
    await api.delete("/subjects/s?permanent=true")
    assert (await api.get("/schemas/ids/1"))[0] == 200
    assert await api.get("/schemas/ids/1/subjects") == (200, ["t"])


async def test_a_deleted_subject_loses_its_own_settings(api):
    await api.register("s", R1)
    await api.put("/config/s", {"compatibility": "NONE"})
    await api.put("/mode/s", {"mode": "READWRITE"})
    await api.delete("/subjects/s")
    assert (await api.get("/config/s"))[1]["error_code"] == 40408
    assert (await api.get("/mode/s"))[1]["error_code"] == 40409


async def test_a_soft_deleted_version_no_longer_counts_for_compatibility(api):
    await api.register("s", R1)
    await api.delete("/subjects/s/versions/1")
    assert await api.register("s", '"string"') == 2


async def test_facts_tell_what_was_registered_and_served(api, facts):
    await api.register("s", R1)
    await api.register("s", R1)
    await api.get("/subjects/s/versions/1?deleted=true", headers={"X-Request-ID": "req-1", "X-Tenant-ID": "t"})
    (registered,) = facts.of("SchemaRegistered")
    assert (registered.subject, registered.version, registered.schema_id) == ("s", 1, 1)
    served = facts.of("RequestServed")[-1]
    assert (served.method, served.route, served.path, served.status) == (
        "GET",
        "/subjects/{subject}/versions/{version}",
        "/subjects/s/versions/1?deleted=true",
        200,
    )
    assert (served.request_id, served.tenant, served.source) == ("req-1", "t", "schema-registry")
