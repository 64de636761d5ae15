from __future__ import annotations

import subprocess
import sys

import pytest

from sandbox.cli.app import COMMANDS


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_is_built_without_the_others(command: str) -> None:
    script = (
        f"from sandbox.cli.app import run\nassert run([{command!r}, '--help']) == 0\n"
        "import sys\nfrom sandbox.cli.app import COMMANDS\n"
        "print([name for name in COMMANDS if f'sandbox.cli.{name}' in sys.modules], file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=60)
    assert f"Usage: sandbox {command} " in done.stdout
    assert done.stderr == f"[{command!r}]\n"


def test_the_help_lists_every_command(sandbox) -> None:
    listed = sandbox("--help").out.partition("Commands:\n")[2]
    assert tuple(line.split()[0] for line in listed.splitlines()[: len(COMMANDS)]) == COMMANDS


def test_a_word_that_is_no_command_is_guessed_at(sandbox) -> None:
    done = sandbox("statu")
    assert done.code == 2
    assert "Did you mean" in done.err and "'status'" in done.err
