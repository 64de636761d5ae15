"""The real Kafka."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from sandbox.errors import ComponentFailed, EnvironmentFailure
from sandbox.runtime.embedded.aot import cache_file
from sandbox.runtime.embedded.broker import EmbeddedBroker
from sandbox.runtime.ports import free_port, is_free

pytestmark = pytest.mark.e2e

ENGINE = """
import asyncio, sys, time
from pathlib import Path
from sandbox.runtime.embedded.broker import EmbeddedBroker
broker = EmbeddedBroker(Path(sys.argv[1]), cache_dir=Path(sys.argv[2]), port=int(sys.argv[3]), offline=True)
broker.start()
print(broker.pid, *sorted({"aiohttp", "aiokafka", "pydantic", "filelock", "psutil", "jgo"} & sys.modules.keys()))
asyncio.run(broker.wait_listening())
print("listening", flush=True)
time.sleep(60)
"""


@pytest.fixture(scope="module")
def shared(kafka_cache: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedBroker]:
    """A broker for several tests, started in a hostile environment: its controller's port taken, Java options set."""
    folder = tmp_path_factory.mktemp("shared")
    with socket.create_server(("127.0.0.1", 0)) as server, pytest.MonkeyPatch.context() as patch:
        for name in ("JAVA_TOOL_OPTIONS", "JDK_JAVA_OPTIONS", "_JAVA_OPTIONS"):
            patch.setenv(name, "-Xmx1")
        taken = server.getsockname()[1]
        broker = EmbeddedBroker(folder, cache_dir=kafka_cache, port=free_port(), controller_port=taken, offline=True)
        broker.start()
        asyncio.run(broker.wait_listening())
        yield broker
        asyncio.run(broker.stop())


async def create_topic(broker: EmbeddedBroker, topic: str) -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=broker.bootstrap_servers)
    await admin.start()
    try:
        await admin.create_topics([NewTopic(topic, 2, 1)])
    finally:
        await admin.close()


async def produce(broker: EmbeddedBroker, topic: str, value: bytes) -> None:
    async with AIOKafkaProducer(bootstrap_servers=broker.bootstrap_servers, acks="all") as producer:
        await producer.send_and_wait(topic, value, partition=0)


async def consume(broker: EmbeddedBroker, topic: str, count: int) -> list[bytes]:
    async with AIOKafkaConsumer(bootstrap_servers=broker.bootstrap_servers, auto_offset_reset="earliest") as consumer:
        consumer.assign([TopicPartition(topic, 0)])
        async with asyncio.timeout(20):
            return [(await consumer.getone()).value for _ in range(count)]


async def test_it_takes_and_gives_records_and_leaves_nothing_when_stopped(brokers, wait_gone) -> None:
    others = {process.pid for process in psutil.Process().children(recursive=True)}
    broker = brokers()
    broker.start()
    pid = broker.pid
    await broker.wait_listening()
    await create_topic(broker, "orders")
    await produce(broker, "orders", b"one")
    assert await consume(broker, "orders", 1) == [b"one"]
    assert 50_000_000 < broker.rss_bytes < 500_000_000
    assert await broker.stop() == 128 + signal.SIGTERM
    assert wait_gone(pid, 0)
    assert is_free(broker.port)
    assert (broker.pid, broker.rss_bytes) == (None, None)
    assert {process.pid for process in psutil.Process().children(recursive=True)} <= others


async def test_transactions_work_as_on_a_formatted_cluster(shared: EmbeddedBroker) -> None:
    await create_topic(shared, "orders")
    async with AIOKafkaProducer(bootstrap_servers=shared.bootstrap_servers, transactional_id="t") as producer:
        async with producer.transaction():
            await producer.send("orders", b"kept", partition=0)
        with contextlib.suppress(ValueError):
            async with producer.transaction():
                await producer.send("orders", b"dropped", partition=0)
                raise ValueError
        async with producer.transaction():
            await producer.send("orders", b"last", partition=0)
    consumer = AIOKafkaConsumer(
        bootstrap_servers=shared.bootstrap_servers, auto_offset_reset="earliest", isolation_level="read_committed"
    )
    async with consumer:
        consumer.assign([TopicPartition("orders", 0)])
        async with asyncio.timeout(20):
            assert [(await consumer.getone()).value for _ in range(2)] == [b"kept", b"last"]


async def test_records_and_topics_survive_a_stop_and_a_kill(brokers) -> None:
    broker = brokers()
    broker.start()
    await broker.wait_listening()
    meta = (broker.data_dir / "logs" / "meta.properties").read_text()
    await create_topic(broker, "orders")
    await produce(broker, "orders", b"one")
    await broker.restart()
    await produce(broker, "orders", b"two")
    broker.kill()
    assert await broker.wait_exit() == -signal.SIGKILL
    broker.start()
    # The controller takes the dead incarnation for alive during its session, 9 s by default.
    await broker.wait_listening(8)
    assert await consume(broker, "orders", 2) == [b"one", b"two"]
    assert (broker.data_dir / "logs" / "meta.properties").read_text() == meta


