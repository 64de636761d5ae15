"""Every block of docs/recipes.md runs as it stands and answers what the page shows."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import pytest

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]

PAGE = (Path(__file__).parents[2] / "docs" / "recipes.md").read_text(encoding="utf-8")
RECIPES = re.findall(r"^```sh\n(.*?)^```\n\n```\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)


def test_every_recipe_shows_its_answer() -> None:
    assert len(RECIPES) == PAGE.count("```sh") == 11


@pytest.fixture(scope="module")
def environ(shared: tuple[Any, dict[str, Any]]) -> dict[str, str]:
    """That of a shell after `eval "$(sandbox env)"`, with `sandbox` on its path."""
    assert shutil.which("curl"), "the recipes are for curl"
    cli, _ = shared
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    return {**cli.environ, **cli.ok("env", "--json").json, "PATH": path}


@pytest.mark.parametrize(("script", "shown"), RECIPES, ids=range(1, len(RECIPES) + 1))
def test_a_recipe_runs_and_answers_as_shown(environ: dict[str, str], script: str, shown: str) -> None:
    script = script.replace("curl -fsS ", "curl -fsS -w '\\n' ")  # a line for each answer, as on the page
    command = ["bash", "-euo", "pipefail", "-c", script]
    done = subprocess.run(command, env=environ, capture_output=True, text=True, timeout=100, check=False)
    assert done.returncode == 0, f"{done.stderr}\n{done.stdout}"
    told, wanted = compact(done.stdout), compact(shown)
    assert len(told) == len(wanted), done.stdout
    for line, pattern in zip(told, wanted, strict=True):
        assert fnmatchcase(line, pattern.replace("[", "[[]").replace("…", "*")), f"{line}\n{pattern}"


def compact(text: str) -> list[str]:
    """Its lines without blanks, which JSON may have or not."""
    return [line.replace(" ", "") for line in text.splitlines() if line]
