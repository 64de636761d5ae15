"""The examples of docs/examples, run as their readers run them: through `sandbox exec`."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import xml.etree.ElementTree as ElementTree
from pathlib import Path
from typing import Any

import pytest
from platformdirs import user_cache_path

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(600)]

EXAMPLES = Path(__file__).parents[2] / "docs" / "examples"
LIMIT_S = 500


def copied(cli: Any, name: str) -> Path:
    """The example in the folder that the command line stands in."""
    shutil.copytree(EXAMPLES / name, cli.folder, dirs_exist_ok=True)
    return cli.folder


@pytest.mark.java
def test_the_java_example_passes(cli: Any) -> None:
    folder = copied(cli, "java")
    cli.ok("exec", "--ports", "auto", "--", "mvn", "-B", "-q", "test", limit_s=LIMIT_S)
    [report] = (folder / "target" / "surefire-reports").glob("*.xml")
    suite = ElementTree.parse(report).getroot()
    assert {name: suite.get(name) for name in ("tests", "failures", "errors", "skipped")} == {
        "tests": "2", "failures": "0", "errors": "0", "skipped": "0",
    }  # fmt: skip


@pytest.mark.node
def test_the_node_example_passes(cli: Any, node: tuple[str, ...]) -> None:
    folder = copied(cli, "node")
    npm = shutil.which("npm")
    assert npm, "the example's packages come by npm"
    cache = Path(os.environ.get("SANDBOX_CACHE_DIR") or user_cache_path("butterfly-sandbox")) / "test-npm"
    subprocess.run(
        [npm, "install", "--silent", "--no-audit", "--no-fund", "--prefer-offline", "--cache", str(cache)],
        cwd=folder, check=True, timeout=200,
    )  # fmt: skip
    done = cli.ok("exec", "--ports", "auto", "--", npm, "test", limit_s=LIMIT_S)
    assert re.search(r"^# pass 3$", done.out, re.MULTILINE) and re.search(r"^# fail 0$", done.out, re.MULTILINE), (
        done.out
    )
