"""`sandbox demo`: the main job on a machine that has nothing but Python."""

from __future__ import annotations

import json
import signal
import time
from typing import Any

import pytest

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]


def test_the_demo_tells_the_story_and_leaves_nothing(cli: Any) -> None:
    done = cli.run("demo")
    assert done.code == 0, done.out + done.err
    for told in ("CAPSULE", "ODYSSEY", "PLATO", "AUDIT", "PLAN_COMPLETED", "passed", " ms"):
        assert told in done.out, told
    assert cli.processes() == []
    assert [path.name for path in cli.state_root.iterdir()] == []


def test_the_demo_as_json_is_the_result_of_the_scenario(cli: Any) -> None:
    result = json.loads(cli.run("demo", "--json").out)
    assert (result["outcome"], result["exitCode"]) == ("passed", 0)
    assert all(step["outcome"] == "passed" for step in result["steps"])


@pytest.mark.parametrize("after_s", [1.0, 3.0, 4.0, 5.0])
def test_ctrl_c_in_the_demo_leaves_nothing(cli: Any, after_s: float) -> None:
    process = cli.popen("demo")
    time.sleep(after_s)
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=30)
    assert process.returncode in (0, 130)
    assert cli.processes() == []
    assert not cli.state_root.exists() or [path.name for path in cli.state_root.iterdir()] == []


def test_the_demo_does_not_touch_a_sandbox_that_exists(cli: Any) -> None:
    cli.ok("up", "--name", "desk", "--ports", "auto", "--only", "audit")
    done = cli.run("demo", "--name", "desk")
    assert done.code == 2 and "sandbox scenario run" in done.err
    assert cli.ok("status", "--name", "desk", "--json").json["ready"]


def test_a_scenario_that_is_interrupted_stops_in_the_engine_too(
    shared: tuple[Any, dict[str, Any]], tmp_path: Any
) -> None:
    cli, _ = shared
    story = tmp_path / "endless.yaml"
    story.write_text("scenario: nothing much\nsteps:\n  - wait: 60s\n", encoding="utf-8")
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        process = cli.popen("scenario", "run", str(story))
        assert "nothing much" in process.stdout.readline()  # it is told once it runs
        process.send_signal(number)
        _, err = process.communicate(timeout=20)
        assert process.returncode == 130, err
        assert "Traceback" not in err


def test_a_failed_assertion_shows_place_expected_and_actual(shared: tuple[Any, dict[str, Any]], tmp_path: Any) -> None:
    cli, _ = shared
    story = tmp_path / "wrong.yaml"
    story.write_text(
        "scenario: A breaker that is not open\nsteps:\n  - breaker: odyssey/capsule\n    is: OPEN\n    within: 200ms\n",
        encoding="utf-8",
    )
    done = cli.run("scenario", "run", str(story))
    assert done.code == 1
    assert "wrong.yaml:3" in done.out and "expected  OPEN" in done.out and "actual    CLOSED" in done.out


def test_a_malformed_scenario_shows_place_and_nearest_key(shared: tuple[Any, dict[str, Any]], tmp_path: Any) -> None:
    cli, _ = shared
    story = tmp_path / "malformed.yaml"
    story.write_text("scenario: A typing error\nsteps:\n  - publish: rim.fast-path\n    cuont: 3\n", encoding="utf-8")
    done = cli.run("scenario", "run", str(story))
    assert done.code == 2
    assert "malformed.yaml:4" in done.err and "count" in done.err and "cuont" in done.err
