"""Fixtures for every test: nothing of the developer's own sandboxes is touched."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

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
