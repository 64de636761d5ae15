"""The recipes of docs/ci.md: valid YAML, and their command lines do what they say."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

PAGE = (Path(__file__).parents[2] / "docs" / "ci.md").read_text(encoding="utf-8")
GITHUB, GITLAB = (yaml.load(each, yaml.BaseLoader) for each in re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL))
"""BaseLoader: the key `on` is no truth value."""
INSTALL = "pip install -r requirements.txt"


def github_lines() -> list[str]:
    """What runs in a job of which a test fails, in order."""
    return [step["run"] for step in GITHUB["jobs"]["integration"]["steps"] if "run" in step]


def gitlab_lines() -> list[str]:
    job = GITLAB["integration"]
    return [*job["before_script"], *job["script"], *job["after_script"]]


def test_both_keep_the_cache_folder_that_the_sandbox_uses() -> None:
    job = GITHUB["jobs"]["integration"]
    (cache,) = [step["with"] for step in job["steps"] if step.get("uses", "").startswith("actions/cache@")]
    assert job["env"]["SANDBOX_CACHE_DIR"] == "${{ github.workspace }}/" + cache["path"]
    assert "hashFiles('requirements.txt')" in cache["key"]
    assert cache["key"].startswith(cache["restore-keys"])
    job = GITLAB["integration"]
    assert [job["variables"]["SANDBOX_CACHE_DIR"].removeprefix("$CI_PROJECT_DIR/")] == job["cache"]["paths"]
    assert job["cache"]["key"]["files"] == ["requirements.txt"]


def test_both_run_the_same_and_keep_the_bundle_of_a_failure() -> None:
    assert github_lines() == gitlab_lines()
    assert github_lines()[0] == INSTALL
    steps = GITHUB["jobs"]["integration"]["steps"]
    conditions = {step["run"]: step.get("if") for step in steps if "run" in step}
    assert conditions["sandbox bundle sandbox-bundle.tar.gz"] == "failure()"
    assert conditions["sandbox down"] == "always()"
    (upload,) = [step for step in steps if "upload-artifact" in step.get("uses", "")]
    assert (upload["if"], upload["with"]["path"]) == ("failure()", "sandbox-bundle.tar.gz")
    assert GITLAB["integration"]["artifacts"] == {"when": "on_failure", "paths": ["sandbox-bundle.tar.gz"]}


@pytest.mark.e2e
def test_the_lines_of_a_job_work_in_a_shell(cli: Any) -> None:
    """All but the installation, with the package that is installed here and the cache of this machine."""
    (cli.folder / "sandbox.toml").write_text('ports = "auto"\n', encoding="utf-8")
    (cli.folder / "test_mine.py").write_text(
        "import os, urllib.request\n\ndef test_the_registry_answers():\n"
        "    assert urllib.request.urlopen(os.environ['SCHEMA_REGISTRY_URL'] + '/subjects').status == 200\n",
        encoding="utf-8",
    )
    environ = {**cli.environ, "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}", "CI": "true"}
    for line in (each for each in gitlab_lines() if each != INSTALL):
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", line], cwd=cli.folder, env=environ, capture_output=True, text=True,
            timeout=150, check=False, stdin=subprocess.DEVNULL,
        )  # fmt: skip
        assert done.returncode == 0, f"{line}\n{done.stdout}\n{done.stderr}"
        if "exec" in line:
            assert "1 passed" in done.stdout
    assert (cli.folder / "sandbox-bundle.tar.gz").stat().st_size > 1000
    assert not cli.processes()
