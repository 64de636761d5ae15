import pytest

R1 = '{"type":"record","name":"R","fields":[{"name":"a","type":"int"}]}'


@pytest.mark.spec("REGISTRY-STORE")
async def test_a_schema_is_served_by_its_id_for_any_subject_that_is_named(api):
    await api.register("s", R1)
    for query in ("", "?subject=s", "?subject=unknown", "?subject=s&fetchMaxId=false", "?subject="):
        assert await api.get(f"/schemas/ids/1{query}") == (200, {"schema": R1})
    assert await api.get("/schemas/ids/1?fetchMaxId=true") == (200, {"schema": R1, "maxId": 1})
    async with api.client.get("/schemas/ids/1/schema") as response:
        assert await response.text() == R1


@pytest.mark.parametrize(
    ("written", "code"),
    [("2", 40403), ("0", 40403), ("-1", 40403), ("abc", 404), ("1.5", 404), ("2147483648", 404), ("9" * 5000, 404)],
)
async def test_ids_that_are_not_there_are_404(api, written, code):
    await api.register("s", R1)
    for rest in ("", "/schema", "/subjects", "/versions"):
        status, answer = await api.get(f"/schemas/ids/{written}{rest}")
        assert (status, answer["error_code"]) == (404, code)


async def test_all_schemas_are_listed_by_subject_and_version(api):
    await api.register("b", R1)
    await api.register("a", '"int"')
    await api.register("a", '"long"')
    await api.delete("/subjects/b")
    listed = [(each["subject"], each["version"]) for each in (await api.get("/schemas"))[1]]
    assert listed == [("a", 1), ("a", 2)]
    listed = [(each["subject"], each["version"]) for each in (await api.get("/schemas?deleted=true"))[1]]
    assert listed == [("a", 1), ("a", 2), ("b", 1)]
    listed = [(each["subject"], each["version"]) for each in (await api.get("/schemas?latestOnly=true"))[1]]
    assert listed == [("a", 2)]
    listed = [each["id"] for each in (await api.get("/schemas?offset=1&limit=1&deleted=true"))[1]]
    assert listed == [3]
    assert (await api.get("/schemas?subjectPrefix=b"))[1] == []


async def test_types_are_those_that_are_served(api):
    status, types = await api.get("/schemas/types")
    assert (status, sorted(types)) == (200, ["AVRO", "JSON", "PROTOBUF"])


async def test_clients_that_accept_new_members_get_guid_and_time(api):
    accepting = {"Confluent-Accept-Unknown-Properties": "true"}
    body = '{"schema":"\\"int\\""}'
    headers = {**accepting, "Content-Type": "application/json"}
    status, registered = await api.call("POST", "/subjects/s/versions", data=body, headers=headers)
    assert status == 200
    assert (registered["id"], registered["version"]) == (1, 1)
    _, version = await api.get("/subjects/s/versions/1", headers=accepting)
    assert version["guid"] == registered["guid"]
    assert (version["ts"], version["deleted"]) == (1_733_220_000_000, False)
    status, found = await api.get(f"/schemas/guids/{version['guid']}")
    assert (status, found) == (200, {"schema": '"int"'})
    assert await api.get(f"/schemas/guids/{version['guid']}/ids") == (200, [{"context": ".", "id": 1}])
    assert (await api.get("/schemas/guids/nothing"))[1]["error_code"] == 40403


async def test_metadata_and_rules_are_kept_and_returned_and_found_by(api):
    metadata = {"properties": {"owner": "risk", "tier": "1"}, "tags": {"R.a": ["PII"]}}
    rules = {"domainRules": [{"name": "positive", "kind": "CONDITION", "type": "CEL", "expr": "message.a > 0"}]}
    first = await api.register("s", R1, metadata=metadata, ruleSet=rules)
    _, version = await api.get("/subjects/s/versions/1")
    assert (version["metadata"], version["ruleSet"]) == (metadata, rules)
    assert (await api.get("/schemas/ids/1"))[1]["metadata"] == metadata
    other = await api.register("s", R1, metadata={"properties": {"owner": "desk"}})
    assert other != first
    status, found = await api.get("/subjects/s/metadata?key=owner&value=risk&key=tier&value=1")
    assert (status, found["version"]) == (200, 1)
    assert (await api.get("/subjects/s/metadata?key=owner&value=nobody"))[1]["error_code"] == 40402
    assert (await api.get("/subjects/none/metadata?key=a&value=b"))[1]["error_code"] == 40401


