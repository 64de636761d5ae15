from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from sandbox.config.folders import StateFolder
from sandbox.errors import Conflict
from sandbox.runtime.docker.endpoint import Endpoint
from sandbox.runtime.docker.labels import NAME_LABEL, STATE_LABEL
from sandbox.runtime.docker.leftovers import foreign_owner, orphans
from sandbox.runtime.docker.preparation import refuse_foreign, way_to_engine


def container(name: str, state: Path | str) -> dict[str, Any]:
    return {"Labels": {NAME_LABEL: name, STATE_LABEL: str(state)}}


def test_only_sandboxes_of_this_state_root_without_a_folder_are_orphans(engine: Any, tmp_path: Path) -> None:
    (tmp_path / "alive").mkdir()
    engine.answers["/containers/json"] = [
        container("alive", tmp_path / "alive"),
        container("gone", tmp_path / "gone"),
        container("gone", tmp_path / "gone"),
        container("theirs", "/home/other/state/theirs"),
        {"Labels": {}},
    ]
    assert orphans(Endpoint(engine.url, "test"), tmp_path) == [("gone", tmp_path / "gone")]


def test_networks_and_data_without_a_container_are_orphans_too(engine: Any, tmp_path: Path) -> None:
    engine.answers["/networks"] = [container("net", tmp_path / "net"), {"Labels": None}]
    engine.answers["/volumes"] = {"Volumes": [container("data", tmp_path / "data")]}
    assert [name for name, _ in orphans(Endpoint(engine.url, "test"), tmp_path)] == ["data", "net"]
    engine.answers["/volumes"] = {"Volumes": None}
    assert [name for name, _ in orphans(Endpoint(engine.url, "test"), tmp_path)] == ["net"]


def test_a_project_of_the_same_name_is_somebody_elses(engine: Any, tmp_path: Path, monkeypatch: Any) -> None:
    endpoint, folder = Endpoint(engine.url, "test"), StateFolder(tmp_path / "shop")
    engine.answers["/containers/json"] = [container("shop", folder.path)]
    assert foreign_owner(endpoint, "shop", folder.path) is None
    engine.answers["/containers/json"] = [container("shop", "/home/other/shop")]
    monkeypatch.setenv("DOCKER_HOST", engine.url)
    with pytest.raises(Conflict, match="/home/other/shop") as caught:
        refuse_foreign(folder)
    assert "--name" in caught.value.hint


def test_the_search_is_by_label_alone(engine: Any, tmp_path: Path) -> None:
    engine.answers["/containers/json"] = []
    assert orphans(Endpoint(engine.url, "test"), tmp_path) == []
    assert all(NAME_LABEL in path for path in engine.asked)
    assert {path.partition("?")[0] for path in engine.asked} == {"/containers/json", "/networks", "/volumes"}
    assert "all=true" in next(path for path in engine.asked if path.startswith("/containers"))


@pytest.mark.parametrize(
    ("info", "bridge", "expected"),
    [
        ({"OperatingSystem": "Docker Desktop"}, None, ([], True)),
        ({}, {"Gateway": "127.0.0.1"}, (["127.0.0.1"], True)),
        ({}, {"Subnet": "127.0.0.0/8"}, (["127.0.0.1"], True)),
        ({}, {"Gateway": "192.0.2.1"}, ([], False)),
        ({}, {"Gateway": "fe80::1"}, ([], False)),
        ({}, {"Subnet": "nonsense"}, ([], False)),
        ({}, None, ([], False)),
    ],
)
def test_the_control_api_listens_only_at_an_address_of_this_machine(
    engine: Any, info: dict[str, Any], bridge: dict[str, Any] | None, expected: tuple[list[str], bool]
) -> None:
    engine.answers["/info"] = info
    if bridge:
        engine.answers["/networks/bridge"] = {"IPAM": {"Config": [bridge]}}
    assert way_to_engine(Endpoint(engine.url, "test")) == expected
