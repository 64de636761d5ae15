"""Fixtures for every test: nothing of the developer's own sandboxes is touched."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest


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


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Iterator[Any]:
    """A test that proves a statement of the specification fails when it is skipped: a skipped test proves nothing."""
    report = yield
    marker = item.get_closest_marker("spec")
    if marker is not None and report.skipped:
        report.outcome = "failed"
        report.longrepr = f"skipped, although it proves {', '.join(marker.args)}: {report.longrepr}"
    return report
