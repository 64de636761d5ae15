"""The pytest plugin in a team's own test suites, with and without pytest-xdist."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from sandbox.config.folders import cache_dir

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]

SUITES = Path(__file__).parent / "suites"
CACHE = cache_dir()
"""Looked up before pytester moves the home folder: Kafka's jars are there."""
QUICK = ("-p", "no:schemathesis", "-p", "no:hypothesispytest")
Suite = Callable[..., pytest.RunResult]


@pytest.fixture
def suite(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> Suite:
    """`result = suite(cli, "clients.py", "-n", "2")`: that file run as tests of a project of its own."""

    def run(cli: Any, file: str, *arguments: str) -> pytest.RunResult:
        for name in ("SANDBOX_STATE_ROOT", "SANDBOX_RUNTIME"):
            monkeypatch.setenv(name, cli.environ[name])
        monkeypatch.setenv("SANDBOX_CACHE_DIR", str(CACHE))
        for each in SUITES.glob("*.yaml"):
            shutil.copy(each, pytester.path)
        (pytester.path / "sandbox.toml").touch()
        shutil.copy(SUITES / file, pytester.path / f"test_{file}")
        return pytester.runpytest_subprocess(
            *QUICK, "-W", "error", "-o", "asyncio_mode=auto", f"test_{file}", *arguments, timeout=200
        )

    return run


def test_every_fixture_and_client_works_on_a_running_sandbox_and_so_do_the_tests_on_the_page(
    shared: tuple[Any, dict[str, Any]], suite: Suite, pytester: pytest.Pytester
) -> None:
    cli, status = shared
    page = (SUITES.parents[2] / "docs" / "testing.md").read_text("utf-8")
    pytester.makepyfile(test_page=page.partition("```python\n")[2].partition("```")[0])
    shutil.copy(SUITES / "calm.yaml", pytester.path / "outage.yaml")
    suite(cli, "clients.py", "test_page.py", "--sandbox-name", status["name"]).assert_outcomes(passed=11 + 3)
    assert cli.ok("status", "--json").json["ready"], "it stays"


def test_a_failed_test_is_reported_with_what_happened_in_the_sandbox(
    shared: tuple[Any, dict[str, Any]], suite: Suite
) -> None:
    cli, status = shared
    result = suite(cli, "failing.py", "--sandbox-name", status["name"])
    result.assert_outcomes(failed=2)
    result.stdout.fnmatch_lines(
        [
            "E *AssertionError: no record of plato.plans with {'plan_id': 'plan_none'} within 0.2 s; none came at all",
            "*sandbox: what happened*",
            "!*fault on: http-status* on plato",
            "*control *wrote rim.fast-path-*",
            "*capsule *wrote capsule.snapshots-*",
            "*capsule *served GET /api/v1/capsules → 200*",
            "*fault off: *",
            "E *AssertionError: scenario */storm.yaml failed",
            "*storm.yaml:3*",
            "*sandbox: what happened*",
            "*capsule *served GET /api/v1/capsules → 200*",
        ]
    )
    shown = result.stdout.str()
    assert "loop_thread.py" not in shown and "_base.py" not in shown, "frames that say nothing to a team"
    assert "the body of a failed scenario" not in shown.partition("short test summary")[2]


def test_workers_share_one_sandbox_without_seeing_each_other_and_the_last_stops_it(
    cli: Any, suite: Suite, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, wait_for: Any
) -> None:
    notes = tmp_path / "notes"
    notes.mkdir()
    monkeypatch.setenv("NOTES", str(notes))
    suite(cli, "isolation.py", "-n", "2").assert_outcomes(passed=21)
    found = [json.loads(path.read_text("utf-8")) for path in notes.glob("*.json")]
    assert {note["worker"] for note in found} == {"gw0", "gw1"}
    assert len({(note["kafka"], note["control"]) for note in found}) == 1
    assert len({note["tenant"] for note in found}) == 20
    wait_for(lambda: cli.processes() == [], 20.0)
    [folder] = [path.name for path in cli.state_root.iterdir() if path.is_dir()]
    assert folder.endswith("-tests"), "a sandbox of the project's tests, beside the developer's own"


def test_when_pytest_is_killed_the_sandbox_ends(cli: Any, wait_for: Any) -> None:
    (cli.folder / "test_long.py").write_text(
        "import time\n\ndef test_it(sandbox):\n    print('up', flush=True)\n    time.sleep(60)\n", encoding="utf-8"
    )
    (cli.folder / "sandbox.toml").write_text('only = ["schema-registry", "capsule"]\n', encoding="utf-8")
    process = subprocess.Popen(
        [sys.executable, "-m", "pytest", "-s", "-p", "no:cacheprovider", "test_long.py"],
        cwd=cli.folder, env=cli.environ, stdout=subprocess.PIPE, stdin=subprocess.DEVNULL, text=True,
        start_new_session=True,
    )  # fmt: skip
    assert process.stdout
    for line in process.stdout:
        if "up" in line.split():
            break
    assert cli.processes() != []
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.communicate(timeout=30)
    wait_for(lambda: cli.processes() == [], 20.0)
