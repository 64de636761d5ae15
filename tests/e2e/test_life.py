"""Up, down and everything in between, by the real command line."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
from pathlib import Path
from typing import Any

import psutil
import pytest

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]


def port_of(url: str) -> int:
    return int(url.rsplit(":", 1)[1])


def test_the_status_names_every_endpoint(shared: tuple[Any, dict[str, Any]]) -> None:
    _, status = shared
    assert (status["ready"], status["state"], status["runtime"]) == (True, "ready", "embedded")
    assert set(status["endpoints"]) == {"kafka", "schema_registry", "capsule", "odyssey", "plato", "control"}
    for name, address in status["endpoints"].items():
        assert address.startswith("http://") or name == "kafka"
        with socket.create_connection(("127.0.0.1", port_of(address)), timeout=2):
            pass
    assert {each["name"] for each in status["components"]} == {
        "kafka", "schema-registry", "capsule", "odyssey", "plato", "audit",
    }  # fmt: skip


def test_ready_is_proven_on_every_link(shared: tuple[Any, dict[str, Any]]) -> None:
    _, status = shared
    proven = " | ".join(each["what"] for each in status["proof"])
    for link in ("record produced and consumed", "schema registered", "capsule", "odyssey", "plato", "groups joined"):
        assert link in proven


def test_a_second_up_of_the_same_name_finds_it_running(shared: tuple[Any, dict[str, Any]]) -> None:
    cli, status = shared
    engine = cli.engine(status["name"])["pid"]
    again = cli.ok("up", "--json")
    assert again.json["endpoints"] == status["endpoints"] and "already running" in again.err
    assert cli.engine(status["name"])["pid"] == engine


def test_the_environment_can_be_evaluated(shared: tuple[Any, dict[str, Any]]) -> None:
    cli, status = shared
    found = cli.ok("env", "--json").json
    assert found["KAFKA_BOOTSTRAP_SERVERS"] == status["endpoints"]["kafka"]
    assert found["PLATO_WS_URL"].startswith("ws://") and found["SANDBOX_NAME"] == status["name"]
    assert f"export CAPSULE_URL={found['CAPSULE_URL']}" in cli.ok("env").out.splitlines()
    assert f"set -gx CAPSULE_URL '{found['CAPSULE_URL']}';" in cli.ok("env", "--shell", "fish").out.splitlines()
    elsewhere = cli.run("status", "--json", env={"SANDBOX_CONTROL_URL": found["SANDBOX_CONTROL_URL"],
                                                 "SANDBOX_TOKEN": found["SANDBOX_TOKEN"]})  # fmt: skip
    assert elsewhere.json["name"] == status["name"]


def test_every_contract_topic_is_there(shared: tuple[Any, dict[str, Any]]) -> None:
    cli, _ = shared
    topics = {each["name"]: each["partitions"] for each in cli.ok("topics", "list", "--json").json}
    assert topics["rim.fast-path"] == 12 and topics["audit.events"] == 1 and topics["perception.events.dlq"] == 3


def test_an_unknown_topic_is_refused_with_a_hint(shared: tuple[Any, dict[str, Any]]) -> None:
    cli, _ = shared
    done = cli.run("topics", "tail", "rim.fastpath")
    assert done.code == 2 and "rim.fastpath" in done.err and "rim.fast-path" in done.err


def test_logs_are_there_for_every_component(shared: tuple[Any, dict[str, Any]]) -> None:
    cli, _ = shared
    assert "kafka" in cli.ok("logs", "kafka").out.lower()
    done = cli.run("logs", "zookeeper")
    assert done.code == 2 and "capsule" in done.err


def test_data_survives_down_and_up_and_fresh_drops_it(cli: Any, wait_for: Any) -> None:
    status = cli.ok("up", "--ports", "auto", "--only", "schema-registry", "--only", "capsule", "--json").json
    publish(cli, "rim.fast-path", {"rim_node_id": "rim:entity:finance:EURUSD"})
    before = records(cli, "rim.fast-path")
    assert before == 1
    wait_for(lambda: records(cli, "capsule.snapshots") == 1)
    cli.ok("down")
    assert cli.processes() == []
    again = cli.ok("up", "--ports", "auto", "--only", "schema-registry", "--only", "capsule", "--json").json
    assert again["endpoints"] == status["endpoints"] and records(cli, "rim.fast-path") == 1
    os.kill(cli.engine(status["name"])["pid"], signal.SIGTERM)  # a `down` that is interrupted has done no more
    cli.ok("up", "--ports", "auto", "--only", "schema-registry", "--only", "capsule", "--fresh")
    assert records(cli, "rim.fast-path") == 0
    cli.ok("down", "--purge")
    assert not (cli.state_root / status["name"]).exists() and cli.processes() == []


def publish(cli: Any, topic: str, value: dict[str, Any]) -> None:
    """One record through the control API."""
    from sandbox.control.quick_client import QuickClient

    env = cli.ok("env", "--json").json
    full = {
        "vector_timestamp": {"event_ts_ms": 1, "ingest_ts_ms": 2, "logical_clock": 0}, "critical_metrics": {},
        "status": "OK", **value,
    }  # fmt: skip
    client = QuickClient(env["SANDBOX_CONTROL_URL"], env["SANDBOX_TOKEN"])
    client.post(f"/v1/topics/{topic}/records", {"value": full, "key": value["rim_node_id"]})


def records(cli: Any, topic: str) -> int:
    return next(each["records"] for each in cli.ok("topics", "list", "--json").json if each["name"] == topic)


def test_two_sandboxes_run_side_by_side(cli: Any) -> None:
    first = cli.ok("up", "--name", "one", "--ports", "auto", "--only", "audit", "--json").json
    second = cli.ok("up", "--name", "two", "--ports", "auto", "--only", "audit", "--json").json
    assert first["endpoints"]["kafka"] != second["endpoints"]["kafka"]
    assert port_of(first["endpoints"]["kafka"]) < 32768
    cli.ok("down", "--name", "one")
    assert cli.ok("status", "--name", "two", "--json").json["ready"]
    stopped = cli.ok("down", "--all", "--json").json
    assert {each["name"]: each["was_running"] for each in stopped} == {"one": False, "two": True}


def test_down_when_nothing_runs_says_so(cli: Any) -> None:
    done = cli.ok("down")
    assert "was not running" in done.out


def test_status_when_nothing_runs_exits_3_with_the_way_out(cli: Any) -> None:
    done = cli.run("status")
    assert done.code == 3 and "sandbox up" in done.err


def test_a_taken_port_is_named_with_its_holder_before_anything_starts(cli: Any) -> None:
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        holder.listen()
        base = holder.getsockname()[1]
        done = cli.run("up", "--ports", str(base))
    assert done.code == 3
    assert (
        f"port {base} (kafka) is taken by {psutil.Process().name()} (pid {os.getpid()})" in done.err
        and "--ports auto" in done.err
    )
    assert cli.processes() == []


def test_the_same_name_from_another_folder_is_refused(cli: Any, tmp_path: Path) -> None:
    (cli.folder / "sandbox.toml").write_text('ports = "auto"\nonly = ["audit"]\n', encoding="utf-8")
    cli.ok("up")
    other = tmp_path / "elsewhere" / cli.folder.name
    other.mkdir(parents=True)
    (other / "sandbox.toml").touch()
    cli.folder, mine = other, cli.folder
    done = cli.run("up")
    assert done.code == 2 and str(mine) in done.err and "--name" in done.err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("up", "--prots", "auto"), "--ports"),
        (("up", "--only", "capsul"), "did you mean capsule"),
        (("up", "--ports", "99"), "--ports"),
        (("serve", "capsul"), "capsule"),
        (("env", "--shell", "csh"), "fish"),
        (("scenario", "run", "no-such-story"), "golden-path"),
        (("up", "--name", "Not A Name"), "lower-case"),
    ],
)
def test_bad_input_is_refused_with_the_nearest_valid_choice(cli: Any, arguments: tuple[str, ...], said: str) -> None:
    done = cli.run(*arguments)
    assert done.code == 2 and said in done.err, done.err
    assert "Traceback" not in done.err


def test_without_a_network_the_first_up_says_what_to_do(cli: Any, tmp_path: Path) -> None:
    done = cli.run("up", "--offline", "--ports", "auto", env={"SANDBOX_CACHE_DIR": str(tmp_path / "empty-cache")})
    assert done.code == 3 and "sandbox prepare" in done.err


def test_an_unwritable_cache_says_what_to_do(cli: Any, tmp_path: Path) -> None:
    blocked = tmp_path / "cache"
    blocked.write_text("a file where the folder should be", encoding="utf-8")
    done = cli.run("up", "--ports", "auto", env={"SANDBOX_CACHE_DIR": str(blocked)})
    assert done.code == 3 and "SANDBOX_CACHE_DIR" in done.err and "Traceback" not in done.err


def test_a_corrupt_jar_is_found_and_offline_says_so(cli: Any, tmp_path: Path, request: pytest.FixtureRequest) -> None:

    from sandbox.config.folders import cache_dir

    copy = tmp_path / "cache"
    shutil.copytree(cache_dir(), copy, ignore=shutil.ignore_patterns("aot*", "*.aot", "*.jsa", "test-jars"))
    jar = max(copy.rglob("*.jar"), key=lambda path: path.stat().st_size)
    jar.write_bytes(jar.read_bytes()[:-1] + b"?")
    done = cli.run("up", "--offline", "--ports", "auto", env={"SANDBOX_CACHE_DIR": str(copy)})
    assert done.code == 3 and "damaged" in done.err


def test_services_can_run_without_an_engine(cli: Any) -> None:
    done = cli.run("serve", "capsule", env={"SANDBOX_SERVE_PORTS": "capsule=notaport"})
    assert done.code == 2 and "SANDBOX_SERVE_PORTS" in done.err


def test_json_goes_to_stdout_alone(cli: Any) -> None:
    done = cli.ok("up", "--ports", "auto", "--only", "audit", "--json")
    assert json.loads(done.out)["ready"] is True


def test_the_first_up_trains_the_start_up_cache_and_down_stops_the_training(
    cli: Any, tmp_path: Path, wait_for: Any
) -> None:
    from sandbox.config.folders import cache_dir

    cache = tmp_path / "cache"
    shutil.copytree(cache_dir(), cache, ignore=shutil.ignore_patterns("*.aot", "*.jsa", "train-*", "*.lock"))
    cli.environ["SANDBOX_CACHE_DIR"] = str(cache)
    cli.ok("up", "--ports", "auto", "--only", "audit", "--offline")
    wait_for(lambda: any("embedded.aot" in " ".join(each.cmdline()) for each in cli.processes()), 10.0)
    cli.ok("down")
    assert cli.processes() == [] and list(cache.rglob("*.aot")) == []
    cli.ok("up", "--ports", "auto", "--only", "audit", "--offline")
    wait_for(lambda: list(cache.rglob("start-*.aot")), 100.0)
    assert "start-up cache" in cli.ok("doctor").out
