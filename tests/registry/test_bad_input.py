import json
import random
import time

import pytest
from yarl import URL

from sandbox.registry.definition import Definition
from sandbox.registry.memory_log import MemoryLog
from sandbox.registry.records import SchemaValue, schema_key


async def test_a_schema_of_5_mb_is_too_large_and_leaves_nothing_behind(api, log):
    doc = "x" * 5_000_000
    schema = json.dumps({"type": "record", "name": "R", "doc": doc, "fields": []})
    status, answer = await api.post("/subjects/s/versions", {"schema": schema})
    assert (status, answer["error_code"]) == (422, 42209)
    assert log.records == []
    assert await api.get("/subjects") == (200, [])


async def test_a_body_beyond_all_bounds_is_too_large(api):
    status, answer = await api.post("/subjects/s/versions", {"schema": "x" * 17_000_000})
    assert (status, answer["error_code"]) == (422, 42209)


async def test_a_schema_that_kafka_does_not_take_is_too_large(start):
    log = MemoryLog(limit_bytes=1_000)
    api = await start(log)
    schema = json.dumps({"type": "record", "name": "R", "doc": "x" * 2_000, "fields": []})
    status, answer = await api.post("/subjects/s/versions", {"schema": schema})
    assert (status, answer["error_code"]) == (422, 42209)
    assert log.records == []
    await api.register("s", '"int"')
    assert await api.get("/subjects/s/versions") == (200, [1])


def arrays(levels):
    return '{"type":"array","items":' * levels + '"int"' + "}" * levels


def records(levels):
    start = "".join(f'{{"type":"record","name":"R{n}","fields":[{{"name":"x","type":' for n in range(levels))
    return start + '"int"' + "}]}" * levels


def properties(levels):
    return '{"type":"int","p":' + "[" * levels + "]" * levels + "}"


def defaults(levels):
    value = "[" * levels + "]" * levels
    return f'{{"type":"record","name":"R","fields":[{{"name":"a","type":"int","default":{value}}}]}}'


@pytest.mark.parametrize("levels", [1_000, 8_000])
@pytest.mark.parametrize("make", [arrays, records, properties, defaults])
async def test_a_thousand_nested_levels_are_422(api, log, make, levels):
    for type_ in ("AVRO", "JSON"):
        body = {"schema": make(levels), "schemaType": type_}
        for path in ("/subjects/s/versions", "/compatibility/subjects/s/versions/latest"):
            status, answer = await api.post(path, body)
            assert (status, answer["error_code"]) == (422, 42201), answer
    assert log.records == []


@pytest.mark.parametrize("make", [arrays, records])
async def test_a_hundred_nested_levels_are_fine(api, make):
    assert await api.register("s", make(100)) == 1
    assert await api.register("s", make(100).replace('"int"', '"long"')) == 2


@pytest.mark.parametrize("subject", ["__GLOBAL", "__EMPTY", "a%00b", "a%1Fb", "%7F"])
async def test_names_that_no_subject_can_have_are_42208(api, log, subject):
    status, answer = await api.post(f"/subjects/{subject}/versions", {"schema": '"int"'})
    assert (status, answer["error_code"]) == (422, 42208)
    assert log.records == []


@pytest.mark.parametrize("schema_id", [2**31, -(2**40), 10**30])
async def test_ids_out_of_range_in_a_body_are_refused(api, schema_id):
    await api.put("/mode", {"mode": "IMPORT"})
    status, answer = await api.post("/subjects/s/versions", {"schema": '"int"', "id": schema_id})
    assert (status, answer["error_code"]) == (400, 400)


async def test_lone_surrogates_do_not_break_anything(api):
    status, _ = await api.call(
        "POST",
        "/subjects/s/versions",
        data=b'{"schema":"{\\"type\\":\\"int\\",\\"p\\":\\"\\\\ud800\\"}"}',
        headers={"Content-Type": "application/json"},
    )
    assert status == 422
    answer = await api.post(
        "/subjects/s/versions", {"schema": '"int"', "references": [{"name": "\ud800", "subject": "s", "version": 1}]}
    )
    assert answer[0] == 400
    assert await api.get("/subjects") == (200, [])


async def test_references_that_are_no_url_are_422(api):
    for reference in ("http://[", "#/%zz", "#nowhere", "urn:x"):
        body = {"schema": json.dumps({"$ref": reference}), "schemaType": "JSON"}
        status, answer = await api.post("/subjects/s/versions", body)
        assert (status, answer["error_code"]) == (422, 42201)


async def test_patterns_that_are_none_are_never_a_yes(api):
    await api.register("s", {"enum": ["a"]}, schemaType="JSON")
    status, _ = await api.post("/subjects/s/versions", {"schema": '{"pattern":"("}', "schemaType": "JSON"})
    assert status in (409, 422)


