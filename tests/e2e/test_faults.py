"""Parts that die, and people who lose patience."""

from __future__ import annotations

import os
import signal
import time
import urllib.request
from typing import Any

import psutil
import pytest

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]


def component(cli: Any, name: str) -> dict[str, Any]:
    return next(each for each in cli.ok("status", "--json").json["components"] if each["name"] == name)


def quick(cli: Any) -> Any:
    from sandbox.control.quick_client import QuickClient

    env = cli.ok("env", "--json").json
    return QuickClient(env["SANDBOX_CONTROL_URL"], env["SANDBOX_TOKEN"])


def seen_failed_within(client: Any, name: str, limit_s: float) -> dict[str, Any]:
    deadline = time.monotonic() + limit_s
    while time.monotonic() < deadline:
        found = next(each for each in client.get("/v1/status")["components"] if each["name"] == name)
        if found["state"] == "failed":
            return found
        time.sleep(0.02)
    raise AssertionError(f"{name} not seen failed within {limit_s} s")


def test_kill_9_of_the_engine_leaves_nothing_and_up_works_again(cli: Any, wait_for: Any) -> None:
    status = cli.ok("up", "--ports", "auto", "--json").json
    os.kill(cli.engine(status["name"])["pid"], signal.SIGKILL)
    wait_for(lambda: cli.processes() == [], 5.0)
    done = cli.run("status")
    assert done.code == 3 and "is not running" in done.err
    again = cli.ok("up", "--ports", "auto", "--json").json
    assert again["ready"] and again["endpoints"] == status["endpoints"]


def test_up_right_after_the_engine_was_killed_waits_for_what_is_left(cli: Any) -> None:
    status = cli.ok("up", "--ports", "auto", "--only", "audit", "--json").json
    os.kill(cli.engine(status["name"])["pid"], signal.SIGKILL)
    assert cli.ok("up", "--ports", "auto", "--only", "audit", "--json").json["ready"]


def test_kill_9_of_kafka_is_noticed_within_a_second_and_mended_on_request(cli: Any, wait_for: Any) -> None:
    cli.ok("up", "--ports", "auto")
    client = quick(cli)
    os.kill(component(cli, "kafka")["pid"], signal.SIGKILL)
    failed = seen_failed_within(client, "kafka", 1.0)
    assert "signal 9" in failed["detail"]
    assert component(cli, "capsule")["state"] in ("ready", "degraded")
    client.__class__(client.url, client._token, timeout_s=60).post("/v1/components/kafka/restart")
    wait_for(lambda: client.get("/v1/status")["ready"], 60.0)
    assert component(cli, "kafka")["restarts"] == 1


def test_kill_9_of_the_services_is_noticed_and_mended_on_request(cli: Any, wait_for: Any) -> None:
    cli.ok("up", "--ports", "auto")
    client = quick(cli)
    os.kill(component(cli, "plato")["pid"], signal.SIGKILL)
    assert "signal 9" in seen_failed_within(client, "plato", 1.0)["detail"]
    assert component(cli, "kafka")["state"] == "ready"
    again = cli.ok("up", "--json")
    assert again.json["ready"] and "services had failed: starting it again" in again.err


def test_an_isolated_capsule_can_be_killed_alone(cli: Any, wait_for: Any) -> None:
    """CAPSULE runs in a process of its own; its crash leaves ODYSSEY up, which falls back to an empty history."""
    status = cli.ok("up", "--ports", "auto", "--isolate", "--json").json
    pids = {each["name"]: each["pid"] for each in status["components"]}
    assert len(set(pids.values())) == 6
    client = quick(cli)
    os.kill(pids["capsule"], signal.SIGKILL)
    seen_failed_within(client, "capsule", 1.0)
    states = {each["name"]: each["state"] for each in client.get("/v1/status")["components"]}
    assert states["capsule"] == "failed"
    assert all(state == "ready" for name, state in states.items() if name != "capsule")
    url = f"{status['endpoints']['odyssey']}/api/v1/entities/rim:entity:finance:EURUSD/history"
    with urllib.request.urlopen(url, timeout=20) as answer:
        body = answer.read().decode()
    assert '"degraded":true' in body.replace(" ", "") and answer.status == 200
    client.__class__(client.url, client._token, timeout_s=60).post("/v1/components/capsule/restart")
    wait_for(lambda: client.get("/v1/status")["ready"], 60.0)


@pytest.mark.parametrize("after_s", [0.05, 0.4, 0.8, 1.2, 1.8, 2.5])
def test_ctrl_c_in_any_phase_of_the_start_leaves_nothing(cli: Any, after_s: float) -> None:
    process = cli.popen("up", "--ports", "auto")
    time.sleep(after_s)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=30)
    assert process.returncode in (0, 130) or after_s < 0.2, err
    if process.returncode != 0:
        assert cli.processes() == []
    assert "Traceback" not in err or after_s < 0.2


