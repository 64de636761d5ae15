"""One sandbox as a Compose project: which files, which services, and the variables that they are filled with."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from sandbox.config.folders import share_dir
from sandbox.config.registry_users import written_users
from sandbox.runtime.docker.labels import project_name
from sandbox.runtime.plan import EnginePlan, admin_port_name

__all__ = ["ENGINE_NAME", "ImageNames", "Project"]

ENGINE_NAME = "host.docker.internal"
"""The name by which containers know the machine that runs the engine, as Docker Desktop has it."""
KAFKA_IMAGE = "apache/kafka:4.4.0"
SERVICES_IMAGE = "butterfly-sandbox:0.1.0"
ANY_ADDRESS = ("0.0.0.0", "::")
LOOPBACK_NAMES = ("localhost", "127.0.0.1", "::1")
HEALTH_INTERVAL = "10s"
"""The engine asks every second by itself; Docker's own checks would only slow the start down."""
VARIABLES = {
    "schema-registry": "REGISTRY",
    "capsule": "CAPSULE",
    "odyssey": "ODYSSEY",
    "plato": "PLATO",
    "audit": "AUDIT",
}


@dataclass(frozen=True, slots=True)
class ImageNames:
    """The images of compose.yaml, as the same variables of the environment name them there."""

    kafka: str
    services: str

    @classmethod
    def from_environment(cls, environ: Mapping[str, str] | None = None) -> ImageNames:
        env = os.environ if environ is None else environ
        prefix = env.get("SANDBOX_IMAGE_PREFIX", "")
        return cls(
            prefix + (env.get("SANDBOX_KAFKA_IMAGE") or KAFKA_IMAGE),
            prefix + (env.get("SANDBOX_IMAGE") or SERVICES_IMAGE),
        )


class Project:
    """`arguments` are Compose's before its command; `environment` fills the files' variables."""

    def __init__(self, plan: EnginePlan, token: str) -> None:
        self.name = project_name(plan.name)
        self.services = ("kafka", *(service for services in plan.processes.values() for service in services))
        self._plan = plan
        self._token = token

    def files(self) -> list[Path]:
        """compose.yaml, and what this plan adds to it."""
        plan, names = self._plan, ["compose.yaml", "engine.yaml"]
        if plan.bind or plan.advertise:
            names.append("advertise.yaml")
        if plan.bind and plan.bind not in ANY_ADDRESS:
            names.append("bind.yaml")
        if plan.contracts:
            names.append("contracts.yaml")
        return [share_dir("compose") / name for name in names]

    def arguments(self) -> list[str]:
        return [*(part for file in self.files() for part in ("-f", str(file))), "-p", self.name]

    def up_arguments(self) -> list[str]:
        """Create and start everything at once: the services wait for what they need themselves."""
        return [*self.arguments(), "up", "--detach", "--no-build", "--pull", "never", "--no-deps", *self.services]

    def environment(self) -> dict[str, str]:
        plan = self._plan
        told = {
            "NAME": plan.name,
            "STATE": plan.state_dir,
            "TOKEN": self._token,
            "NETWORK": self.name,
            "BIND": plan.bind if plan.bind in ANY_ADDRESS else "127.0.0.1",
            "BIND_ALSO": plan.bind,
            "ADVERTISE": plan.host,
            # Without a way to it, facts would only hold up a service's end.
            "ENGINE_URL": f"http://{ENGINE_NAME}:{plan.ports['control']}" if plan.engine_reachable else None,
            "ENGINE_ADDRESS": next(iter(plan.engine_hosts), None),
            "HEALTH_INTERVAL": HEALTH_INTERVAL,
            "KAFKA_PORT": str(plan.ports["kafka"]),
            "KAFKA_LOCAL_PORT": str(plan.ports.get("kafka-local", "")),
            "WITHOUT": ",".join(plan.left_out),
            "PUBLIC_URLS": plan.public_urls(),
            "CONTRACTS": plan.contracts,
            "PROFILE": plan.profile,
            "DIALECT": plan.dialect,
            "AUTH": plan.auth,
            "API_KEYS": plan.api_keys,
            "RATE_LIMITS": plan.rate_limits,
            "REGISTRY_USERS": written_users(plan.registry_users),
        }
        for service, variable in VARIABLES.items():
            if service in plan.ports:
                told[f"{variable}_PORT"] = str(plan.ports[service])
            told[f"{variable}_ADMIN_PORT"] = str(plan.ports[admin_port_name(service)])
        for service, url in plan.replace.items():
            told[f"{VARIABLES[service]}_URL"] = _from_inside(url)
        given = {f"SANDBOX_{name}": value for name, value in told.items() if value}
        if plan.url("schema-registry") is None:
            given["SANDBOX_REGISTRY_URL"] = ""
        return {**given, "COMPOSE_PROFILES": "ours", "COMPOSE_IGNORE_ORPHANS": "true"}


def _from_inside(url: str) -> str:
    """A URL of this machine as containers reach it: their own loopback is not this machine's."""
    parts = urlsplit(url)
    if parts.hostname not in LOOPBACK_NAMES:
        return url
    port = f":{parts.port}" if parts.port else ""
    return f"{parts.scheme}://{ENGINE_NAME}{port}{parts.path}"
