"""What the services' REST side is told: who may call, how often, and how large a body may be."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import Literal

from sandbox.contracts.api_key import ApiKeys

__all__ = ["HttpSettings", "RateLimits"]


@dataclass(frozen=True, slots=True)
class RateLimits:
    """Requests that one client may make per window (seed: Limits by Endpoint Type)."""

    query: int = 1000
    command: int = 100
    admin: int = 100
    window_s: int = 60

    @classmethod
    def of(cls, service: str, profile: str | None = None) -> RateLimits:
        """The seed's numbers for every service; the profile `per-service` knows ODYSSEY's and PLATO's own."""
        if profile == "per-service" and service == "odyssey":
            return cls(query=500, command=50)
        if profile == "per-service" and service == "plato":
            return cls(query=500)
        return cls()


@dataclass(frozen=True, slots=True)
class HttpSettings:
    """`secret` is what all processes of one sandbox share; the signing key and the service key derive from it.

    `api_keys` are the keys that are accepted; while there is none, any well-formed key is, with all scopes.
    """

    auth: Literal["optional", "required", "off"] = "optional"
    secret: str = field(default="butterfly-sandbox", repr=False)
    api_keys: ApiKeys = field(default_factory=dict, repr=False)
    rate_limits: bool = True
    limits_profile: str | None = None
    body_limit_bytes: int = 1024 * 1024

    @property
    def signing_key(self) -> str:
        """HS256 key of the bearer tokens this sandbox issues and accepts."""
        return hashlib.sha256(f"bearer|{self.secret}".encode()).hexdigest()

    @property
    def service_key(self) -> str:
        """The `X-API-Key` of the services' calls to each other: all scopes, exempt from rate limits."""
        return "butterfly_service_" + hashlib.sha256(f"service|{self.secret}".encode()).hexdigest()[:32]
