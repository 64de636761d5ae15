"""The scenarios that ship pass on a real sandbox, and are short enough to watch."""

from __future__ import annotations

from typing import Any

import pytest

pytestmark = pytest.mark.e2e

LONGEST_MS = 15_000


@pytest.mark.spec("KAFKA-SOURCING", "KAFKA-REPLAY", "ORDER-ENTITY", "ORDER-GLOBAL", "ORDER-BEST-EFFORT")
@pytest.mark.parametrize("name", ["rebuild-capsule", "ordering-per-entity", "ordering-global", "ordering-best-effort"])
def test_a_scenario_that_ships_passes(name: str, shared: Any) -> None:
    cli, _ = shared
    done = cli.ok("scenario", "run", name, "--json")
    result = done.json
    assert (result["outcome"], done.code) == ("passed", 0)
    assert result["tookMs"] <= LONGEST_MS


def test_capsule_goes_down_and_comes_back(shared: Any) -> None:
    cli, _ = shared
    result = cli.ok("scenario", "run", "capsule-outage", "--json").json
    assert result["outcome"] == "passed"
    assert result["tookMs"] <= 2 * LONGEST_MS
    assert cli.ok("fault", "list", "--json").json == [], "a scenario leaves no fault behind"
