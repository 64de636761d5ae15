"""The engine's process: `python -m sandbox.control STATE_FOLDER`.

Kafka and the services start first; what is heavy to import comes while they do.
"""

from __future__ import annotations

import fcntl
import os
import sys
from pathlib import Path

from sandbox.errors import SandboxError
from sandbox.runtime.plan import EnginePlan
from sandbox.runtime.spawn import broker_of, spawn_services

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
    broker = broker_of(plan)
    try:
        broker.start()
        children = {process: spawn_services(plan, process, token) for process in plan.processes}
        run(plan, token, broker, children)
    except SandboxError as error:
        sys.stderr.write(f"{error.render()}\n")
        return error.exit_code
    return 0


def run(plan: EnginePlan, token: str, broker: object, children: dict[str, object]) -> None:
    import asyncio

    from sandbox.control.server import control_app
    from sandbox.runtime.engine import Engine

    advertised = (plan.advertise,) if plan.advertise else ()

    async def engine() -> None:
        await Engine(plan, token, broker, children).run(
            lambda engine: control_app(engine, token, advertised=advertised)
        )

    asyncio.run(engine())


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