async def test_its_death_is_noticed_within_a_second_and_described(brokers) -> None:
    broker = brokers()
    broker.start()
    await broker.wait_listening()
    waiting = asyncio.create_task(broker.wait_exit())
    await asyncio.sleep(0)
    os.kill(broker.pid, signal.SIGKILL)
    assert await asyncio.wait_for(waiting, 1) == -signal.SIGKILL
    assert broker.describe_end() == "ended by signal 9"
    assert broker.log.lines(1) != []


async def test_paused_it_keeps_its_port_and_answers_nothing_until_resumed(shared: EmbeddedBroker, answers) -> None:
    assert answers(shared, 10)
    shared.pause()
    try:
        assert not answers(shared, 0.3)
    finally:
        shared.resume()
    assert answers(shared, 10)


async def test_both_loopback_addresses_answer(shared: EmbeddedBroker) -> None:
    for host in ("127.0.0.1", "::1"):
        with socket.create_connection((host, shared.port), timeout=5):
            pass


def test_options_in_the_environment_and_a_taken_controller_port_do_not_matter(shared: EmbeddedBroker) -> None:
    assert shared.pid is not None
    assert shared.remark is None


async def test_beyond_loopback_the_machines_own_processes_have_a_listener_for_themselves(brokers) -> None:
    local_port = free_port()
    broker = brokers(listen=("0.0.0.0",), advertise="unreachable.invalid", local_port=local_port)
    broker.start()
    await broker.wait_listening()
    assert broker.bootstrap_servers == f"127.0.0.1:{local_port}"
    await create_topic(broker, "orders")
    await produce(broker, "orders", b"one")
    async with AIOKafkaProducer(bootstrap_servers=broker.bootstrap_servers) as producer:
        assert [node.port for node in producer.client.cluster.brokers()] == [local_port]
    with socket.create_connection(("127.0.0.1", broker.port), timeout=5):
        pass


async def test_a_taken_port_ends_the_start_with_the_reason(brokers) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        broker = brokers(port=server.getsockname()[1])
        broker.start()
        assert await asyncio.wait_for(broker.wait_exit(), 60) == 1
    assert broker.describe_end().startswith("ended with exit code 1: Exiting Kafka due to fatal exception")
    assert broker.describe_end().endswith("Address already in use")
    with pytest.raises(ComponentFailed, match="Address already in use") as failed:
        await broker.wait_listening(5)
    assert str(broker.log.file) in failed.value.hint
    assert broker.remark is None


def test_two_brokers_cannot_share_data(
    shared: EmbeddedBroker, kafka_cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sandbox.runtime.embedded.broker.PREDECESSOR_LIMIT_S", 0.1)
    second = EmbeddedBroker(shared.data_dir, cache_dir=kafka_cache, port=free_port(), offline=True)
    with pytest.raises(ComponentFailed, match="another Kafka"):
        second.start()


async def test_a_start_up_cache_that_java_refuses_is_told_and_dropped(brokers, own_cache: Path) -> None:
    cache_file(own_cache).write_bytes(b"no cache at all")
    broker = brokers(cache_dir=own_cache)
    broker.start()
    await broker.wait_listening()
    assert broker.remark.startswith("started without the start-up cache, which Java could not use: ")
    assert not cache_file(own_cache).exists()


def test_data_that_cannot_be_written_is_told(brokers, tmp_path: Path) -> None:
    (tmp_path / "kafka").write_text("in the way")
    with pytest.raises(EnvironmentFailure, match="data cannot be written") as failed:
        brokers().start()
    assert str(tmp_path / "kafka") in failed.value.where


async def test_what_never_started_can_be_stopped_killed_and_asked(brokers) -> None:
    broker = brokers()
    assert await broker.stop() is None
    broker.kill()
    broker.pause()
    broker.resume()
    assert broker.describe_end() == "is not running"
    assert (broker.pid, broker.exit_code, broker.rss_bytes, broker.log.lines(9)) == (None, None, None, [])
    with pytest.raises(ComponentFailed, match="not started"):
        await broker.wait_exit()


@pytest.mark.parametrize("stopped", [False, True], ids=["running", "stopped"])
def test_it_dies_with_a_killed_engine_and_starts_again(
    kafka_cache: Path, tmp_path: Path, wait_gone, stopped: bool
) -> None:
    command = [sys.executable, "-c", ENGINE, tmp_path / "kafka", kafka_cache, str(free_port())]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as engine:
        words = engine.stdout.readline().split()
        pid, imported = int(words[0]), words[1:]
        assert engine.stdout.readline() == "listening\n"
        if stopped:
            os.kill(pid, signal.SIGSTOP)
        engine.kill()
    assert imported == []
    broker = EmbeddedBroker(tmp_path / "kafka", cache_dir=kafka_cache, port=free_port(), offline=True)
    started = time.monotonic()
    broker.start()  # waits for the predecessor to let go of the data
    try:
        assert wait_gone(pid, 1)
        asyncio.run(broker.wait_listening())
        assert time.monotonic() - started < 20
    finally:
        asyncio.run(broker.stop())
