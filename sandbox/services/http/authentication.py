"""Who is calling: `Authorization: Bearer <JWT>` or `X-API-Key: butterfly_{env}_{32 characters}`."""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from dataclasses import replace

from sandbox.contracts.api_key import API_KEY
from sandbox.contracts.envelope import ApiError, ErrorCode
from sandbox.services.bearer_token import ALGORITHM, scopes_in
from sandbox.services.http.exchange import Exchange
from sandbox.services.http.principal import ANYONE, Principal
from sandbox.services.settings import HttpSettings

__all__ = ["Authenticator"]


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
        if not API_KEY.match(key):
            raise _unauthorized()
        known, name = self._settings.api_keys, f"key:{key[:-32]}…{key[-4:]}"
        if not known:
            return Principal(name)
        if key not in known:
            raise _unauthorized()
        return Principal(name, known[key])

    def _bearer(self, header: str) -> Principal:
        import jwt  # only callers with a token pay for it

        scheme, _, token = header.partition(" ")
        if scheme.lower() != "bearer" or not token.strip():
            raise _unauthorized()
        try:
            claims = jwt.decode(
                token.strip(),
                self._settings.signing_key,
                algorithms=[ALGORITHM],
                options={"verify_aud": False, "verify_iat": False},  # `iat` is for information only: clocks may differ
            )
        except jwt.ExpiredSignatureError:
            raise _unauthorized('Bearer error="invalid_token", error_description="the token has expired"') from None
        except jwt.InvalidTokenError:
            raise _unauthorized('Bearer error="invalid_token"') from None
        tenant = claims.get("tenant")
        return Principal(f"token:{claims.get('sub', '')}", scopes_in(claims), tenant=tenant and str(tenant))

    def check(self, exchange: Exchange) -> None:
        """The boundary's check: find out who calls, and whether they have the route's scope."""
        endpoint = exchange.endpoint
        if endpoint.is_open:
            return
        exchange.principal = principal = self.authenticate(exchange.request.headers)
        if not principal.may(endpoint.scope):
            challenge = f'Bearer error="insufficient_scope", scope="{endpoint.scope}"'
            raise ApiError(ErrorCode.FORBIDDEN, headers={"WWW-Authenticate": challenge})
        if principal.tenant is not None:
            _enter(principal.tenant, exchange)


def _enter(tenant: str, exchange: Exchange) -> None:
    """A credential of one tenant is that tenant's call, whether or not a header says so, and nobody else's."""
    if exchange.trace.tenant not in (None, tenant):
        raise ApiError(ErrorCode.FORBIDDEN)
    exchange.trace = replace(exchange.trace, tenant=tenant)


def _unauthorized(challenge: str = "Bearer") -> ApiError:
    return ApiError(ErrorCode.UNAUTHORIZED, headers={"WWW-Authenticate": challenge})
