from pathlib import Path

import pytest

from sandbox.config.naming import check_name, find_project
from sandbox.errors import UsageError


@pytest.mark.parametrize("mark", ["sandbox.toml", ".git"])
def test_the_nearest_project_folder_gives_the_name(tmp_path: Path, mark: str) -> None:
    project = tmp_path / "Trading Desk_2"
    inner = project / "src" / "deep"
    inner.mkdir(parents=True)
    (project / mark).touch()
    found = find_project(inner)
    assert (found.name, found.folder) == ("trading-desk-2", project)


def test_a_folder_of_no_project_is_called_default() -> None:
    assert find_project(Path("/")).name == "default"


@pytest.mark.parametrize("name", ["", "A", "-x", "a b", "a/b", "..", "x" * 41, "ä"])
def test_what_cannot_name_a_sandbox_is_refused(name: str) -> None:
    with pytest.raises(UsageError, match="cannot name a sandbox"):
        check_name(name)
