import asyncio
import json
import random

from sandbox.registry.definition import Definition
from sandbox.registry.memory_log import MemoryLog
from sandbox.registry.records import SchemaValue, base_header, schema_key


class SlowLog(MemoryLog):
    """A log whose appends and reads take a while, each another, so that instances overtake one another."""

    def __init__(self, seed):
        super().__init__()
        self._rng = random.Random(seed)

    async def append(self, key, value, *, headers=()):
        for _ in range(self._rng.randrange(8)):
            await asyncio.sleep(0)
        return await super().append(key, value, headers=headers)

    async def follow(self, apply, replayed=None):
        rng = random.Random(self._rng.random())
        position = 0
        while True:
            arrived = self._arrived
            batch = self.records[position : position + rng.randint(1, 3)]
            if batch:
                apply(batch)
                position += len(batch)
            if replayed is not None and position >= len(self.records):
                replayed()
                replayed = None
            if position < len(self.records):
                for _ in range(rng.randrange(6)):
                    await asyncio.sleep(0)
            else:
                await arrived.wait()


def ids(api):
    return {
        schema_id: stored.definition.text
        for schema_id, stored in api.service.registry.state.contexts["."].by_id.items()
    }


def held(api):
    state = api.service.registry.state
    return {(v.subject, v.number): (v.schema.id, v.schema.definition.text, v.deleted) for v in state.every_version()}


def schema(name, extra=0):
    fields = [{"name": f"f{number}", "type": ["null", "int"], "default": None} for number in range(extra)]
    return {"type": "record", "name": name, "fields": fields}


async def test_a_second_instance_sees_what_the_first_wrote(start):
    first, second = await start(), await start()
    schema_id = await first.register("s", schema("R"))
    assert (await second.get(f"/schemas/ids/{schema_id}"))[0] == 200
    assert (await second.get("/subjects/s/versions/latest"))[0] == 200
    await second.put("/config/s", {"compatibility": "NONE"})
    assert await second.register("s", '"string"') == 2
    assert (await first.get("/schemas/ids/2")) == (200, {"schema": '"string"'})
    assert (await first.get("/config/s")) == (200, {"compatibilityLevel": "NONE"})


async def test_an_instance_started_later_has_the_same_answers(start):
    first = await start()
    await first.register("s", schema("R"))
    await first.register("s", schema("R", 1))
    await first.register("t", schema("T"))
    await first.delete("/subjects/t")
    await first.put("/mode/s", {"mode": "READONLY"})
    second = await start()
    for path in (
        "/subjects",
        "/subjects?deleted=true",
        "/subjects/s/versions/2",
        "/schemas/ids/3",
        "/mode/s",
        "/schemas",
    ):
        assert await second.get(path) == await first.get(path)


async def test_instances_never_give_two_schemas_one_id_nor_one_schema_two(start):
    for seed in range(12):
        log = SlowLog(seed)
        instances = [await start(log, seed=number) for number in range(3)]
        jobs = [
            api.register(f"subject-{number % 5}", schema(f"R{number % 5}", number % 4))
            for number in range(20)
            for api in instances
        ]
        given = await asyncio.gather(*jobs)
        for api in instances:
            await api.service.registry.writer.catch_up()
        assert held(instances[0]) == held(instances[1]) == held(instances[2])
        texts = ids(instances[0])
        assert len(set(texts.values())) == len(texts)
        assert set(given) == set(texts)
        assert all(not api.service.registry.state.unrepaired for api in instances)
        log.compact()
        later = await start(log)
        assert held(later) == held(instances[0])


async def test_incompatible_schemas_registered_at_once_cannot_both_win(start):
    for seed in range(6):
        log = SlowLog(seed)
        first, second = await start(log), await start(log)
        one = json.dumps({"type": "record", "name": "R", "fields": [{"name": "a", "type": "int"}]})
        other = json.dumps({"type": "record", "name": "R", "fields": [{"name": "a", "type": "string"}]})
        answers = await asyncio.gather(
            first.post("/subjects/s/versions", {"schema": one}), second.post("/subjects/s/versions", {"schema": other})
        )
        assert sorted(status for status, _ in answers) == [200, 409]


async def test_a_conflict_left_behind_by_a_writer_that_ended_is_repaired(start, log, monkeypatch):
    monkeypatch.setattr("sandbox.registry.writer.REPAIR_WAIT_S", 0.01)
    first = await start()
    await first.register("s", schema("R"))
    lost = SchemaValue("s", 1, 9, Definition("AVRO", '"long"'))
    await log.append(schema_key("s", 1), lost.encode(), headers=base_header(-1))
    state = first.service.registry.state
    assert (await first.get("/subjects/s/versions/1"))[1]["id"] == 1
    async with asyncio.timeout(10):
        while state.unrepaired:
            await asyncio.sleep(0.05)
    log.compact()
    later = await start()
    assert (await later.get("/subjects/s/versions/1"))[1]["id"] == 1


async def test_a_poisoned_record_is_reported_and_skipped(start, log, facts):
    first = await start()
    await first.register("s", schema("R"))
    await log.append(b"garbage", b"\x00\x01")
    await log.append(schema_key("s", 2), b'{"subject":"s"')
    assert await first.register("t", schema("T")) == 2
    skipped = [(fact.offset, fact.outcome, fact.topic, fact.key) for fact in facts.of("RecordConsumed")]
    assert skipped[0] == (1, "skipped", "_schemas", "garbage")
    assert skipped[1][0] == 2
    status = first.service.status()
    assert status["skippedRecords"] == 2
    assert status["lastSkipped"].startswith("offset 2: the value is not JSON")
    assert status["remark"].startswith("skipped 2 records of _schemas, the last at offset 2: the value is not JSON")


async def test_a_record_of_another_registry_that_claims_an_id_twice_is_reported(start, log):
    first = await start()
    await first.register("s", schema("R"))
    value = {"subject": "t", "version": 1, "id": 1, "schema": '"int"', "deleted": False}
    await log.append(schema_key("t", 1), json.dumps(value).encode())
    await first.register("u", schema("U"))
    assert first.service.status()["lastSkipped"] == "offset 1: id 1 belongs to another schema"
    assert (await first.get("/subjects/t/versions"))[0] == 404


async def test_a_version_that_another_instance_writes_while_one_still_looks_is_not_overwritten(start, monkeypatch):
    first, second = await start(), await start()
    registration = first.service.registry.registration
    announce = registration._announce_context

    async def overtaken(context):
        monkeypatch.setattr(registration, "_announce_context", announce)
        await second.register(":.c:s", schema("R", 1))
        await first.service.registry.writer.catch_up()
        await announce(context)

    monkeypatch.setattr(registration, "_announce_context", overtaken)
    await first.register(":.c:s", schema("R", 2))
    for api in (first, second):
        _, one = await api.get("/subjects/:.c:s/versions/1")
        _, two = await api.get("/subjects/:.c:s/versions/2")
        assert (json.loads(one["schema"]), json.loads(two["schema"])) == (schema("R", 1), schema("R", 2))
