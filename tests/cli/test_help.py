"""What `--help` and the README's table say of the commands."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer

from sandbox.cli.app import command_tree, run

README = (Path(__file__).parents[2] / "README.md").read_text()
TABLE = re.search(r"^\| command \|.*?(?=\n\n)", README, re.DOTALL | re.MULTILINE).group()


def tree(command: Any, *path: str) -> Iterator[tuple[tuple[str, ...], Any]]:
    yield path, command
    for name, below in getattr(command, "commands", {}).items():
        yield from tree(below, *path, name)


COMMANDS = dict(tree(typer.main.get_command(command_tree(None))))
GROUPS = [path for path, command in COMMANDS.items() if hasattr(command, "commands")]


@pytest.mark.parametrize("path", [path for path in COMMANDS if path], ids=" ".join)
def test_a_command_says_in_one_short_sentence_what_it_does(path: tuple[str, ...]) -> None:
    first, end, _ = COMMANDS[path].help.partition(".")
    assert end and len(first) + 1 <= 55


@pytest.mark.parametrize("path", GROUPS, ids=lambda path: " ".join(path) or "sandbox")
def test_no_list_of_commands_is_cut_at_80_columns(
    path: tuple[str, ...], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    assert run([*path, "--help"]) == 0
    listed = capsys.readouterr().out.partition("Commands:")[2]
    assert all(name in listed for name in COMMANDS[path].commands)
    assert "..." not in listed


@pytest.mark.parametrize("path", [path for path in COMMANDS if path], ids=" ".join)
def test_the_readmes_table_has_every_command_once(path: tuple[str, ...]) -> None:
    rows = [row for row in TABLE.splitlines() if re.search(rf"`{path[0]}\b|· `{path[0]}\b", row)]
    assert rows
    assert len(path) == 1 or any(re.search(rf"[ |]{path[1]}\b", row) for row in rows)


def test_the_readme_has_no_line_or_row_twice() -> None:
    lines = [line for line in README.splitlines() if len(line) > 20]
    rows = [line.split(" | ")[0] for line in lines if line.startswith("|")]
    assert len(lines) == len(set(lines)) and len(rows) == len(set(rows))


def test_every_page_of_docs_is_named_once_in_the_readme() -> None:
    for page in sorted((Path(__file__).parents[2] / "docs").glob("*.md")):
        assert README.count(f"](docs/{page.name})") == 1, page.name


def test_serve_names_variables_that_there_are() -> None:
    from sandbox.cli.serve import VARIABLES
    from sandbox.config.serve import ServeConfig

    named = re.findall(r"\b([A-Z]+_[A-Z]+|PORTS|BIND|AUTH|TOKEN)\b", VARIABLES.partition(":")[2])
    assert len(named) == 12
    assert {each.lower() for each in named} <= ServeConfig.model_fields.keys()
