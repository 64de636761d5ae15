"""What a scenario costs besides what its steps do: 100 steps that do nothing, on a running sandbox; printed.

pytest tests/benchmarks/test_scenarios.py -m benchmark -s
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

pytestmark = [pytest.mark.benchmark, pytest.mark.timeout(300)]

STEPS, ROUNDS = 100, 5


class Sandbox:
    """One of its own, by the command line."""

    def __init__(self, root: Path) -> None:
        self._environment = {**os.environ, "SANDBOX_STATE_ROOT": str(root)}

    def __call__(self, *arguments: str) -> str:
        command = [sys.executable, "-m", "sandbox", *arguments, "--name", "bench"]
        done = subprocess.run(command, env=self._environment, capture_output=True, text=True, timeout=120, check=True)
        return done.stdout


@pytest.fixture
def sandbox(tmp_path: Path) -> Iterator[Sandbox]:
    made = Sandbox(tmp_path / "state")
    made("up", "--ports", "auto")
    try:
        yield made
    finally:
        made("down", "--purge")


def test_a_hundred_steps_that_do_nothing(sandbox: Sandbox, tmp_path: Path) -> None:
    story = tmp_path / "nothing.yaml"
    story.write_text("scenario: Nothing\nsteps:\n" + "  - wait: 0s\n" * STEPS, encoding="utf-8")
    one = tmp_path / "one.yaml"
    one.write_text("scenario: Nothing\nsteps:\n  - wait: 0s\n", encoding="utf-8")
    engine_ms, command_s, single_s = [], [], []
    for _ in range(ROUNDS):
        began = time.perf_counter()
        (result,) = _results(sandbox("scenario", "run", str(story), "--json"))
        command_s.append(time.perf_counter() - began)
        assert result["outcome"] == "passed" and len(result["steps"]) == STEPS
        engine_ms.append(result["tookMs"])
        began = time.perf_counter()
        sandbox("scenario", "run", str(one), "--json")
        single_s.append(time.perf_counter() - began)
    print(
        f"\n100 steps that do nothing: {min(engine_ms):.1f} ms in the engine,"
        f" {min(command_s):.2f} s as a command (of one step {min(single_s):.2f} s)"
    )


def _results(out: str) -> list[dict]:
    found = json.loads(out)
    return found if isinstance(found, list) else [found]
