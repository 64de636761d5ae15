"""Fixtures for every test: nothing of the developer's own sandboxes is touched."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

settings.register_profile("any machine", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("any machine")
"""How long an example takes says something of the machine, not of the code."""


@pytest.fixture(scope="session", autouse=True)
def state_root(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A state root of the tests' own; the cache (Kafka's jars) stays the user's, since it is shared and verified."""
    patch = pytest.MonkeyPatch()
    root = tmp_path_factory.mktemp("state")
    patch.setenv("SANDBOX_STATE_ROOT", str(root))
    for name in ("SANDBOX_NAME", "SANDBOX_CONTROL_URL", "SANDBOX_TOKEN", "SANDBOX_PORTS", "SANDBOX_RUNTIME"):
        patch.delenv(name, raising=False)
    yield root
    patch.undo()


@pytest.fixture(scope="session")
def node() -> tuple[str, ...]:
    """Node.js with the flag for its own WebSocket, which it has had since 20.10."""
    path = shutil.which("node")
    assert path, "the node tests need Node.js 20.10 or later: there is no node on the PATH"
    version = subprocess.run([path, "--version"], capture_output=True, text=True, check=True, timeout=20).stdout
    major, minor, *_ = (int(part) for part in version.removeprefix("v").split("."))
    assert (major, minor) >= (20, 10), f"the node tests need Node.js 20.10 or later: {path} is {version.strip()}"
    return path, "--experimental-websocket", "--no-warnings"


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Iterator[Any]:
    """A test that proves a statement of the specification fails when it is skipped: a skipped test proves nothing."""
    report = yield
    marker = item.get_closest_marker("spec")
    if marker is not None and report.skipped:
        report.outcome = "failed"
        report.longrepr = f"skipped, although it proves {', '.join(marker.args)}: {report.longrepr}"
    return report
