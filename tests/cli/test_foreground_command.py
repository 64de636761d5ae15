"""A command in the place of another process, with real signals and a real terminal."""

from __future__ import annotations

import contextlib
import os
import pty
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator

import psutil
import pytest

from sandbox.cli.foreground_command import ForegroundCommand
from sandbox.errors import EnvironmentFailure, UsageError

RUNNER = (
    "import os, sys\n"
    "from sandbox.cli.foreground_command import ForegroundCommand\n"
    "code = ForegroundCommand(sys.argv[1:], os.environ).run()\n"
    "sys.stderr.write(f'code {code}\\n')\n"
    "sys.exit(code)\n"
)
NOTES_SIGNAL = (
    "import signal, sys, time\nfor number in ({0}):\n    signal.signal(number, lambda n, _: sys.exit(n + 10))\n"
)
WAITS = "print('up', flush=True)\ntime.sleep(30)\n"


def runner(*command: str, **options: object) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", RUNNER, *command], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **options
    )  # type: ignore[call-overload]


def python(code: str) -> tuple[str, ...]:
    return (sys.executable, "-c", code)


def within(check: Callable[[], object], limit_s: float = 10.0) -> object:
    deadline = time.monotonic() + limit_s
    while time.monotonic() < deadline:
        if found := check():
            return found
        time.sleep(0.01)
    raise AssertionError(f"not within {limit_s} s")


@pytest.mark.parametrize("code", [0, 1, 42])
def test_the_exit_code_is_the_commands(code: int) -> None:
    assert ForegroundCommand(["sh", "-c", f"exit {code}"], os.environ).run() == code


def test_a_signals_end_is_128_and_its_number() -> None:
    assert ForegroundCommand(["sh", "-c", "kill -TERM $$"], os.environ).run() == 128 + signal.SIGTERM


def test_the_command_sees_the_environment_it_is_given() -> None:
    environ = {**os.environ, "COLOUR": "blue"}
    assert ForegroundCommand(["sh", "-c", 'test "$COLOUR" = blue'], environ).run() == 0


def test_an_unknown_command_is_bad_usage() -> None:
    with pytest.raises(UsageError, match="no command 'no-such-tool'"):
        ForegroundCommand(["no-such-tool"], os.environ)


def test_a_file_that_is_no_program_is_told(tmp_path: object) -> None:
    script = tmp_path / "script"  # type: ignore[operator]
    script.write_bytes(b"\x7fELF but not really")
    script.chmod(0o755)
    with pytest.raises(EnvironmentFailure, match="cannot be run"):
        ForegroundCommand([str(script)], os.environ).run()


def test_stdin_stdout_and_stderr_are_the_commands() -> None:
    process = runner("sh", "-c", "cat; echo aside >&2", stdin=subprocess.PIPE)
    out, err = process.communicate("through and through", timeout=20)
    assert out == "through and through" and err == "aside\ncode 0\n"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGUSR1, signal.SIGQUIT])
def test_a_signal_is_passed_on_and_the_commands_own_answer_passed_back(number: signal.Signals) -> None:
    process = runner(*python(NOTES_SIGNAL.format(f"{int(number)},") + WAITS))
    assert process.stdout and process.stdout.readline() == "up\n"
    process.send_signal(number)
    assert process.wait(timeout=20) == number + 10
    process.communicate()


def test_a_signal_reaches_what_the_command_started_too() -> None:
    inner = NOTES_SIGNAL.format(f"{int(signal.SIGTERM)},") + WAITS
    outer = (
        "import signal, subprocess, sys\nsignal.signal(signal.SIGTERM, lambda n, _: None)\n"
        f"sys.exit(subprocess.run([sys.executable, '-c', {inner!r}]).returncode)"
    )
    process = runner(*python(outer))
    assert process.stdout and process.stdout.readline() == "up\n"
    process.send_signal(signal.SIGTERM)
    assert process.wait(timeout=20) == signal.SIGTERM + 10
    process.communicate()


def test_when_it_is_killed_the_command_ends_too() -> None:
    process = runner(*python("import os, time\nprint(os.getpid(), flush=True)\ntime.sleep(60)"))
    assert process.stdout
    command = psutil.Process(int(process.stdout.readline()))
    process.kill()
    process.wait(timeout=20)
    within(lambda: not command.is_running() or command.status() == psutil.STATUS_ZOMBIE)
    process.communicate()


class Terminal:
    """A process whose controlling terminal is this pseudo-terminal, as a shell's first child has it."""

    def __init__(self, *command: str) -> None:
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.execv(sys.executable, [sys.executable, "-c", RUNNER, *command])
        self.shown = ""

    def until(self, text: str) -> None:
        while text not in self.shown:
            self.shown += os.read(self.fd, 4096).decode()

    def end(self) -> int:
        with contextlib.suppress(OSError):  # Linux tells the end of the other side as an error
            while more := os.read(self.fd, 4096):
                self.shown += more.decode()
        return os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])


@pytest.fixture
def terminal() -> Iterator[Callable[..., Terminal]]:
    opened: list[Terminal] = []

    def open_one(*command: str) -> Terminal:
        opened.append(Terminal(*command))
        return opened[-1]

    yield open_one
    for each in opened:
        os.close(each.fd)


def test_the_command_can_read_from_the_terminal(terminal: Callable[..., Terminal]) -> None:
    told = terminal("sh", "-c", 'echo name?; read -r name; echo "hello $name"')
    told.until("name?")
    os.write(told.fd, b"Ada\n")
    assert told.end() == 0 and "hello Ada" in told.shown


def test_ctrl_c_reaches_the_command_once(terminal: Callable[..., Terminal]) -> None:
    code = (
        "import signal, sys, time\ncame = []\nsignal.signal(signal.SIGINT, lambda n, _: came.append(n))\n"
        "print('up', flush=True)\ntime.sleep(0.5)\nsys.exit(50 + len(came))"
    )
    told = terminal(*python(code))
    told.until("up")
    os.write(told.fd, b"\x03")
    assert told.end() == 51


def test_ctrl_z_stops_both_and_fg_goes_on(terminal: Callable[..., Terminal]) -> None:
    told = terminal("sh", "-c", 'echo "pid $$"; read -r line; echo "read $line"')
    told.until("\n")
    command = psutil.Process(int(told.shown.split()[1]))
    within(lambda: os.tcgetpgrp(told.fd) == command.pid)
    os.write(told.fd, b"\x1a")
    _, status = os.waitpid(told.pid, os.WUNTRACED)
    assert os.WIFSTOPPED(status) and command.status() == psutil.STATUS_STOPPED
    os.kill(told.pid, signal.SIGCONT)
    os.write(told.fd, b"on\n")
    assert told.end() == 0 and "read on" in told.shown
