"""What `sandbox up` decided, handed to the engine as one file. Standard library only: the JVM starts first."""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from sandbox.config.services import SERVICES

__all__ = ["EnginePlan", "admin_port_name"]


def admin_port_name(process: str) -> str:
    """The key of a process's admin port in a plan's `ports`."""
    return "admin" if process == "services" else f"admin-{process}"


@dataclass(frozen=True, slots=True, kw_only=True)
class EnginePlan:
    """`ports` maps kafka, controller, schema-registry, capsule, odyssey, plato, control and admin… to port numbers.

    `processes` maps a process's name to the services it runs; `replace` a service's name to the URL of a real one.
    """

    name: str
    runtime: str
    state_dir: str
    cache_dir: str
    ports: dict[str, int]
    processes: dict[str, list[str]]
    bind: str | None = None
    advertise: str | None = None
    replace: dict[str, str] = field(default_factory=dict)
    contracts: str | None = None
    profile: str | None = None
    dialect: str = "envelope"
    auth: str = "optional"
    api_keys: str | None = field(default=None, repr=False)
    """API keys with their scopes, as `sandbox serve` reads them."""
    rate_limits: str = "on"
    registry_users: dict[str, str] = field(default_factory=dict, repr=False)
    """Who may use the schema registry: passwords by user; everybody when empty."""
    java_home: str | None = None
    docker_host: str | None = None
    """Address of the Docker engine that runs the containers, on that runtime."""
    compose_command: list[str] = field(default_factory=list)
    """How Compose is called."""
    engine_reachable: bool = True
    """Whether containers can reach the control API, as far as is known before they have tried."""
    engine_hosts: list[str] = field(default_factory=list)
    """Addresses besides loopback that the control API listens on: the containers' way to it."""
    engine_name: str | None = None
    """Host name that containers know this machine by."""
    train: bool = True
    """Whether to train the AOT cache once everything is ready."""

    @property
    def host(self) -> str:
        """The host that endpoints are announced under."""
        return self.advertise or "localhost"

    @property
    def listen(self) -> tuple[str, ...]:
        """Addresses to listen on: loopback, and `bind` when given."""
        if self.bind in ("0.0.0.0", "::"):
            return (self.bind,)
        return ("127.0.0.1", "::1", self.bind) if self.bind else ("127.0.0.1", "::1")

    @property
    def services(self) -> tuple[str, ...]:
        """The services of ours that run."""
        return tuple(service for services in self.processes.values() for service in services)

    @property
    def left_out(self) -> tuple[str, ...]:
        """The services that neither run nor are replaced."""
        return tuple(name for name in SERVICES if name not in self.services and name not in self.replace)

    def url(self, service: str) -> str | None:
        """The base URL of a service as clients are told it, None when it is left out."""
        if service in self.replace:
            return self.replace[service]
        if service not in self.services or service not in self.ports:
            return None
        return f"http://{self.host}:{self.ports[service]}"

    def public_urls(self) -> str:
        """What clients are told, as `sandbox serve` reads it: `capsule=http://localhost:8083,…`."""
        urls = {name: self.url(name) for name in ("schema-registry", "capsule", "odyssey", "plato")}
        return ",".join(f"{name}={url}" for name, url in urls.items() if url)

    def local_url(self, service: str) -> str | None:
        """The base URL of a service for the sandbox's own processes: over loopback."""
        url = self.url(service)
        return url if url is None or service in self.replace else f"http://127.0.0.1:{self.ports[service]}"

    @property
    def bootstrap_servers(self) -> str:
        return f"{self.host}:{self.ports['kafka']}"

    @property
    def local_bootstrap_servers(self) -> str:
        """Kafka for the sandbox's own processes: a listener of their own as soon as clients are told another host."""
        own = "kafka-local" if self.bind or self.advertise else "kafka"
        return f"127.0.0.1:{self.ports[own]}"

    @property
    def control_url(self) -> str:
        return f"http://127.0.0.1:{self.ports['control']}"

    def endpoints(self) -> dict[str, str | None]:
        """`{kafka, schema_registry, capsule, odyssey, plato, control}`, a host:port or URL each."""
        return {
            "kafka": self.bootstrap_servers,
            "schema_registry": self.url("schema-registry"),
            "capsule": self.url("capsule"),
            "odyssey": self.url("odyssey"),
            "plato": self.url("plato"),
            "control": self.control_url,
        }

    def docker_environment(self) -> dict[str, str]:
        """The environment in which Docker's own commands mean the engine of this plan."""
        env = {**os.environ, "DOCKER_HOST": self.docker_host or ""}
        env.pop("DOCKER_CONTEXT", None)
        return env

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def read(cls, path: Path) -> EnginePlan:
        return cls(**json.loads(path.read_text(encoding="utf-8")))
