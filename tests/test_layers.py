"""The layers of docs/architecture.md hold: statically for every import, and at run time for what must start fast."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent / "sandbox"
LAYERS = {
    "errors": 0, "clock": 0,
    "contracts": 1, "events": 1, "config": 1,
    "resilience": 2, "faults": 2, "observe": 2,
    "registry": 3, "kafka": 3, "gateway": 3, "services": 3, "scenarios": 3,
    "runtime": 4, "control": 5, "tui": 6, "pytest_plugin": 6, "cli": 7,
}  # fmt: skip
CONTROL_CLIENT = {
    "client", "dlq_models", "facts_client", "fault_models", "groups_models", "instant", "logs_models", "models",
    "overview_models", "quick_client", "records_models", "topic_models", "traffic_models", "wire",
}  # fmt: skip
ONLY_IN = {
    "aiokafka": {"kafka"},
    "docker": {"runtime"},
    "textual": {"tui"},
    "pytest": {"pytest_plugin"},
    "typer": {"cli"},
    "jgo": {"runtime"},
}
MODULES = sorted(path for path in ROOT.rglob("*.py") if path.parent != ROOT or path.stem in LAYERS)


def room_of(path: Path) -> str:
    first = path.relative_to(ROOT).parts[0]
    return first.removesuffix(".py")


def imports_of(path: Path) -> list[str]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            found += [f"{node.module}.{alias.name}" for alias in node.names]
    return found


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_module_imports_only_the_layers_above_it(path: Path) -> None:
    room = room_of(path)
    for name in imports_of(path):
        parts = name.split(".")
        if parts[0] == "sandbox" and len(parts) > 1 and parts[1] in LAYERS and parts[1] != room:
            other = parts[1]
            is_client = other == "control" and len(parts) > 2 and parts[2] in CONTROL_CLIENT
            together = LAYERS[other] == LAYERS[room] <= 2
            allowed = LAYERS[other] < LAYERS[room] or together or is_client
            assert allowed, f"{room} (layer {LAYERS[room]}) imports {name} (layer {LAYERS[other]})"
        if parts[0] in ONLY_IN:
            assert room in ONLY_IN[parts[0]], f"{room} imports {parts[0]}"


@pytest.mark.parametrize("path", sorted((ROOT / "control").glob("*.py")), ids=lambda path: path.stem)
def test_the_control_client_needs_layers_0_and_1_only(path: Path) -> None:
    if path.stem not in CONTROL_CLIENT:
        return
    for name in imports_of(path):
        parts = name.split(".")
        if parts[0] == "sandbox" and len(parts) > 1 and parts[1] != "control":
            assert LAYERS[parts[1]] <= 1, f"control/{path.name} imports {name}"


def loaded_by(code: str) -> set[str]:
    script = f"{code}\nimport sys\nprint('\\n'.join(sys.modules))"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=60)
    return {name.partition(".")[0] for name in done.stdout.split()}


def test_help_loads_nothing_heavy() -> None:
    loaded = loaded_by("from sandbox.cli.app import run\nassert run(['--help']) == 0")
    assert loaded.isdisjoint({"aiohttp", "aiokafka", "textual", "docker", "fastavro", "pydantic", "rich", "jinja2"})


def test_kafka_is_started_with_the_standard_library_alone() -> None:
    loaded = loaded_by("import sandbox.control.__main__, sandbox.runtime.embedded.runtime")
    third_parties = {"aiohttp", "aiokafka", "fastavro", "platformdirs", "psutil", "pydantic", "typer", "yaml"}
    assert loaded.isdisjoint(third_parties | {"asyncio"})


def test_up_loads_what_it_needs_until_kafka_starts() -> None:
    loaded = loaded_by(
        "import sandbox.cli.up, sandbox.cli.ready, sandbox.cli.revive, sandbox.config.settings\n"
        "import sandbox.runtime.launch, sandbox.runtime.choice, sandbox.runtime.prepare"
    )
    assert loaded.isdisjoint({"aiohttp", "aiokafka", "asyncio", "docker", "fastavro", "psutil", "rich", "yaml"})


def test_the_engine_loads_kafkas_clients_only_once_kafka_listens() -> None:
    loaded = loaded_by("import sandbox.control.server, sandbox.runtime.engine, sandbox.runtime.components")
    assert "aiohttp" in loaded
    assert loaded.isdisjoint({"aiokafka", "docker", "fastavro", "jinja2", "yaml"})
