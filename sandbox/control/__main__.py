"""The engine's process: `python -m sandbox.runtime STATE_FOLDER`.

Kafka and the services start first; what is heavy to import comes while they do.
"""

from __future__ import annotations

import fcntl
import os
import sys
from pathlib import Path

from sandbox.errors import SandboxError
from sandbox.runtime.plan import EnginePlan

ALREADY_RUNNING = 75


def main(state_dir: Path) -> int:
    plan = EnginePlan.read(state_dir / "plan.json")
    token = (state_dir / "token").read_text(encoding="ascii").strip()
    lock = os.open(state_dir.with_name(f".{plan.name}.lock"), os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        sys.stderr.write(f"another engine runs sandbox {plan.name}\n")
        return ALREADY_RUNNING
    from sandbox.runtime.spawn import broker_of, spawn_services

    broker = broker_of(plan)
    try:
        broker.start()
    except SandboxError as error:
        sys.stderr.write(f"{error.render()}\n")
        return error.exit_code
    children = {process: spawn_services(plan, process, token) for process in plan.processes}

    import asyncio

    from sandbox.runtime.engine import Engine

    asyncio.run(Engine(plan, token, broker, children).run())
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
