"""The engine's process: `python -m sandbox.control STATE_FOLDER [OWNER]`.

Kafka and the services start first; what is heavy to import comes while they do.
"""

from __future__ import annotations

import fcntl
import os
import signal
import sys
import threading
import time
from pathlib import Path
from typing import NoReturn

from sandbox.errors import SandboxError
from sandbox.runtime.collector import collector_at_rest
from sandbox.runtime.data_swap import DataSwap
from sandbox.runtime.plan import EnginePlan
from sandbox.runtime.runtimes import Runtime, runtime_of

ALREADY_RUNNING = 75
PREDECESSOR_LIMIT_S = 2.0
POLL_S = 0.02


def main(state_dir: Path, owner: int | None = None) -> int:
    plan = EnginePlan.read(state_dir / "plan.json")
    token = (state_dir / "token").read_text(encoding="ascii").strip()
    lock = os.open(state_dir.with_name(f".{plan.name}.lock"), os.O_RDWR | os.O_CREAT, 0o600)
    if not _takes(lock):
        sys.stderr.write(f"another engine runs sandbox {plan.name}\n")
        return ALREADY_RUNNING
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, _leave)
    if owner is not None:
        threading.Thread(target=_leave_with, args=(owner,), name="owner", daemon=True).start()
    try:
        swap = DataSwap(state_dir)
        swap.recover()
        if swap.is_open:
            threading.Thread(target=_leave_unless_decided, args=(swap,), name="swap", daemon=True).start()
        runtime = runtime_of(plan, token)
        try:
            runtime.start()
            run(plan, token, runtime)
        finally:
            runtime.end()
    except SandboxError as error:
        sys.stderr.write(f"{error.render()}\n")
        return error.exit_code
    return 0


def _takes(lock: int) -> bool:
    """Threads of an engine that has just ended may hold it for a moment longer than its process is seen."""
    deadline = time.monotonic() + PREDECESSOR_LIMIT_S
    while True:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            if time.monotonic() > deadline:
                return False
            time.sleep(POLL_S)
        else:
            return True


def _leave(number: int, _: object) -> NoReturn:
    """Told to stop before the engine runs, which has handlers of its own: go, by way of `finally`."""
    sys.exit(128 + number)


def _leave_with(owner: int) -> None:
    """Stop when the pipe `owner` ends; a byte in it says that nobody has to wait for that any more."""
    if not os.read(owner, 1):
        os.kill(os.getpid(), signal.SIGTERM)


def _leave_unless_decided(swap: DataSwap) -> None:
    """Stop when a process that tries this data ends without a word that it stays."""
    if not swap.wait_decided():
        os.kill(os.getpid(), signal.SIGTERM)


def run(plan: EnginePlan, token: str, runtime: Runtime) -> None:
    with collector_at_rest():
        import asyncio

        from sandbox.runtime.late_authorities import import_aiohttp

        import_aiohttp()
        from sandbox.control.server import control_app
        from sandbox.runtime.engine import Engine

    advertised = [name for name in (plan.advertise, plan.engine_name, *plan.engine_hosts) if name]

    async def engine() -> None:
        await Engine(plan, token, runtime).run(lambda engine: control_app(engine, token, advertised=advertised))

    asyncio.run(engine())


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), *map(int, sys.argv[2:])))
