"""The registry on the real Kafka: several instances on one topic, and a broker that goes away and comes back."""

import asyncio
import contextlib
import os
import random
from pathlib import Path

import pytest
from platformdirs import user_cache_path

from sandbox.clock import SystemClock
from sandbox.kafka.cluster import Cluster
from sandbox.kafka.compacted_log import CompactedLog
from sandbox.registry.definition import Definition
from sandbox.registry.ports import LogRecord, RecordTooLarge
from sandbox.registry.refusal import Refusal
from sandbox.registry.registration import Wanted
from sandbox.registry.service import RegistryService
from sandbox.runtime.embedded.broker import EmbeddedBroker, free_port

pytestmark = pytest.mark.e2e


@pytest.fixture
async def broker(tmp_path):
    cache = Path(os.environ.get("SANDBOX_CACHE_DIR") or user_cache_path("butterfly-sandbox"))
    node = EmbeddedBroker(tmp_path / "kafka", cache_dir=cache, port=free_port())
    node.start()
    await node.wait_listening()
    yield node
    await node.stop()


@pytest.fixture
async def instance(broker, facts):
    started = []

    async def one(seed=0):
        log = CompactedLog(Cluster(broker.bootstrap_servers), make_record=LogRecord, too_large=RecordTooLarge)
        service = RegistryService(log, facts, SystemClock(), rng=random.Random(seed))
        await service.start()
        started.append(service)
        return service

    yield one
    for service in started:
        await service.stop()


def wanted(subject, type_="int", doc=""):
    text = f'{{"type":"record","name":"R","doc":"{doc}","fields":[{{"name":"a","type":"{type_}"}}]}}'
    return Wanted(subject, Definition("AVRO", text))


def held(service):
    state = service.registry.state
    return {(each.subject, each.number): (each.schema.id, each.deleted) for each in state.every_version()}


@pytest.mark.spec("REGISTRY-STORE")
async def test_instances_on_one_topic_agree_and_a_later_one_reads_it_all(instance):
    first, second = await instance(1), await instance(2)
    jobs = [
        service.registry.registration.register(wanted(f"s{number}", doc=str(number % 7)))
        for number in range(20)
        for service in (first, second)
    ]
    done = await asyncio.gather(*jobs)
    by_schema = {}
    for version in done:
        by_schema.setdefault(version.schema.definition.text, set()).add(version.schema.id)
    assert len(by_schema) == 7
    assert all(len(ids) == 1 for ids in by_schema.values())
    answers = await asyncio.gather(
        first.registry.registration.register(wanted("both", "int")),
        second.registry.registration.register(wanted("both", "string")),
        return_exceptions=True,
    )
    assert [type(each) for each in answers].count(Refusal) == 1
    await first.registry.deletion.delete_subject("s1", permanent=False)
    await first.registry.deletion.delete_subject("s1", permanent=True)
    later = await instance(3)
    await second.registry.writer.catch_up()
    assert held(first) == held(second) == held(later)


async def test_a_schema_beyond_kafkas_limit_is_too_large(instance):
    service = await instance()
    with pytest.raises(Refusal) as caught:
        await service.registry.registration.register(wanted("s", doc=random.Random(1).randbytes(1_500_000).hex()))
    assert caught.value.code == 42209
    assert (await service.registry.registration.register(wanted("s"))).number == 1


async def test_writes_are_refused_while_the_broker_is_away_and_go_on_when_it_is_back(instance, broker):
    service = await instance()
    registered = await service.registry.registration.register(wanted("s"))
    await broker.stop()
    async with asyncio.timeout(20):
        with pytest.raises(Refusal) as caught:
            await service.registry.registration.register(wanted("t", doc="while away"))
    assert (caught.value.code, caught.value.status) == (50003, 500)
    assert await service.registry.schema(registered.schema.id, None)
    broker.start()
    await broker.wait_listening()
    async with asyncio.timeout(30):
        again = None
        while again is None:
            with contextlib.suppress(Refusal):
                again = await service.registry.registration.register(wanted("u", doc="back"))
    assert again.schema.id > registered.schema.id
    later = await instance()
    assert held(later) == held(service)
