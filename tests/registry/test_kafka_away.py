import asyncio
import random

from sandbox.clock import SystemClock
from sandbox.registry.memory_log import MemoryLog
from sandbox.registry.service import RegistryService

R1 = '{"type":"record","name":"R","fields":[]}'


async def test_writes_are_refused_while_kafka_is_away_and_nothing_is_stored(api, log):
    await api.register("s", R1)
    log.set_available(False)
    calls = (
        api.post("/subjects/s/versions", {"schema": R1.replace('"R"', '"R","doc":"new"')}),
        api.post("/subjects/new/versions", {"schema": R1}),
        api.put("/config", {"compatibility": "NONE"}),
        api.put("/mode/s", {"mode": "READONLY"}),
        api.delete("/subjects/s"),
        api.delete("/subjects/s/versions/1"),
    )
    for status, answer in await asyncio.gather(*calls):
        assert (status, answer["error_code"]) == (500, 50003)
    assert (await api.post("/subjects/s/versions", {"schema": R1})) == (200, {"id": 1})
    assert (await api.get("/schemas/ids/1"))[0] == 200
    assert (await api.get("/schemas/ids/2"))[1]["error_code"] == 40403
    log.set_available(True)
    assert len(log.records) == 1
    assert await api.get("/subjects/s/versions") == (200, [1])
    assert await api.get("/config") == (200, {"compatibilityLevel": "BACKWARD"})
    assert (await api.post("/subjects/new/versions", {"schema": R1}))[0] == 200


async def test_a_registry_that_starts_without_kafka_says_so_and_recovers_by_itself(start, monkeypatch):
    monkeypatch.setattr("sandbox.registry.writer.RETRY_WAIT_S", 0.01)
    log = MemoryLog()
    log.set_available(False)
    api = await start(log, start_wait_s=0.01)
    assert await api.get("/") == (200, {})
    for path in ("/subjects", "/subjects/s/versions", "/schemas/ids/1", "/config", "/mode", "/schemas", "/contexts"):
        status, answer = await api.get(path)
        assert (status, answer["error_code"]) == (500, 50003), path
    assert (await api.post("/subjects/s/versions", {"schema": R1}))[1]["error_code"] == 50003
    assert api.service.status()["ready"] is False
    assert api.service.status()["lastError"] == "Kafka is away"
    log.set_available(True)
    async with asyncio.timeout(10):
        while not api.service.status()["ready"]:
            await asyncio.sleep(0.05)
    assert await api.register("s", R1) == 1


async def test_a_write_that_does_not_come_back_in_time_is_50002(start, monkeypatch):
    monkeypatch.setattr("sandbox.registry.writer.APPLY_WAIT_S", 0.01)
    log = MemoryLog()
    api = await start(log)
    log._wake = lambda: None
    status, answer = await api.post("/subjects/s/versions", {"schema": R1})
    assert (status, answer["error_code"]) == (500, 50002)


async def test_stopping_twice_or_before_starting_is_harmless(start, facts):
    service = RegistryService(MemoryLog(), facts, SystemClock(), rng=random.Random(0))
    await service.stop()
    await service.start()
    await service.stop()
    await service.stop()
