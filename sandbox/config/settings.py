"""The settings of one `sandbox up`: flag, then environment (`SANDBOX_…`), then `sandbox.toml`, then default."""

from __future__ import annotations

import difflib
import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from sandbox.config.registry_users import read_users, written_users
from sandbox.config.services import SERVICES, RateLimitsChoice
from sandbox.contracts.api_key import read_api_keys
from sandbox.errors import InvalidFile, UsageError

__all__ = ["Settings", "resolve_settings"]

REPLACEABLE = ("schema-registry", "capsule", "odyssey", "plato")
PATHS = ("contracts", "java_home")
"""In a settings file they count from the file's folder."""


class Settings(BaseModel):
    """Every field is a key of `sandbox.toml`, `SANDBOX_<FIELD>` in the environment and an option of `sandbox up`.

    `api_keys` and `registry_users` are no options: what stands on a command line is seen by everybody on the machine.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    runtime: Literal["auto", "embedded", "docker"] = "auto"
    """Where Kafka and the services run; `auto` is the one used before, else Docker when it has every image already,
    else embedded."""
    ports: str = "default"
    """`default` (Kafka 9092, registry 8081, PLATO 8080, ODYSSEY 8082, CAPSULE 8083, control 8099), `auto` (a stable
    free block derived from the name), or the first port of a block."""
    only: tuple[str, ...] = ()
    """Start only these services."""
    without: tuple[str, ...] = ()
    """Leave these services out."""
    replace: dict[str, str] = Field(default_factory=dict)
    """A service's name → URL of a real one, which the others then use."""
    contracts: Path | None = None
    """Folder with topics.yaml and schemas/*.avsc, in place of the built-in contracts."""
    profile: Literal["default", "internal-service", "external-api", "demo"] | None = None
    """Resilience profile for every breaker, in place of each one's own."""
    dialect: Literal["envelope", "bare", "page"] = "envelope"
    """Form of REST bodies."""
    auth: Literal["optional", "required", "off"] = "optional"
    """Whether callers of the services need a credential."""
    api_keys: dict[str, frozenset[str] | None] = Field(default_factory=dict, repr=False)
    """API key → its scopes, `"read:capsules write:capsules"` or `"*"` for all. Any well-formed key is accepted, with
    all scopes, while there is none."""
    rate_limits: RateLimitsChoice = "on"
    """Which request limits the services hold callers to: the specification's, or with `per-service` ODYSSEY's and
    PLATO's own."""
    registry_users: dict[str, str] = Field(default_factory=dict, repr=False)
    """Who may use the schema registry: passwords by user, everybody without it. A table in the file,
    `user:password[,user:password]` in the environment. The services themselves come as the first."""
    bind: str | None = None
    """Address to listen on besides loopback, for containers and neighbours."""
    advertise: str | None = None
    """Host name or address that clients elsewhere reach this machine by."""
    isolate: bool = False
    """Give every service a process of its own."""
    offline: bool = False
    """Use only what is in the cache."""
    java_home: Path | None = None
    """A JDK or JRE 17 or later to run Kafka on, in place of the one that came with the sandbox."""
    mirror: str | None = None
    """A Maven repository to fetch Kafka's jars from, in place of the default one."""

    @field_validator("ports")
    @classmethod
    def _ports(cls, value: str) -> str:
        if value not in {"auto", "default"} and not (value.isdigit() and 1024 <= int(value) <= 65_500):
            raise ValueError("must be auto, default, or a port between 1024 and 65500 to start from")
        return value

    @field_validator("only", "without", mode="before")
    @classmethod
    def _listed(cls, value: Any) -> Any:
        return tuple(part for part in value.replace(",", " ").split() if part) if isinstance(value, str) else value

    @field_validator("only", "without")
    @classmethod
    def _services(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        for name in names:
            _known_service(name, SERVICES)
        return names

    @field_validator("api_keys", mode="before")
    @classmethod
    def _keys(cls, value: Any) -> Any:
        return read_api_keys(value) if isinstance(value, str | dict) else value

    @field_validator("registry_users", mode="before")
    @classmethod
    def _users(cls, value: Any) -> Any:
        if isinstance(value, str):
            return read_users(value)
        if not isinstance(value, dict) or not all(isinstance(password, str) for password in value.values()):
            raise ValueError("must be a table of passwords by user")
        written_users(value)
        return value

    @field_validator("replace", mode="before")
    @classmethod
    def _pairs(cls, value: Any) -> Any:
        pairs = value.replace(",", " ").split() if isinstance(value, str) else value
        if isinstance(pairs, list | tuple):
            if bad := next((pair for pair in pairs if "=" not in pair), None):
                raise ValueError(f"{bad!r} must be SERVICE=URL, for example capsule=http://localhost:9999")
            named = [pair.split("=", 1) for pair in pairs]
            if twice := next((name for place, (name, _) in enumerate(named) if name in dict(named[:place])), None):
                raise ValueError(f"{twice} is replaced twice")
            return dict(named)
        return pairs

    @field_validator("replace")
    @classmethod
    def _replaceable(cls, replace: dict[str, str]) -> dict[str, str]:
        for name, url in replace.items():
            if name in SERVICES and name not in REPLACEABLE:
                raise ValueError(
                    f"nobody calls {name}, so nothing can stand in for it; leave it out by --without {name}"
                )
            _known_service(name, REPLACEABLE)
            _check_base_url(url)
        return {name: url.rstrip("/") for name, url in replace.items()}

    @model_validator(mode="after")
    def _agree(self) -> Settings:
        """One service cannot be two things."""
        for name in self.without:
            for other, names in (("only", self.only), ("replace", self.replace)):
                if name in names:
                    raise ValueError(f"{name} is left out (`without`) and in `{other}` too: decide for one of them")
        if not self.services() and not self.replace:
            raise ValueError("no service is left to run: leave at least one in")
        return self

    def services(self) -> tuple[str, ...]:
        """The services to run, in start order."""
        return tuple(
            name
            for name in SERVICES
            if (not self.only or name in self.only) and name not in self.without and name not in self.replace
        )


def resolve_settings(
    flags: Mapping[str, Any], *, file: Path | None = None, environ: Mapping[str, str] | None = None
) -> Settings:
    """Settings by precedence; flags that are None, False or empty were not given.

    Raises UsageError (flag or environment) or InvalidFile (`sandbox.toml`), naming the key and the nearest valid one.
    """
    env = os.environ if environ is None else environ
    from_file = _read(file) if file else {}
    keys = Settings.model_fields
    from_env = {key: env[f"SANDBOX_{key.upper()}"] for key in keys if env.get(f"SANDBOX_{key.upper()}")}
    given = {key: value for key, value in flags.items() if value not in (None, False, (), [], {})}
    origins = {
        **dict.fromkeys(from_file, str(file)),
        **{key: f"SANDBOX_{key.upper()}" for key in from_env},
        **{key: f"--{key.replace('_', '-')}" for key in given},
    }
    try:
        return Settings.model_validate({**from_file, **from_env, **given})
    except ValidationError as error:
        first = error.errors()[0]
        if not first["loc"]:
            raise UsageError(_message(first), where="--only / --without / --replace") from None
        key = str(first["loc"][0])
        origin = origins.get(key, key)
        kind = InvalidFile if origin == str(file) else UsageError
        where = f"{origin}: {key}" if kind is InvalidFile else origin
        raise kind(_message(first), where=where, hint=_hint(key)) from None


def _read(file: Path) -> dict[str, Any]:
    try:
        found = {key.replace("-", "_"): value for key, value in tomllib.loads(file.read_text(encoding="utf-8")).items()}
    except OSError as error:
        raise InvalidFile(f"cannot be read: {error.strerror}", where=str(file)) from None
    except tomllib.TOMLDecodeError as error:
        raise InvalidFile(f"is not TOML: {error}", where=str(file)) from None
    paths = {key: str(file.parent / found[key]) for key in PATHS if isinstance(found.get(key), str)}
    return {**found, **paths}


def _check_base_url(url: str) -> None:
    """Raises ValueError when the services could not put `/api/v1/…` behind it."""
    try:
        parts = urlsplit(url)
        usable = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        usable = False
    if not usable or parts.query or parts.fragment:
        raise ValueError(f"{url!r} must be an http or https URL such as http://localhost:9999")
    if parts.path.rstrip("/").endswith("/api/v1"):
        raise ValueError(f"{url!r} must end before /api/v1, which the callers put behind it")


def _known_service(name: str, known: tuple[str, ...]) -> None:
    if name not in known:
        near = difflib.get_close_matches(name, known, 1)
        guess = f": did you mean {near[0]}?" if near else f": choose from {', '.join(known)}"
        raise ValueError(f"there is no service {name!r}{guess}")


def _message(error: Any) -> str:
    if error["type"] == "extra_forbidden":
        return "there is no such key"
    return str(error["msg"]).removeprefix("Value error, ")


def _hint(key: str) -> str | None:
    if key in Settings.model_fields or not key:
        return None
    known = [each.replace("_", "-") for each in Settings.model_fields]
    near = difflib.get_close_matches(key.replace("_", "-"), known, 1)
    return f"did you mean {near[0]}?" if near else f"known keys: {', '.join(known)}"
