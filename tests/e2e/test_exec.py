"""`sandbox exec`: a command with a sandbox around it, without a terminal as in CI."""

from __future__ import annotations

import json
import os
import signal
import sys
from pathlib import Path
from typing import Any

import pytest

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]

SMALL = 'ports = "auto"\nonly = ["schema-registry", "capsule"]\n'
ASKS = """
import json, os, urllib.request
with urllib.request.urlopen(os.environ["CAPSULE_URL"] + "/api/v1/capsules?size=1") as answer:
    print(len(json.load(answer)["data"]))
print(os.environ["KAFKA_BOOTSTRAP_SERVERS"], os.environ["SANDBOX_NAME"], bool(os.environ["SANDBOX_TOKEN"]))
raise SystemExit(3)
"""


@pytest.fixture
def small(cli: Any) -> Any:
    (cli.folder / "sandbox.toml").write_text(SMALL, encoding="utf-8")
    return cli


def python(code: str) -> tuple[str, ...]:
    return ("exec", "--", sys.executable, "-c", code)


def test_the_command_finds_a_sandbox_and_afterwards_there_is_none(small: Any) -> None:
    done = small.run(*python(ASKS))
    capsules, variables = done.out.splitlines()
    assert done.code == 3 and capsules == "1", done.err
    assert variables.endswith(f" {small.folder.name} True") and variables.startswith("localhost:")
    assert small.processes() == []


def test_a_running_sandbox_is_used_and_stays(shared: tuple[Any, dict[str, Any]]) -> None:
    cli, status = shared
    done = cli.run("exec", "--json", "--", "true")
    assert json.loads(done.out) == {
        "sandbox": status["name"], "started": False, "command": ["true"], "exitCode": 0,
    }  # fmt: skip
    inside = cli.run("exec", "--", sys.executable, "-m", "sandbox", "exec", "--json", "--", "false")
    assert (inside.code, json.loads(inside.out)["started"]) == (1, False), "inside of another exec too"
    assert cli.ok("status", "--json").json["ready"]


def test_an_unknown_command_is_told_before_anything_starts(small: Any) -> None:
    done = small.run("exec", "--", "no-such-tool")
    assert done.code == 2 and "no-such-tool" in done.err and not small.state_root.exists()


def test_keep_leaves_the_sandbox_running(small: Any) -> None:
    small.ok("exec", "--keep", "--", "true")
    assert small.ok("status", "--json").json["ready"]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_the_command_and_then_the_sandbox(small: Any, number: signal.Signals) -> None:
    process = small.popen(*python("import time\nprint('up', flush=True)\ntime.sleep(60)"))
    assert process.stdout.readline() == "up\n"
    process.send_signal(number)
    process.communicate(timeout=60)
    assert process.returncode in (128 + number, 1)
    assert small.processes() == []


def test_a_signal_during_the_start_leaves_nothing(small: Any, wait_for: Any) -> None:
    process = small.popen(*python("print('too early')"))
    engine = small.state_root / small.folder.name / "engine.json"
    wait_for(engine.exists)
    process.send_signal(signal.SIGTERM)
    out, _ = process.communicate(timeout=60)
    assert process.returncode != 0 and out == ""
    wait_for(lambda: small.processes() == [], 30.0)


def test_when_exec_is_killed_everything_ends(small: Any, wait_for: Any) -> None:
    process = small.popen(*python("import os, time\nprint(os.getpid(), flush=True)\ntime.sleep(60)"))
    command = int(process.stdout.readline())
    process.kill()
    process.communicate(timeout=60)
    wait_for(lambda: small.processes() == [], 30.0)
    with pytest.raises(ProcessLookupError):
        os.kill(command, 0)


SAVES = """
import subprocess, sys, time
sandbox = [sys.executable, "-m", "sandbox"]
subprocess.run([*sandbox, "snapshot", "save", "mine"], check=True)
subprocess.run([*sandbox, "snapshot", "load", "mine"], check=True)
subprocess.run([*sandbox, "topics", "list", "--json"], check=True, stdout=subprocess.DEVNULL)
print("saved and loaded", flush=True)
time.sleep(60)
"""


def test_a_snapshot_within_leaves_the_sandbox_to_exec(small: Any, wait_for: Any) -> None:
    """It was started anew twice, and still ends when exec is killed."""
    process = small.popen(*python(SAVES))
    assert "saved and loaded\n" in iter(process.stdout.readline, ""), process.stderr.read()
    process.kill()
    process.communicate(timeout=60)
    wait_for(lambda: small.processes() == [], 30.0)


AWAY = """
scenario: CAPSULE is away
steps:
  - fault: http-status
    on: capsule
    status: 503
  - http: GET {{ capsule }}/api/v1/capsules
    expect:
      status: %d
  - wait: 60s
"""
SEES_503 = """
import os, time, urllib.error, urllib.request
for _ in range(500):
    try:
        urllib.request.urlopen(os.environ["CAPSULE_URL"] + "/api/v1/capsules").close()
    except urllib.error.HTTPError as error:
        time.sleep(0.2)
        raise SystemExit(0 if error.code == 503 else 1)
    time.sleep(0.02)
raise SystemExit(1)
"""


def test_a_scenario_runs_beside_the_command_and_ends_with_it(
    shared: tuple[Any, dict[str, Any]], tmp_path: Path
) -> None:
    cli, _ = shared
    (tmp_path / "away.yaml").write_text(AWAY % 503, encoding="utf-8")
    done = cli.run("exec", "--scenario", str(tmp_path / "away.yaml"), "--", sys.executable, "-c", SEES_503)
    assert (done.code, done.out) == (0, "") and "✗" not in done.err
    assert cli.ok("fault", "list", "--json").json == [], "its faults are undone"


@pytest.mark.parametrize(("command", "code"), [("sleep 3", 1), ("sleep 3; exit 5", 5)])
def test_a_scenario_that_fails_is_told_and_counts_when_the_command_passed(
    shared: tuple[Any, dict[str, Any]], tmp_path: Path, command: str, code: int
) -> None:
    cli, _ = shared
    (tmp_path / "wrong.yaml").write_text(AWAY % 200, encoding="utf-8")
    done = cli.run("exec", "--scenario", str(tmp_path / "wrong.yaml"), "--", "sh", "-c", command)
    assert done.code == code
    assert "wrong.yaml:7" in done.err and "503" in done.err and done.out == ""


def test_a_scenario_that_cannot_be_read_is_told_before_the_command(
    shared: tuple[Any, dict[str, Any]], tmp_path: Path
) -> None:
    cli, _ = shared
    (tmp_path / "odd.yaml").write_text("scenario: odd\nstep: []\n", encoding="utf-8")
    done = cli.run("exec", "--scenario", str(tmp_path / "odd.yaml"), "--", "echo", "ran")
    assert done.code == 2 and "odd.yaml:2" in done.err and done.out == ""
