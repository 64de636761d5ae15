"""A process that never outlives its parent, `kill -9` of the parent included, even while the process is stopped.

A pipe ties the two: the parent holds its writing end and never writes; a watchdog (a shell that waits in `read`) holds
the reading end. When the parent is gone, for whatever reason, the read ends, and the watchdog ends the child's process
group: SIGTERM and SIGCONT, a short grace, SIGKILL. The child is held back until its watchdog stands, so there is no
moment without one. Child and watchdog each lead a session of their own: Ctrl-C in a terminal reaches neither.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO, TYPE_CHECKING

from sandbox.errors import ComponentFailed
from sandbox.runtime.embedded.watchdog import Watchdog

if TYPE_CHECKING:
    import asyncio

__all__ = ["Child"]

LOWEST_PRIORITY = 19

# Waits for a line on stdin, then becomes the command; end of file instead of a line means that the parent is gone.
_HELD_BACK = 'read -r _ || exit 125; exec "$@" </dev/null'


class Child:
    """One command and its end. Everything but `wait` works without an event loop and imports the standard library only.

    `log_file` takes stdout and stderr (appended); without it they are dropped. `nice` lowers its priority by so much.
    """

    def __init__(
        self,
        argv: Sequence[str],
        *,
        env: Mapping[str, str] | None = None,
        cwd: Path | None = None,
        log_file: Path | None = None,
        nice: int = 0,
    ) -> None:
        self.argv = list(argv)
        self._env = dict(env) if env is not None else None
        self._cwd = cwd
        self._log_file = log_file
        self._nice = nice
        self._process: subprocess.Popen[bytes] | None = None
        self._watchdog: Watchdog | None = None
        self._ended = threading.Event()
        self._turn = threading.Lock()
        self._waiting: list[tuple[asyncio.AbstractEventLoop, asyncio.Future[int]]] = []
        self._exit_code: int | None = None

    @property
    def pid(self) -> int | None:
        """Process id while it runs."""
        return self._process.pid if self._process is not None and self._exit_code is None else None

    @property
    def exit_code(self) -> int | None:
        """Exit code once it has ended; −N when signal N ended it."""
        return self._exit_code

    def start(self) -> None:
        """Start the command; returns at once. A Child starts once. Raises ComponentFailed when it cannot be started."""
        if self._process is not None:
            raise RuntimeError("a Child starts once")
        try:
            with contextlib.ExitStack() as stack:
                log: IO[bytes] | int = subprocess.DEVNULL
                if self._log_file is not None:
                    self._log_file.parent.mkdir(parents=True, exist_ok=True)
                    log = stack.enter_context(self._log_file.open("ab"))
                self._spawn(log)
        except OSError as error:
            raise ComponentFailed(
                f"{Path(self.argv[0]).name} cannot be started: {error.strerror}", where=error.filename
            ) from error
        threading.Thread(target=self._reap, name=f"reap {self._process.pid}", daemon=True).start()

    def _spawn(self, log: IO[bytes] | int) -> None:
        held_back = ["/bin/sh", "-c", _HELD_BACK, "child", *self.argv]
        process = subprocess.Popen(
            held_back,
            stdin=subprocess.PIPE,
            stdout=log,
            stderr=log,
            env=self._env,
            cwd=self._cwd,
            start_new_session=True,
        )
        try:
            self._watchdog = Watchdog(process.pid)
            if self._nice:
                own = os.getpriority(os.PRIO_PROCESS, 0)
                os.setpriority(os.PRIO_PROCESS, process.pid, min(own + self._nice, LOWEST_PRIORITY))
            with contextlib.suppress(BrokenPipeError):  # it has ended already, which is for `wait` to tell
                process.stdin.write(b"\n")
                process.stdin.flush()
        except BaseException:
            process.kill()
            process.wait()
            raise
        finally:
            with contextlib.suppress(BrokenPipeError):
                process.stdin.close()
        self._process = process

    def _reap(self) -> None:
        self._exit_code = self._process.wait()
        self._watchdog.dismiss()
        with self._turn:
            self._ended.set()
            waiting, self._waiting = self._waiting, []
        for loop, future in waiting:
            with contextlib.suppress(RuntimeError):  # the loop is closed: nobody waits any more
                loop.call_soon_threadsafe(_resolve, future, self._exit_code)

    async def wait(self) -> int:
        """Wait for the end and return the exit code, a few milliseconds after it happened."""
        import asyncio

        loop = asyncio.get_running_loop()
        future: asyncio.Future[int] = loop.create_future()
        with self._turn:
            if self._ended.is_set():
                return self._exit_code
            self._waiting.append((loop, future))
        return await future

    def wait_blocking(self, timeout_s: float) -> int | None:
        """Like `wait`, without an event loop; None when it still runs after `timeout_s`."""
        return self._exit_code if self._ended.wait(timeout_s) else None

    def signal(self, number: int) -> None:
        """Send a signal to the process. Does nothing once it has ended."""
        if self._process is not None:
            self._process.send_signal(number)

    def terminate(self) -> None:
        """Ask it to end, also when it is stopped."""
        self.signal(signal.SIGTERM)
        self.signal(signal.SIGCONT)

    def kill(self) -> None:
        """End it and everything in its process group at once."""
        if self.pid is not None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)

    def pause(self) -> None:
        self.signal(signal.SIGSTOP)

    def resume(self) -> None:
        self.signal(signal.SIGCONT)

    async def stop(self, timeout_s: float) -> int | None:
        """SIGTERM, and SIGKILL after `timeout_s`. Returns the exit code; None when it never ran."""
        import asyncio

        if self._process is None:
            return None
        self.terminate()
        try:
            async with asyncio.timeout(timeout_s):
                return await self.wait()
        except TimeoutError:
            self.kill()
            return await self.wait()


def _resolve(future: asyncio.Future[int], exit_code: int) -> None:
    if not future.done():
        future.set_result(exit_code)
