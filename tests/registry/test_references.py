import json

import pytest

from sandbox.registry.definition import Definition, Reference
from sandbox.registry.records import SchemaValue, schema_key

KIND = '{"type":"enum","name":"Kind","symbols":["A"]}'
BASE = f'{{"type":"record","name":"com.Base","fields":[{{"name":"k","type":{KIND}}}]}}'
USER = '{"type":"record","name":"com.User","fields":[{"name":"b","type":"com.Base"},{"name":"k","type":"Kind"}]}'
TOP = '{"type":"record","name":"com.Top","fields":[{"name":"u","type":"User"},{"name":"b","type":"Base"}]}'


def to(subject, version=1, name="com.Base"):
    return {"name": name, "subject": subject, "version": version}


async def test_a_schema_may_use_the_types_of_those_it_refers_to(api):
    await api.register("base", BASE)
    user = await api.register("user", USER, references=[to("base")])
    fields = '[{"name":"b","type":"Base"},{"name":"k","type":"Kind"}]'
    stored = f'{{"type":"record","name":"User","namespace":"com","fields":{fields}}}'
    assert await api.get(f"/schemas/ids/{user}") == (200, {"references": [to("base")], "schema": stored})
    assert (await api.get("/subjects/user/versions/1"))[1]["references"] == [to("base")]
    top = await api.register("top", TOP, references=[to("user", name="com.User"), to("base")])
    assert await api.register("top", TOP, references=[to("user", name="com.User"), to("base")]) == top
    assert (await api.post("/subjects/top", {"schema": TOP, "references": [to("user", name="u"), to("base")]}))[
        0
    ] == 404


async def test_references_reach_through_what_they_refer_to(api):
    await api.register("base", BASE)
    await api.register("user", USER, references=[to("base")])
    assert (await api.post("/subjects/top/versions", {"schema": TOP, "references": [to("user", name="com.User")]}))[
        0
    ] == 200


async def test_the_schema_can_be_had_in_one_piece(api):
    await api.register("base", BASE)
    user = await api.register("user", USER, references=[to("base")])
    _, answer = await api.get(f"/schemas/ids/{user}?format=resolved")
    assert '"name":"b","type":{"type":"record","name":"Base"' in answer["schema"]
    assert (await api.get(f"/schemas/ids/{user}?format=unheard-of"))[1]["schema"].count("Base") == 1


async def test_a_reference_to_the_latest_is_pinned_to_its_number(api):
    await api.register("base", BASE)
    user = await api.register("user", USER, references=[to("base", -1)])
    assert (await api.get(f"/schemas/ids/{user}"))[1]["references"] == [to("base", 1)]


@pytest.mark.parametrize("reference", [to("none"), to("base", 2), to("none", -1), to("base", 0)])
async def test_a_reference_to_nothing_is_422(api, log, reference):
    await api.register("base", BASE)
    status, answer = await api.post("/subjects/user/versions", {"schema": USER, "references": [reference]})
    assert (status, answer["error_code"]) == (422, 42201)
    assert "No schema reference found for subject" in answer["message"]
    assert len(log.records) == 1


async def test_an_undefined_name_is_named(api):
    status, answer = await api.post("/subjects/user/versions", {"schema": USER})
    assert (status, answer["error_code"]) == (422, 42201)
    assert '/fields/0/type: "com.Base" is not a defined name' in answer["message"]


async def test_a_version_that_is_referred_to_cannot_be_deleted(api):
    await api.register("base", BASE)
    await api.register("user", USER, references=[to("base")])
    refused = {"error_code": 42206, "message": "One or more references exist to the schema {subject=base,version=1}."}
    assert await api.delete("/subjects/base") == (422, refused)
    assert await api.delete("/subjects/base/versions/1") == (422, refused)
    assert await api.get("/subjects/base/versions/1/referencedby") == (200, [2])
    await api.delete("/subjects/user")
    assert await api.get("/subjects/base/versions/1/referencedby") == (200, [])
    assert await api.get("/subjects/base/versions/1/referencedby?deleted=true") == (200, [2])
    assert await api.delete("/subjects/base") == (200, [1])
    assert await api.get("/subjects/base/versions/1/referencedby?deleted=true") == (200, [2])
    assert await api.get("/subjects/base/versions/1/referencedby") == (200, [])


async def test_references_are_judged_with_what_they_bring(api):
    await api.register("base", BASE)
    await api.register("user", USER, references=[to("base")])
    wider = BASE.replace('["A"]', '["A","B"]')
    await api.register("base", wider)
    status, answer = await api.post(
        "/compatibility/subjects/user/versions/latest", {"schema": USER, "references": [to("base", 2)]}
    )
    assert (status, answer) == (200, {"is_compatible": True})
    await api.put("/config/user", {"compatibility": "FORWARD"})
    _, answer = await api.post(
        "/compatibility/subjects/user/versions/latest?verbose=true", {"schema": USER, "references": [to("base", 2)]}
    )
    assert answer["is_compatible"] is False
    assert "'[B]' at path '/fields/0/type/fields/0/type/symbols'" in answer["messages"][0]


async def test_references_stay_within_their_context(api):
    await api.register(":.dev:base", BASE)
    assert await api.register(":.dev:user", USER, references=[to("base")]) == 2
    assert (await api.post("/subjects/user/versions", {"schema": USER, "references": [to("base")]}))[0] == 422
    assert await api.register("user", USER, references=[to(":.dev:base")]) == 1
    assert (await api.delete("/subjects/:.dev:base"))[1]["error_code"] == 42206


async def test_references_that_lead_in_a_ring_are_refused(api, log):
    """Nobody can register a ring; a record that somebody else wrote into the log may make one."""
    await api.register("base", BASE)
    await api.register("user", USER, references=[to("base")])
    definition = Definition("AVRO", BASE, (Reference("com.User", "user", 1),))
    await log.append(schema_key("base", 1), SchemaValue("base", 1, 50, definition).encode())
    body = {"schema": TOP, "references": [to("user", name="com.User")]}
    status, answer = await api.post("/subjects/top/versions", body)
    assert (status, answer["error_code"]) == (422, 42201)
    assert "leads back to itself" in answer["message"]
    assert (await api.get("/schemas/ids/50"))[0] == 200


async def test_references_are_followed_a_hundred_levels_and_no_further(api):
    def body(level):
        used = f"c.C{level - 1}" if level else "int"
        text = json.dumps(
            {"type": "record", "name": f"C{level}", "namespace": "c", "fields": [{"name": "x", "type": used}]}
        )
        return {"schema": text, "references": [to(f"chain{level - 1}", name=used)] if level else []}

    for level in range(102):
        assert (await api.post(f"/subjects/chain{level}/versions", body(level)))[0] == 200, level
    status, answer = await api.post("/subjects/chain102/versions", body(102))
    assert (status, answer["message"]) == (422, "References are nested more than 100 deep, at c.C0")