async def test_metadata_left_out_is_that_of_the_newest_version(api):
    await api.register("s", R1, metadata={"properties": {"owner": "risk"}})
    assert await api.register("s", R1) == 1
    assert (await api.post("/subjects/s", {"schema": R1}))[1]["id"] == 1
    wider = R1.replace('"int"', '"long"')
    await api.register("s", wider)
    assert (await api.get("/subjects/s/versions/2"))[1]["metadata"] == {"properties": {"owner": "risk"}}


async def test_an_empty_text_with_new_metadata_is_the_newest_schema_again(api):
    await api.register("s", R1)
    assert await api.register("s", "", metadata={"properties": {"owner": "risk"}}) == 2
    assert (await api.get("/subjects/s/versions/2"))[1]["schema"] == R1


async def test_rules_of_the_wrong_form_are_refused(api):
    status, answer = await api.post("/subjects/s/versions", {"schema": R1, "ruleSet": {"domainRules": [{}]}})
    assert (status, answer["error_code"]) == (422, 42210)


def tags(path, *names):
    return {"schemaEntity": {"entityPath": path, "entityType": "sr_field"}, "tags": list(names)}


async def test_tags_are_put_on_and_taken_off_as_new_versions(api):
    await api.register("s", R1)
    body = {"tagsToAdd": [tags("R.a", "PII", "KEY"), tags("R", "OWNED")]}
    assert await api.post("/subjects/s/versions/latest/tags", body) == (200, {"id": 2})
    _, version = await api.get("/subjects/s/versions/2")
    assert version["schema"] == (
        '{"type":"record","name":"R","fields":[{"name":"a","type":"int","confluent:tags":["PII","KEY"]}],'
        '"confluent:tags":["OWNED"]}'
    )
    body = {"tagsToRemove": [tags("R.a", "KEY"), tags("R", "OWNED")], "newVersion": 3}
    assert await api.post("/subjects/s/versions/2/tags", body) == (200, {"id": 3})
    _, version = await api.get("/subjects/s/versions/3")
    assert version["schema"] == R1.replace('"int"', '"int","confluent:tags":["PII"]')
    assert await api.register("s", R1, schemaTagsToAdd=[tags("R.a", "PII")]) == 3
    status, answer = await api.post("/subjects/s/versions/1/tags", {"tagsToAdd": [tags("R.none", "X")]})
    assert (status, answer["error_code"]) == (422, 42201)
    assert "No record or field R.none to tag" in answer["message"]
    assert (await api.post("/subjects/s/versions/9/tags", body))[1]["error_code"] == 40402
    await api.register("j", {"type": "object"}, schemaType="JSON")
    assert (await api.post("/subjects/j/versions/1/tags", {"tagsToAdd": [tags("x", "X")]}))[1]["error_code"] == 42201


async def test_tagged_records_and_fields_are_found(api):
    await api.register("s", R1, schemaTagsToAdd=[tags("R.a", "PII", "KEY"), tags("R", "OWNED")])
    field = {"schemaEntity": {"entityPath": "R.a", "entityType": "sr_field"}, "tags": ["PII", "KEY"]}
    record = {"schemaEntity": {"entityPath": "R", "entityType": "sr_record"}, "tags": ["OWNED"]}
    for path in ("/subjects/s/versions/1", "/schemas/ids/1"):
        assert (await api.get(f"{path}?findTags=*"))[1]["schemaTags"] == [record, field]
        assert (await api.get(f"{path}?findTags=PII&findTags=X"))[1]["schemaTags"] == [field]
        assert (await api.get(f"{path}?findTags=X"))[1]["schemaTags"] == []
        assert "schemaTags" not in (await api.get(path))[1]


async def test_all_schemas_are_listed_with_their_aliases_or_by_the_type_of_their_rules(api):
    await api.register("s", R1, ruleSet={"domainRules": [{"name": "r", "type": "CEL"}]})
    await api.register("t", '"int"')
    await api.put("/config/other", {"alias": "s"})
    _, found = await api.get("/schemas?aliases=true")
    assert [(each["subject"], each.get("aliases")) for each in found] == [("s", ["other"]), ("t", None)]
    assert [each["subject"] for each in (await api.get("/schemas?ruleType=CEL"))[1]] == ["s"]
    assert await api.get("/schemas?ruleType=ENCRYPT") == (200, [])
