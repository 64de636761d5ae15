"""A session is recorded on one sandbox and replayed on another that has never seen anything."""

from __future__ import annotations

import json
import signal
import sys
import time
from pathlib import Path
from typing import Any

import pytest
import yaml

pytestmark = pytest.mark.e2e

SESSION = Path(__file__).parent / "recorded_session.py"
SECRETS = ("hunter2", "eyJ", "Bearer")


def test_a_session_replays_green_on_a_fresh_sandbox(shared: Any, cli: Any) -> None:
    first, _ = shared
    token = first.ok("token", "--scope", "write:capsules").out.split()[-1]
    out = cli.folder / "session.yaml"
    done = first.ok("record", "--out", str(out), "--json", "--", sys.executable, str(SESSION), token)
    told = json.loads(done.out[done.out.index("{") :])
    assert (told["records"], told["calls"], told["streams"], told["trouble"]) == (1, 4, 1, None), done.err
    text = out.read_text(encoding="utf-8")
    assert not [secret for secret in (*SECRETS, token) if secret in text], text
    steps = yaml.safe_load(text)["steps"]
    asked = [next(iter(step.values())) for step in steps if "http" in step]
    assert asked[0] == "POST {{ capsule }}/api/v1/capsules"
    assert asked[1] == "GET {{ capsule }}/api/v1/capsules/{{ capsule_id }}"
    assert "actuator" not in text and "{{ secret }}" in text
    outcomes = {step["expect"]: step["count"] for step in steps if "count" in step}
    assert outcomes["capsule.snapshots"] == {"gte": 2} and outcomes["odyssey.paths"] == {"gte": 1}

    (cli.folder / "sandbox.toml").write_text('ports = "auto"\nprofile = "demo"\n', encoding="utf-8")
    cli.ok("up")
    for _ in range(2):
        result = cli.ok("scenario", "run", "session.yaml", "--json").json
        assert result["outcome"] == "passed"


def test_without_a_command_it_records_until_ctrl_c(shared: Any, wait_for: Any) -> None:
    cli, status = shared
    child = cli.popen("record", "--json", "--services", "plato")
    try:
        assert child.stderr is not None
        child.stderr.readline()  # it says when it records
        for _ in range(25):
            cli_get(f"{status['endpoints']['plato']}/api/v1/plans")
        cli_get(f"{status['endpoints']['capsule']}/api/v1/capsules")
        time.sleep(0.1)
        child.send_signal(signal.SIGINT)
        out, err = child.communicate(timeout=60)
    finally:
        child.kill()
        child.wait()
    told = json.loads(out)
    assert (child.returncode, told["calls"], told["steps"]) == (0, 25, 1), err
    assert yaml.safe_load(told["text"])["steps"][0]["http"] == "GET {{ plato }}/api/v1/plans"


def test_two_recordings_at_a_time_are_refused_and_services_stop_telling_at_the_end(shared: Any) -> None:
    cli, status = shared
    done = cli.run("record", "--", *cli.command("record", "--", "true"))
    assert "a recording is going on already" in done.err and done.code == 2
    before = _captured(cli)
    cli_get(f"{status['endpoints']['capsule']}/api/v1/capsules")
    time.sleep(0.5)
    assert _captured(cli) == before


def _captured(cli: Any) -> int:
    from sandbox.control.quick_client import QuickClient

    engine = cli.engine("shared-project")
    token = (cli.state_root / "shared-project" / "token").read_text(encoding="utf-8").strip()
    page = QuickClient(engine["control_url"], token).get("/v1/facts?after=0&limit=2000&kind=CallCaptured")
    return len(page["facts"])


def cli_get(url: str) -> None:
    from urllib.request import urlopen

    with urlopen(url, timeout=10) as answer:
        answer.read()
