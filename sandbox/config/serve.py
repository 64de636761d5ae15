"""What one `sandbox serve NAME…` process needs to know. The same for the embedded runtime, Docker and attach."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

from sandbox.config.registry_users import read_users
from sandbox.config.services import SERVICES, RateLimitsChoice
from sandbox.contracts.api_key import ApiKeys, read_api_keys

__all__ = ["SERVICES", "ServeConfig"]


class ServeConfig(BaseModel):
    """Read from the environment (`SANDBOX_SERVE_…`) by `sandbox serve`, so that Compose needs no configuration file."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    services: tuple[str, ...] = Field(min_length=1)
    """Which of schema-registry, capsule, odyssey, plato and audit run in this process."""
    bootstrap_servers: str = "127.0.0.1:9092"
    """Kafka's host:port list, `SANDBOX_SERVE_BOOTSTRAP_SERVERS`."""
    registry_url: str | None = None
    """Schema registry that serializers use, `SANDBOX_SERVE_REGISTRY_URL`; else the one in this process."""
    registry_users: str | None = Field(default=None, repr=False)
    """Who may use the registry, `SANDBOX_SERVE_REGISTRY_USERS=user:password[,user:password]`; everybody without it. The
    services themselves come as the first."""
    engine_url: str | None = None
    """Control API that facts are pushed to, `SANDBOX_SERVE_ENGINE_URL`; without it facts stay in a bounded buffer."""
    token: str | None = Field(default=None, repr=False)
    """Token of the engine and of this process's admin API, `SANDBOX_SERVE_TOKEN`."""
    instance: str = "services"
    """Name of this process among its siblings, `SANDBOX_SERVE_INSTANCE`."""
    bind: tuple[str, ...] = ("127.0.0.1",)
    """Addresses that the services listen on, comma-separated in `SANDBOX_SERVE_BIND`."""
    ports: dict[str, int] = Field(
        default_factory=lambda: {"schema-registry": 8081, "plato": 8080, "odyssey": 8082, "capsule": 8083}
    )
    """Port of each service, `SANDBOX_SERVE_PORTS` as `capsule=8083,plato=8080`; audit has none."""
    admin_port: int = 0
    """Port of this process's admin API (always on `admin_bind`), `SANDBOX_SERVE_ADMIN_PORT`; 0 takes a free one."""
    admin_bind: str = "127.0.0.1"
    capsule_url: str = "http://127.0.0.1:8083"
    """Where ODYSSEY reads history, `SANDBOX_SERVE_CAPSULE_URL`; may be a real CAPSULE."""
    plato_url: str = "http://127.0.0.1:8080"
    """Where ODYSSEY asks for plans, `SANDBOX_SERVE_PLATO_URL`; may be a real PLATO."""
    without: tuple[str, ...] = ()
    """Services that this sandbox does without, comma-separated in `SANDBOX_SERVE_WITHOUT`; calls to them fail."""
    public_urls: dict[str, str] = Field(default_factory=dict)
    """Where clients reach each service, `SANDBOX_SERVE_PUBLIC_URLS` as `capsule=http://localhost:8083,plato=…`: told to
    requests that meant another one."""
    state_dir: Path = Path("state")
    """Folder of the services' SQLite stores, `SANDBOX_SERVE_STATE_DIR`."""
    contracts_dir: Path | None = None
    """Folder with topics.yaml and schemas/, `SANDBOX_SERVE_CONTRACTS_DIR`; the built-in contracts without it."""
    profile: Literal["default", "internal-service", "external-api", "demo"] | None = None
    """Resilience profile that replaces each breaker's own, `SANDBOX_SERVE_PROFILE`."""
    dialect: Literal["envelope", "bare", "page"] = "envelope"
    """Form of REST bodies, `SANDBOX_SERVE_DIALECT`."""
    auth: Literal["optional", "required", "off"] = "optional"
    """Whether callers need a credential, `SANDBOX_SERVE_AUTH`."""
    api_keys: str | None = Field(default=None, repr=False)
    """API keys with their scopes, `SANDBOX_SERVE_API_KEYS=KEY=SCOPE SCOPE[,KEY=*]`; any well-formed key without it."""
    rate_limits: RateLimitsChoice = "on"
    """Which request limits hold, `SANDBOX_SERVE_RATE_LIMITS`: the specification's, ODYSSEY's and PLATO's own, none."""
    topic_prefix: str = ""
    """Put before every topic, group and subject, `SANDBOX_SERVE_TOPIC_PREFIX`."""
    parent_fd: int | None = None
    """File descriptor of a pipe from the parent, `SANDBOX_SERVE_PARENT_FD`: its end of file ends this process."""

    @field_validator("services", "without")
    @classmethod
    def _known(cls, services: tuple[str, ...]) -> tuple[str, ...]:
        for name in services:
            if name not in SERVICES:
                raise ValueError(f"unknown service {name!r}: choose from {', '.join(SERVICES)}")
        return services

    @field_validator("registry_users")
    @classmethod
    def _readable(cls, users: str | None) -> str | None:
        if users is not None:
            read_users(users)
        return users

    @field_validator("api_keys")
    @classmethod
    def _well_formed(cls, keys: str | None) -> str | None:
        if keys is not None:
            read_api_keys(keys)
        return keys

    @property
    def key_scopes(self) -> ApiKeys:
        """The scopes of each configured API key; empty when any well-formed key is accepted."""
        return read_api_keys(self.api_keys) if self.api_keys else {}

    @property
    def registry_passwords(self) -> dict[str, str]:
        """The registry's passwords by user; empty when everybody may use it."""
        return read_users(self.registry_users) if self.registry_users else {}

    @classmethod
    def from_environment(cls, services: tuple[str, ...], environ: dict[str, str] | None = None) -> ServeConfig:
        """Each field but `services` from `SANDBOX_SERVE_<FIELD>`; empty counts as absent. Raises ValidationError."""
        env = os.environ if environ is None else environ
        given = {
            name: env[f"SANDBOX_SERVE_{name.upper()}"]
            for name in cls.model_fields
            if env.get(f"SANDBOX_SERVE_{name.upper()}")
        }
        values: dict[str, object] = {**given, "services": services}
        for name in ("bind", "without"):
            if name in given:
                values[name] = tuple(given[name].split(","))
        for name in ("ports", "public_urls"):
            if name in given:
                values[name] = dict(pair.split("=", 1) for pair in given[name].split(","))
        return cls.model_validate(values)

    def to_environment(self) -> dict[str, str]:
        """What `from_environment` reads."""
        env: dict[str, str] = {}
        for name in type(self).model_fields:
            value = getattr(self, name)
            if name == "services" or value is None or value == {}:
                continue
            if isinstance(value, dict):
                value = ",".join(f"{key}={each}" for key, each in value.items())
            elif isinstance(value, tuple):
                value = ",".join(value)
            env[f"SANDBOX_SERVE_{name.upper()}"] = str(value)
        return env
