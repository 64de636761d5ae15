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


def test_ctrl_c_in_the_demo_leaves_nothing(cli: Any) -> None:
    process = cli.popen("demo")
    time.sleep(4.0)
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=30)
    assert process.returncode == 130
    assert cli.processes() == []
    assert [path.name for path in cli.state_root.iterdir()] == []
