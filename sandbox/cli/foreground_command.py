"""A command run in the place of this process: its terminal, its signals, its exit code."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from typing import IO

from sandbox.errors import EnvironmentFailure, UsageError
from sandbox.runtime.embedded.watchdog import Watchdog

__all__ = ["ForegroundCommand"]

FORWARDED = (
    signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT, signal.SIGUSR1, signal.SIGUSR2, signal.SIGWINCH,
)  # fmt: skip


class ForegroundCommand:
    """`argv` with stdin, stdout and stderr of this process, in a process group of its own.

    The group takes the terminal, so that Ctrl-C reaches it once, from the terminal; signals to this process are passed
    on to it. When this process is killed, the group ends too.
    """

    def __init__(self, argv: Sequence[str], environ: Mapping[str, str]) -> None:
        """Raises UsageError when there is no such command."""
        self._argv = list(argv)
        self._environ = dict(environ)
        if shutil.which(self._argv[0], path=self._environ.get("PATH")) is None:
            raise UsageError(
                f"there is no command {self._argv[0]!r}", where="COMMAND", hint="it is looked for on the PATH"
            )

    def run(self) -> int:
        """Run it to its end; its exit code, 128+N when signal N ended it. Raises EnvironmentFailure."""
        with _terminal() as terminal, contextlib.ExitStack() as stack:
            try:
                process = subprocess.Popen(self._argv, env=self._environ, process_group=0)
            except OSError as error:
                raise EnvironmentFailure(f"the command cannot be run: {error.strerror}", where=self._argv[0]) from None
            for number in FORWARDED:
                stack.callback(signal.signal, number, signal.signal(number, _forward(process.pid)))
            watchdog = Watchdog(process.pid)
            stack.callback(watchdog.dismiss)
            return self._wait(process, terminal)

    @staticmethod
    def _wait(process: subprocess.Popen[bytes], terminal: IO[bytes] | None) -> int:
        """Until it ends. While Ctrl-Z has stopped it, this process is stopped too, so that the shell takes over."""
        own = os.getpgrp()
        while True:
            if terminal is not None:
                _give(terminal, process.pid)
                _send(process.pid, signal.SIGCONT)  # it may have asked for the terminal before it had it
            _, status = os.waitpid(process.pid, os.WUNTRACED)
            if not os.WIFSTOPPED(status):
                process.returncode = code = os.waitstatus_to_exitcode(status)
                return code if code >= 0 else 128 - code
            if terminal is not None:
                _give(terminal, own)
                os.kill(0, signal.SIGSTOP)


@contextlib.contextmanager
def _terminal() -> Iterator[IO[bytes] | None]:
    """The terminal if this process is in front of it, to be given away and taken back at the end; else None."""
    own = os.getpgrp()
    try:
        terminal = open("/dev/tty", "r+b", buffering=0)  # noqa: PTH123, SIM115 -- Path.open cannot be unbuffered r+b
    except OSError:
        yield None
        return
    with terminal:
        if os.tcgetpgrp(terminal.fileno()) != own:
            yield None
            return
        try:
            yield terminal
        finally:
            _give(terminal, own)


def _give(terminal: IO[bytes], group: int) -> None:
    """Put a process group in front of the terminal. Doing that from behind it would stop this process by SIGTTOU."""
    before = signal.signal(signal.SIGTTOU, signal.SIG_IGN)
    try:
        with contextlib.suppress(OSError):  # the group has ended already, or the terminal is gone
            os.tcsetpgrp(terminal.fileno(), group)
    finally:
        signal.signal(signal.SIGTTOU, before)


def _forward(group: int) -> object:
    return lambda number, _: _send(group, number)


def _send(group: int, number: int) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(group, number)
