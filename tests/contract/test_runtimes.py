"""What every runtime owes its sandbox, whichever it is. Attach joins this list when it is built."""

from __future__ import annotations

import json
import shutil
import time
import urllib.error
import urllib.request
from typing import Any

import pytest

from sandbox.errors import UsageError

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(400)]

SERVICES = ("schema-registry", "capsule", "odyssey", "plato", "audit")


def is_state(box: Any, name: str, state: str) -> Any:
    return lambda: box.component(name)["state"] == state


def others(box: Any, name: str) -> set[str]:
    return {each["state"] for each in box.status()["components"] if each["name"] != name}


def test_ready_is_proven_on_every_link(box: Any) -> None:
    status = box.status()
    assert (status["runtime"], status["ready"]) == (box.kind, True)
    assert {each["name"] for each in status["components"]} == {"kafka", *SERVICES}
    proven = " · ".join(each["what"] for each in status["proof"])
    for link in ("record produced and consumed", "schema registered", "capsule", "odyssey", "plato", "groups joined"):
        assert link in proven


async def test_a_client_on_this_machine_is_told_addresses_that_it_reaches(box: Any) -> None:
    from aiokafka import AIOKafkaConsumer, AIOKafkaProducer

    servers = box.status()["endpoints"]["kafka"]
    producer = AIOKafkaProducer(bootstrap_servers=servers, acks="all")
    consumer = AIOKafkaConsumer("odyssey.actors", bootstrap_servers=servers, auto_offset_reset="earliest")
    await producer.start()
    await consumer.start()
    try:
        sent = await producer.send_and_wait("odyssey.actors", b"{}", key=b"from-the-host", partition=0)
        async for record in consumer:
            if (record.partition, record.offset) == (0, sent.offset):
                assert record.key == b"from-the-host"
                break
    finally:
        await consumer.stop()
        await producer.stop()


def test_a_neighbour_of_the_sandbox_reaches_everything(box: Any) -> None:
    """On this machine another process; on Docker a throw-away container in the same network."""
    assert box.ask_from_outside(box.outside_addresses()) == "ok"


def test_what_the_services_do_arrives_at_the_engine_as_facts(box: Any, eventually: Any) -> None:
    client = box.client()

    def served() -> int:
        rows = client.get("/v1/counts")["rows"]
        return sum(row["count"] for row in rows if row["kind"] == "RequestServed" and row["source"] == "capsule")

    before = served()
    url = box.status()["endpoints"]["capsule"]
    with urllib.request.urlopen(f"{url}/api/v1/capsules", timeout=10) as answer:
        assert json.loads(answer.read())["data"]
    eventually(lambda: served() > before)


@pytest.mark.spec(
    "KAFKA-AUDIT",
    "OVERVIEW-KAFKA",
    "OVERVIEW-REST",
    "OVERVIEW-WEBSOCKET",
    "REST-CAPSULES-GET",
    "REST-CAPSULES-LIST",
    "REST-HISTORY-ENTITY",
    "TRACE-CORRELATION-ID",
    "TRACE-KAFKA",
    "WS-CONNECT",
)
def test_the_golden_path_passes(box: Any) -> None:
    """The verdict does not depend on the runtime."""
    done = box.command("scenario", "run", "golden-path")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "passed" in done.stdout + done.stderr


def test_a_service_fails_on_purpose_until_the_fault_is_removed(box: Any) -> None:
    url = f"{box.status()['endpoints']['capsule']}/api/v1/capsules"
    box.ok("fault", "add", "http-status", "--on", "capsule", "--status", "503", "--as", "outage")
    with pytest.raises(urllib.error.HTTPError, match="503"):
        urllib.request.urlopen(url, timeout=10)
    box.ok("fault", "remove", "outage")
    with urllib.request.urlopen(url, timeout=10) as answer:
        assert answer.status == 200


def test_connections_break_off_and_the_registry_fails_as_on_every_runtime(box: Any) -> None:
    ends = box.status()["endpoints"]
    box.ok("fault", "add", "reset", "--on", "capsule", "--path", "/api/v1/capsules", "--first", "1")
    box.ok("fault", "add", "http-status", "--on", "schema-registry", "--status", "503", "--path", "/subjects")
    with pytest.raises(OSError):  # a proxy of ports may turn the reset into an end
        urllib.request.urlopen(f"{ends['capsule']}/api/v1/capsules", timeout=10)
    with pytest.raises(urllib.error.HTTPError, match="503"):
        urllib.request.urlopen(f"{ends['schema_registry']}/subjects", timeout=10)
    assert sorted(each["hits"] for each in json.loads(box.ok("fault", "list", "--json"))) == [1, 1]
    box.ok("fault", "remove", "--all")
    for url in (f"{ends['capsule']}/api/v1/capsules", f"{ends['schema_registry']}/subjects"):
        with urllib.request.urlopen(url, timeout=10) as answer:
            assert answer.status == 200


