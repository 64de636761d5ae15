"""Every scenario that ships passes on a real sandbox, and leaves it as it was."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from sandbox.scenarios.load import load_scenario

pytestmark = pytest.mark.e2e

LIBRARY = {path.stem: path for path in sorted((Path(__file__).parents[2] / "scenarios").glob("*.yaml"))}
WITHOUT_END = ("ambient-traffic",)
"""Traffic that goes on until somebody stops it: `sandbox traffic` runs it."""


@pytest.fixture(scope="module")
def sandboxes(tmp_path_factory: pytest.TempPathFactory, make_cli: Callable[..., Any]) -> Iterator[Callable[[str], Any]]:
    """The command line of a sandbox with these waits, `demo` or `real`, started when it is first asked for."""
    started: dict[str, Any] = {}

    def of(profile: str) -> Any:
        if profile not in started:
            root = tmp_path_factory.mktemp(profile)
            folder = root / f"{profile}-waits"
            folder.mkdir()
            given = 'profile = "demo"\n' if profile == "demo" else ""
            (folder / "sandbox.toml").write_text(f'ports = "auto"\n{given}', encoding="utf-8")
            started[profile] = make_cli(folder, root / "state")
            started[profile].ok("up")
        return started[profile]

    yield of
    for cli in started.values():
        cli.run("down", "--all", "--purge")


@pytest.mark.spec("KAFKA-SOURCING", "KAFKA-REPLAY", "ORDER-ENTITY", "ORDER-GLOBAL", "ORDER-BEST-EFFORT")
@pytest.mark.parametrize("name", [name for name in LIBRARY if name not in WITHOUT_END])
def test_a_scenario_that_ships_passes_and_leaves_no_fault(name: str, sandboxes: Callable[[str], Any]) -> None:
    profile = load_scenario(LIBRARY[name]).profile
    cli = sandboxes("real" if profile == "real" else "demo")
    done = cli.run("scenario", "run", name, "--json")
    assert done.code == 0, f"{cli.run('scenario', 'run', name).out}\n{done.err}"
    assert done.json["outcome"] == "passed"
    assert cli.ok("fault", "list", "--json").json == []
    assert cli.ok("status", "--json").json["state"] == "ready"
