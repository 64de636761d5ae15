"""Starting the engine's children: Kafka's JVM and the processes of services.

Needs the standard library only, so that the engine can start them before it imports anything heavy itself.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from sandbox.config.registry_users import written_users
from sandbox.runtime.embedded.broker import EmbeddedBroker
from sandbox.runtime.embedded.child import Child
from sandbox.runtime.plan import EnginePlan, admin_port_name

__all__ = ["broker_of", "serve_environment", "spawn_services"]


def broker_of(plan: EnginePlan) -> EmbeddedBroker:
    """Kafka as the plan wants it, not started yet."""
    state = Path(plan.state_dir)
    return EmbeddedBroker(
        state / "kafka",
        cache_dir=Path(plan.cache_dir),
        port=plan.ports["kafka"],
        listen=plan.listen,
        advertise=plan.advertise,
        controller_port=plan.ports["controller"],
        local_port=plan.ports.get("kafka-local", 0),
        log_file=state / "logs" / "kafka.log",
        java_home=Path(plan.java_home) if plan.java_home else None,
        offline=True,
    )


def spawn_services(plan: EnginePlan, process: str, token: str) -> Child:
    """Start one `sandbox serve` process under a watchdog, with its log beside the others."""
    child = Child(
        [sys.executable, "-P", "-m", "sandbox.runtime.serve", *plan.processes[process]],
        env={**os.environ, **serve_environment(plan, process, token), "MALLOC_ARENA_MAX": "2"},
        cwd=Path(plan.state_dir),
        log_file=Path(plan.state_dir) / "logs" / f"{process}.log",
    )
    child.start()
    return child


def serve_environment(plan: EnginePlan, process: str, token: str) -> dict[str, str]:
    """What a services process of this plan is told: the variables of `ServeConfig`."""
    services = plan.processes[process]
    told = {
        "bootstrap_servers": plan.local_bootstrap_servers,
        "registry_users": written_users(plan.registry_users),
        "registry_url": plan.local_url("schema-registry"),
        "capsule_url": plan.local_url("capsule"),
        "plato_url": plan.local_url("plato"),
        "without": ",".join(plan.left_out),
        "public_urls": plan.public_urls(),
        "engine_url": plan.control_url,
        "token": token,
        "instance": process,
        "bind": ",".join(plan.listen),
        "ports": ",".join(f"{name}={plan.ports[name]}" for name in services if name in plan.ports),
        "admin_port": str(plan.ports[admin_port_name(process)]),
        "state_dir": str(Path(plan.state_dir) / "stores"),
        "contracts_dir": plan.contracts,
        "profile": plan.profile,
        "dialect": plan.dialect,
        "auth": plan.auth,
        "api_keys": plan.api_keys,
        "rate_limits": plan.rate_limits,
    }
    return {f"SANDBOX_SERVE_{name.upper()}": value for name, value in told.items() if value}