def test_the_story_of_an_outage_passes(box: Any) -> None:
    """Faults, breaker, fallback and recovery, judged as on every other runtime."""
    done = box.command("scenario", "run", "capsule-outage")
    assert done.returncode == 0, done.stdout + done.stderr


def test_everything_says_whose_it_is(box: Any) -> None:
    mine = {"butterfly.sandbox.name": box.name, "butterfly.sandbox.state": str(box.state_root / box.name)}
    assert all(labels.items() >= mine.items() for labels in box.labels())
    assert len(box.labels()) == (11 if box.kind == "docker" else 0)  # six containers, a network, four volumes


def test_doctor_finds_nothing_in_the_way(box: Any) -> None:
    found = box.examine()
    assert {each["verdict"] for each in found.values()} <= {"ok", "warning"}
    assert "which is running" in found["ports"]["finding"] and found["leftovers"]["verdict"] == "ok"
    if box.kind == "docker":
        reached = [*box.outside_addresses(), "host.docker.internal:"]
        assert all(address in found["docker network"]["finding"] for address in reached)
        assert {found[f"docker {what}"]["verdict"] for what in ("compose", "images", "network", "leftovers")} == {"ok"}


def test_the_log_of_each_component_can_be_read(box: Any) -> None:
    for name in ("capsule", "plato", "kafka"):
        assert box.ok("logs", name, "--tail", "5").strip(), name


def test_a_paused_broker_is_degraded_and_goes_on_where_it_was(box: Any, eventually: Any) -> None:
    before = box.publish("before-pause")
    assert box.operate("kafka", "pause")["state"] == "degraded"
    assert box.component("kafka")["detail"] == "paused"
    time.sleep(1.5)  # longer than a health check
    assert box.component("kafka")["state"] == "degraded"
    assert box.operate("kafka", "resume")["state"] == "ready"
    eventually(lambda: box.publish("after-pause") > before, 30.0)


def test_faults_disturb_the_broker_and_a_service_until_they_are_removed(box: Any, eventually: Any) -> None:
    before = box.publish("before-faults")
    box.ok("fault", "add", "broker-pause", "--on", "kafka", "--as", "frozen")
    assert (box.component("kafka")["state"], box.component("kafka")["detail"]) == ("degraded", "paused")
    box.ok("fault", "remove", "frozen")
    eventually(lambda: box.publish("after-pause") > before, 30.0)
    box.ok("fault", "add", "broker-kill", "--on", "kafka", "--as", "dead")
    assert box.component("kafka")["state"] == "failed"
    box.ok("fault", "add", "service-crash", "--on", "plato", "--as", "crash")
    assert box.component("plato")["state"] == "failed"
    assert len(json.loads(box.ok("fault", "list", "--json"))) == 2
    box.ok("fault", "remove", "--all")
    assert {box.component(name)["state"] for name in ("kafka", "plato")} == {"ready"}
    eventually(lambda: box.publish("after-faults") > before + 1, 60.0)


def test_a_paused_service_is_degraded_until_it_is_resumed(box: Any, eventually: Any) -> None:
    box.operate("plato", "pause")
    assert box.component("plato")["state"] == "degraded"
    box.operate("plato", "resume")
    eventually(is_state(box, "plato", "ready"))


def test_a_killed_service_is_noticed_and_mended_on_request(box: Any, eventually: Any) -> None:
    box.operate("capsule", "kill")
    eventually(is_state(box, "capsule", "failed"), 3.0)
    assert "signal 9" in box.component("capsule")["detail"]
    assert box.component("kafka")["state"] == "ready"
    assert box.operate("capsule", "restart")["state"] == "ready"
    assert box.component("capsule")["restarts"] >= 1
    eventually(lambda: box.status()["ready"], 60.0)