async def test_metadata_of_the_wrong_form_is_refused(api):
    for metadata in ({"properties": []}, {"properties": {"a": {}}}, {"tags": {"a": "b"}}, []):
        status, _ = await api.post("/subjects/s/versions", {"schema": '"int"', "metadata": metadata})
        assert status == 400


async def test_a_subject_of_thousands_of_versions_is_served_like_a_small_one(api, log):
    for number in range(1, 3_001):
        value = SchemaValue(
            "many", number, number, Definition("AVRO", f'{{"type":"fixed","name":"F","size":{number}}}')
        )
        await log.append(schema_key("many", number), value.encode())
    await api.put("/config/many", {"compatibility": "NONE"})
    await api.put("/config/small", {"compatibility": "NONE"})
    took_s = {"many": 0.0, "small": 0.0}
    for size in range(20_000, 20_100):
        for subject in took_s:
            started_s = time.perf_counter()
            await api.register(subject, {"type": "enum", "name": "E", "symbols": [f"{subject}_{size}"]})
            took_s[subject] += time.perf_counter() - started_s
    assert took_s["many"] < 10 * took_s["small"]
    assert await api.get("/subjects/many/versions?offset=2998&limit=3") == (200, [2999, 3000, 3001])
    assert (await api.delete("/subjects/many"))[0] == 200
    assert len((await api.delete("/subjects/many?permanent=true"))[1]) == 3_100
    assert await api.get("/subjects?deleted=true") == (200, ["small"])


async def test_no_ids_are_left_after_the_last(api):
    await api.put("/mode", {"mode": "IMPORT"})
    await api.register("s", '"int"', id=2**31 - 1)
    await api.put("/mode", {"mode": "READWRITE"})
    status, answer = await api.post("/subjects/t/versions", {"schema": '"long"'})
    assert (status, answer["error_code"]) == (500, 50001)


PATHS = (
    "/subjects", "/subjects/{s}", "/subjects/{s}/versions", "/subjects/{s}/versions/{v}", "/subjects/{s}/metadata",
    "/subjects/{s}/versions/{v}/tags", "/subjects/{s}/versions/{v}/referencedby", "/schemas", "/schemas/ids/{v}",
    "/schemas/ids/{v}/versions", "/schemas/guids/{s}", "/compatibility/subjects/{s}/versions", "/contexts/.c",
    "/compatibility/subjects/{s}/versions/{v}", "/config", "/config/{s}", "/mode", "/mode/{s}",
    "/contexts/.c/subjects/{s}/versions",
)  # fmt: skip
QUERIES = (
    "deleted",
    "permanent",
    "normalize",
    "verbose",
    "force",
    "offset",
    "limit",
    "subject",
    "format",
    "key",
    "value",
)
MEMBERS = (
    "schema",
    "schemaType",
    "references",
    "id",
    "version",
    "metadata",
    "ruleSet",
    "compatibility",
    "mode",
    "alias",
)
VALUES = (
    "", "x", '"int"', '{"type":"record","name":"R","fields":[]}', '{"$ref":"#"}', '{"allOf":[{"$ref":"#"}]}',
    "message A {}",
    0, 1, -1, 2**40, 1.5, True, None, "FULL", "IMPORT", "READWRITE", "AVRO", "JSON", "PROTOBUF", "s", "é\0", ":.c:s",
)  # fmt: skip


def anything(chance, depth=0):
    kind = chance.random()
    if depth > 2 or kind < 0.6:
        return chance.choice(VALUES)
    if kind < 0.8:
        names = chance.sample(["name", "subject", "version", "properties", "tags", "domainRules"], 2)
        return {name: anything(chance, depth + 1) for name in names}
    return [anything(chance, depth + 1) for _ in range(chance.randint(0, 3))]


async def test_whatever_is_sent_the_answer_is_json_and_never_a_failure_of_the_server(api):
    chance = random.Random(5)
    answered = set()
    for _ in range(1_500):
        path = chance.choice(PATHS).format(
            s=chance.choice(["s", "t", ":.c:s", "a%2Fb", "%20", "__GLOBAL", ":.c:"]),
            v=chance.choice(["1", "2", "latest", "-1", "x", "0"]),
        )
        query = "&".join(
            f"{name}={chance.choice(['true', 'false', '1', '-1', 'x', ''])}" for name in chance.sample(QUERIES, 2)
        )
        method = chance.choice(["GET", "POST", "POST", "PUT", "DELETE"])
        body = {name: anything(chance) for name in chance.sample(MEMBERS, 4)} if method in ("POST", "PUT") else None
        if body and chance.random() < 0.5:
            body = {"schema": chance.choice(['"int"', '"long"', '{"type":"record","name":"R","fields":[]}'])}
        status, _ = await api.call(method, URL(f"{path}?{query}", encoded=True), body)
        assert status < 500, (method, path, query, body)
        answered.add(status)
    assert {200, 400, 404, 405, 422} <= answered
