"""Bearer tokens of the services: JSON Web Tokens (RFC 7519), HS256, signed with what the sandbox's processes share."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sandbox.services.settings import HttpSettings

__all__ = ["ALGORITHM", "SCOPES", "issue_token", "scopes_in", "token_claims"]

ALGORITHM = "HS256"
ISSUER = "butterfly-sandbox"
SCOPES = ("read:capsules", "write:capsules", "read:specs", "write:specs", "execute:plans", "admin")
"""What the services' routes ask for. `write:x` includes `read:x`, and `admin` everything."""


def token_claims(
    scopes: tuple[str, ...], *, now_s: int, expires_s: int = 3600, subject: str = "developer", tenant: str | None = None
) -> dict[str, Any]:
    """The claims of a token; `now_s` is wall time in epoch seconds, a negative `expires_s` lies in the past."""
    claims: dict[str, Any] = {"sub": subject, "iss": ISSUER, "iat": now_s, "exp": now_s + expires_s}
    if tenant is not None:
        claims["tenant"] = tenant
    return {**claims, "scope": " ".join(scopes)}


def issue_token(settings: HttpSettings, scopes: tuple[str, ...], **claims: Any) -> str:
    """A bearer token that the services of this sandbox accept; `claims` as for `token_claims`."""
    import jwt  # only who makes or brings a token pays for it

    return jwt.encode(token_claims(scopes, **claims), settings.signing_key, algorithm=ALGORITHM)


def scopes_in(claims: Mapping[str, Any]) -> frozenset[str]:
    """From `scope` (text with blanks) or `scp` / `scopes` (text or list)."""
    found: set[str] = set()
    for name in ("scope", "scp", "scopes"):
        value = claims.get(name)
        if isinstance(value, str):
            found.update(value.split())
        elif isinstance(value, list):
            found.update(str(each) for each in value)
    return frozenset(found)