def test_a_killed_broker_is_noticed_and_keeps_its_records(box: Any, eventually: Any) -> None:
    before = box.publish("before-kill")
    box.operate("kafka", "kill")
    eventually(is_state(box, "kafka", "failed"), 3.0)
    assert "signal 9" in box.component("kafka")["detail"]
    assert box.operate("kafka", "restart")["state"] == "ready"
    eventually(lambda: box.status()["ready"], 90.0)
    assert box.records() == before
    assert box.publish("after-kill") == before + 1


@pytest.mark.parametrize("name", ["kafka", "capsule"])
def test_what_was_killed_can_be_started_at_once(box: Any, name: str, eventually: Any) -> None:
    assert box.operate(name, "kill")["state"] == "failed"
    assert box.operate(name, "start")["state"] == "ready"
    eventually(lambda: box.status()["ready"], 90.0)


@pytest.mark.parametrize("name", ["kafka", "odyssey"])
def test_what_was_stopped_can_be_started_again(box: Any, name: str, eventually: Any) -> None:
    assert box.operate(name, "stop")["state"] == "stopped"
    assert box.operate(name, "start")["state"] == "ready"
    eventually(lambda: box.status()["ready"], 90.0)


def test_the_broker_restarts_in_good_order(box: Any, eventually: Any) -> None:
    before = box.publish("before-restart")
    assert box.operate("kafka", "restart")["state"] == "ready"
    eventually(lambda: box.status()["ready"], 90.0)
    assert box.records() == before


def test_a_component_off_the_network_comes_back_at_the_same_addresses(box: Any, eventually: Any) -> None:
    """Only Docker has a network to be taken off; elsewhere the request is refused with the way out."""
    if not box.can_disconnect:
        with pytest.raises(UsageError, match="network"):
            box.operate("kafka", "disconnect")
        return
    for name in ("kafka", "plato"):
        assert box.operate(name, "disconnect")["detail"] == "disconnected from the network"
        assert box.component(name)["state"] == "degraded"
        box.operate(name, "connect")
        eventually(is_state(box, name, "ready"), 30.0)
    box.operate("capsule", "disconnect")
    assert box.operate("capsule", "restart")["state"] == "ready"
    assert box.ask_from_outside(box.outside_addresses()) == "ok"
    before = box.records()
    eventually(lambda: box.publish("back") > before, 30.0)


def test_down_leaves_nothing_running_and_up_finds_the_data_again(box: Any, eventually: Any) -> None:
    before, endpoints = box.publish("kept"), box.status()["endpoints"]
    box.down(folder=box.elsewhere)
    assert box.leftovers() == []
    assert box.data() != []
    status = box.up()
    assert status["endpoints"] == endpoints
    assert box.records() == before


def test_a_killed_engine_leaves_nothing_after_down_from_any_folder(box: Any, eventually: Any) -> None:
    box.kill_engine()
    assert box.command("status").returncode == 3
    box.down(folder=box.elsewhere)
    eventually(lambda: box.leftovers() == [])


def test_doctor_finds_what_a_killed_engine_left_and_clears_it(box: Any, eventually: Any) -> None:
    box.kill_engine()
    left = [each for each in box.examine().values() if each["name"].endswith("leftovers")]
    assert any(each["verdict"] == "warning" and box.name in each["finding"] for each in left)
    assert all("doctor --fix" in each["way_out"] for each in left if each["verdict"] == "warning")
    box.examine("--fix")
    eventually(lambda: box.leftovers() == [])
    assert box.data() != []


def test_up_right_after_the_engine_was_killed_works(box: Any) -> None:
    before = box.publish("kept through a crash")
    box.kill_engine()
    assert box.up()["ready"]
    assert box.records() == before


def test_fresh_drops_what_was_kept(box: Any) -> None:
    box.publish("to be dropped")
    box.down()
    assert box.up("--fresh")["ready"]
    assert box.records() == 0


def test_purge_leaves_not_even_data(box: Any, eventually: Any) -> None:
    box.down("--purge", folder=box.elsewhere)
    eventually(lambda: box.leftovers() == [])
    assert box.data() == []
    assert not (box.state_root / box.name).exists()


def test_down_all_clears_even_what_has_lost_its_state_folder(box: Any, eventually: Any) -> None:
    box.kill_engine()
    eventually(lambda: box.kind == "docker" or box.leftovers() == [])  # no process outlives the engine; containers do
    shutil.rmtree(box.state_root / box.name)
    box.ok("down", "--all", folder=box.elsewhere)
    eventually(lambda: box.leftovers() == [])
    assert box.data() == []
