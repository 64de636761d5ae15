"""Whose data a request is about: `X-Tenant-ID`."""

from __future__ import annotations

from sandbox.contracts.envelope import ApiError, FieldError
from sandbox.contracts.tracing import TENANT_ID, TENANT_MESSAGE
from sandbox.services.http.exchange import Exchange

__all__ = ["check_tenant"]


def check_tenant(exchange: Exchange) -> None:
    """A tenant that is named and cannot be one is refused: it must not read or write the default tenant's data."""
    if exchange.trace.tenant is None and exchange.request.headers.get(TENANT_ID):
        raise ApiError.invalid([FieldError(TENANT_ID, TENANT_MESSAGE)])
