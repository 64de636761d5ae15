from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from sandbox.contracts.catalog import BUILT_IN


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A team's copy of the built-in contracts."""
    made = tmp_path / "contracts"
    shutil.copytree(BUILT_IN / "schemas", made / "schemas")
    shutil.copy(BUILT_IN / "topics.yaml", made)
    return made
