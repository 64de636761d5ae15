"""Who is calling: `Authorization: Bearer <JWT>` or `X-API-Key: butterfly_{env}_{32 characters}`."""

from __future__ import annotations

import hmac
import re
from collections.abc import Mapping
from typing import Any

from sandbox.contracts.envelope import ApiError, ErrorCode
from sandbox.services.http.exchange import Exchange
from sandbox.services.http.principal import ANYONE, Principal
from sandbox.services.settings import HttpSettings

__all__ = ["Authenticator", "issue_token"]

ALGORITHM = "HS256"
_API_KEY = re.compile(r"butterfly_[A-Za-z0-9-]+_[A-Za-z0-9]{32}\Z")


class Authenticator:
    """Reads a request's credential by the mode `optional`, `required` or `off`."""

    def __init__(self, settings: HttpSettings) -> None:
        self._settings = settings
        self._service_key = settings.service_key.encode()

    def is_service(self, headers: Mapping[str, str]) -> bool:
        """Whether this is a call of one service to another."""
        key = headers.get("X-API-Key")
        return key is not None and hmac.compare_digest(key.encode(errors="replace"), self._service_key)

    def authenticate(self, headers: Mapping[str, str]) -> Principal:
        """The caller. Raises ApiError UNAUTHORIZED when a credential is invalid, or missing where one is required."""
        settings = self._settings
        if settings.auth == "off":
            return ANYONE
        bearer, key = headers.get("Authorization"), headers.get("X-API-Key")
        if bearer is not None:
            return self._bearer(bearer)
        if key is not None:
            return self._api_key(key, headers)
        if settings.auth == "required":
            raise _unauthorized()
        return ANYONE

    def _api_key(self, key: str, headers: Mapping[str, str]) -> Principal:
        if self.is_service(headers):
            return Principal("service", is_service=True)
        known = self._settings.api_keys
        name = f"key:{key[:-32]}…{key[-4:]}"
        if known and key in known:
            return Principal(name, known[key])
        if known or not _API_KEY.match(key):
            raise _unauthorized()
        return Principal(name)

    def _bearer(self, header: str) -> Principal:
        import jwt  # only callers with a token pay for it

        scheme, _, token = header.partition(" ")
        if scheme.lower() != "bearer" or not token.strip():
            raise _unauthorized()
        try:
            claims = jwt.decode(
                token.strip(), self._settings.signing_key, algorithms=[ALGORITHM], options={"verify_aud": False}
            )
        except jwt.InvalidTokenError:
            raise _unauthorized('Bearer error="invalid_token"') from None
        return Principal(f"token:{claims.get('sub', '')}", _scopes(claims))

    def check(self, exchange: Exchange) -> None:
        """The boundary's check: find out who calls, and whether they have the route's scope."""
        endpoint = exchange.endpoint
        if endpoint.is_open:
            return
        exchange.principal = principal = self.authenticate(exchange.request.headers)
        if not principal.may(endpoint.scope):
            challenge = f'Bearer error="insufficient_scope", scope="{endpoint.scope}"'
            raise ApiError(ErrorCode.FORBIDDEN, headers={"WWW-Authenticate": challenge})


def issue_token(
    settings: HttpSettings, scopes: tuple[str, ...], *, now_s: int, expires_s: int = 3600, subject: str = "developer"
) -> str:
    """A bearer token that this sandbox's services accept; `now_s` is wall time in epoch seconds."""
    import jwt

    claims = {"sub": subject, "iss": "butterfly-sandbox", "iat": now_s, "exp": now_s + expires_s}
    return jwt.encode({**claims, "scope": " ".join(scopes)}, settings.signing_key, algorithm=ALGORITHM)


def _scopes(claims: Mapping[str, Any]) -> frozenset[str]:
    """From `scope` (text with blanks) or `scp` / `scopes` (text or list)."""
    found: set[str] = set()
    for name in ("scope", "scp", "scopes"):
        value = claims.get(name, ())
        found.update(value.split() if isinstance(value, str) else (str(each) for each in value or ()))
    return frozenset(found)


def _unauthorized(challenge: str = "Bearer") -> ApiError:
    return ApiError(ErrorCode.UNAUTHORIZED, headers={"WWW-Authenticate": challenge})
