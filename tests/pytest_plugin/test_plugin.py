"""The plugin as every pytest of the environment has it: silent, and nearly free until it is used."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

HEAVY = {"aiohttp", "aiokafka", "asyncio", "fastavro", "jinja2", "pydantic", "yaml", "jwt", "typer"}


def test_loading_it_imports_pytest_and_the_standard_library_alone() -> None:
    code = (
        "import sys, pytest\nbefore = set(sys.modules)\nimport sandbox.pytest_plugin.plugin\n"
        "print('\\n'.join(set(sys.modules) - before))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    loaded = set(done.stdout.split())
    assert {name for name in loaded if not name.startswith("sandbox")} == set()
    assert loaded <= {"sandbox", "sandbox.pytest_plugin", "sandbox.pytest_plugin.plugin"}


def test_a_suite_that_does_not_use_it_sees_nothing_of_it(pytester: pytest.Pytester) -> None:
    pytester.makepyfile("import sys\n\ndef test_it():\n    assert 'sandbox.control' not in sys.modules\n")
    result = pytester.runpytest_subprocess("-p", "no:randomly", "-W", "error", "-v")
    result.assert_outcomes(passed=1)
    assert "sandbox" not in result.stdout.str().replace("butterfly-sandbox", "").replace(str(pytester.path), "")


def test_it_can_be_left_out(pytester: pytest.Pytester) -> None:
    pytester.makepyfile("def test_it(sandbox): ...")
    result = pytester.runpytest_subprocess("-p", "no:sandbox")
    result.stdout.fnmatch_lines(["*fixture 'sandbox' not found*"])


def test_a_sandbox_that_cannot_be_started_is_told_with_the_reason(
    pytester: pytest.Pytester, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SANDBOX_STATE_ROOT", str(tmp_path / "state"))
    pytester.makepyfile("def test_it(sandbox): ...")
    result = pytester.runpytest_subprocess("--sandbox-runtime", "submarine")
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*could not be started: *SANDBOX_RUNTIME*embedded*"])


def test_the_marker_is_known_and_its_options_are_listed(pytester: pytest.Pytester) -> None:
    assert "sandbox_scenario(file" in pytester.runpytest_subprocess("--markers").stdout.str()
    listed = pytester.runpytest_subprocess("--help").stdout.str()
    for option in ("--sandbox-name", "--sandbox-runtime", "--sandbox-contracts", "sandbox_name (string)"):
        assert option in listed
