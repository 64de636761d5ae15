"""What the real Resilience4j 2.2.0 answered, call by call (`tests/resilience/java` records it), ours answers too."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

RECORDED = json.loads((Path(__file__).parent / "resilience4j.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("name", RECORDED)
def test_each_call_goes_as_recorded(name: str, check: Callable[[list[str], list[str]], None]) -> None:
    check(RECORDED[name]["commands"], RECORDED[name]["answers"])