def test_two_ctrl_c_end_it_at_once(cli: Any, wait_for: Any) -> None:
    process = cli.popen("up", "--ports", "auto")
    wait_for(lambda: any("java" in each.name() for each in cli.processes()), 30.0)
    process.send_signal(signal.SIGINT)
    time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=15)
    assert process.returncode == 130
    assert err.splitlines()[-1:] == ["interrupted"]
    wait_for(lambda: cli.processes() == [], 5.0)


def test_ctrl_c_in_the_foreground_stops_in_good_order(cli: Any, wait_for: Any) -> None:
    process = cli.popen("up", "--ports", "auto", "--only", "audit", "--foreground", start_new_session=True)
    wait_for(lambda: (cli.state_root / "default" / "engine.json").exists() and cli.run("wait").code == 0, 60.0)
    os.killpg(process.pid, signal.SIGINT)
    process.communicate(timeout=30)
    wait_for(lambda: cli.processes() == [], 5.0)


def test_everything_stopped_for_a_minute_goes_on(cli: Any, wait_for: Any) -> None:
    """A laptop's sleep: every process stands still for longer than sessions and time limits last."""
    status = cli.ok("up", "--ports", "auto", "--json").json
    client = quick(cli)
    processes = cli.processes()
    assert len(processes) >= 3
    for process in processes:
        process.send_signal(signal.SIGSTOP)
    time.sleep(60)
    for process in reversed(processes):
        process.send_signal(signal.SIGCONT)

    def all_ready() -> bool:
        """What was lost is noticed a moment after the first look, so both are asked for in one answer."""
        found = client.get("/v1/status")
        return found["ready"] and all(each["state"] == "ready" for each in found["components"])

    wait_for(all_ready, 30.0)
    done = cli.run("scenario", "run", "golden-path", limit_s=120)
    assert done.code == 0, done.out + done.err
    assert status["ready"]


def test_a_record_that_is_not_avro_goes_to_the_dead_letters_and_the_consumer_goes_on(
    shared: tuple[Any, dict[str, Any]], wait_for: Any
) -> None:
    import base64
    import json

    cli, _ = shared
    client = quick(cli)
    node = "rim:entity:poison:e2e"
    raw = base64.b64encode(b"not avro").decode()
    client.post("/v1/topics/perception.events/records", {"value_base64": raw, "key": node})
    letter = wait_for(lambda: dead_letter(cli, "perception.events.dlq", node), 15.0)
    assert letter["failureCategory"] == "DESERIALIZATION" and letter["retryCount"] == 0
    assert letter["status"] == "PENDING" and base64.b64decode(letter["originalValueBase64"]) == b"not avro"
    event = {
        "event_id": "e-1", "event_type": "MARKET", "timestamp": 1, "detected_at": 2, "title": "t", "entities": [node],
        "trust_score": 0.5, "sources": [], "metadata": {},
    }  # fmt: skip
    client.post("/v1/topics/perception.events/records", {"value": event, "key": node})
    found = wait_for(lambda: capsules_of(cli, node), 15.0)
    assert json.dumps(found).count(node) >= 1


def dead_letter(cli: Any, topic: str, key: str) -> Any:
    import json

    if records(cli, topic) == 0:
        return None
    done = cli.ok("topics", "tail", topic, "--from-beginning", "-n", str(records(cli, topic)), "--json")
    found = [json.loads(line) for line in done.out.splitlines()]
    return next((each["value"] for each in found if each["key"] == key), None)


def records(cli: Any, topic: str) -> int:
    return next(each["records"] for each in cli.ok("topics", "list", "--json").json if each["name"] == topic)


def capsules_of(cli: Any, node: str) -> Any:
    import json

    url = cli.ok("env", "--json").json["CAPSULE_URL"]
    with urllib.request.urlopen(f"{url}/api/v1/capsules?scopeId={node}", timeout=5) as answer:
        return json.loads(answer.read())["data"]


def test_nothing_of_a_sandbox_outlives_down(cli: Any) -> None:
    """Neither a process of its tree, however deep, nor anything that knows its state folder."""
    status = cli.ok("up", "--ports", "auto", "--only", "audit", "--json").json
    engine = psutil.Process(cli.engine(status["name"])["pid"])
    tree = [engine, *engine.children(recursive=True)]
    assert {"java", "sh"} <= {process.name() for process in tree}
    cli.ok("down", "--purge")
    assert cli.processes() == []
    assert [process for process in tree if process.is_running() and process.status() != psutil.STATUS_ZOMBIE] == []
