"""How long a reset of everything takes on a warm sandbox, against beginning a new one.

    pytest tests/benchmarks/test_reset.py -m benchmark -s

Nothing is asserted about time; the numbers are printed and kept in the README's table.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path

import pytest

pytestmark = [pytest.mark.benchmark, pytest.mark.timeout(300)]

ROUNDS = 10


def test_reset(tmp_path: Path) -> None:
    name = f"bench-{os.getpid()}"
    environ = {**os.environ, "SANDBOX_STATE_ROOT": str(tmp_path / "state"), "SANDBOX_NAME": name}

    def sandbox(*arguments: str) -> str:
        done = subprocess.run(
            [sys.executable, "-P", "-m", "sandbox", *arguments], cwd=tmp_path, env=environ, check=True,
            capture_output=True, text=True, timeout=120,
        )  # fmt: skip
        return done.stdout

    def fresh() -> float:
        started = time.perf_counter()
        sandbox("down", "--purge")
        sandbox("up", "--ports", "auto")
        return (time.perf_counter() - started) * 1000

    sandbox("up", "--ports", "auto")
    try:
        anew_ms = statistics.median(fresh() for _ in range(3))
        resets_ms: list[float] = []
        removed = 0
        for _ in range(ROUNDS):
            sandbox("scenario", "run", "golden-path")
            outcome = json.loads(sandbox("reset", "--json"))
            resets_ms.append(outcome["tookMs"])
            removed += outcome["records"]
        assert removed > ROUNDS, "there was something to remove each time"
    finally:
        sandbox("down", "--purge")
    median_ms = statistics.median(resets_ms)
    print(
        f"\nreset of everything {median_ms:.0f} ms (worst of {ROUNDS}: {max(resets_ms):.0f}), "
        f"a new sandbox {anew_ms:.0f} ms: {anew_ms / median_ms:.0f} ×"
    )
