"""The body of every REST answer: `{data, meta}`, or `{error, meta}` with one of the seed's error codes."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from http import HTTPStatus
from typing import Any

from sandbox.contracts.instants import format_instant
from sandbox.errors import SandboxError

__all__ = ["ApiError", "ErrorCode", "FieldError", "Pagination", "envelope", "error_body"]


class ErrorCode(Enum):
    """The seed's table: code → (HTTP status, description)."""

    VALIDATION_ERROR = (400, "Invalid request parameters")
    UNAUTHORIZED = (401, "Missing or invalid authentication")
    FORBIDDEN = (403, "Insufficient permissions")
    NOT_FOUND = (404, "Resource not found")
    CONFLICT = (409, "Resource conflict (duplicate)")
    RATE_LIMITED = (429, "Too many requests")
    INTERNAL_ERROR = (500, "Server error")
    SERVICE_UNAVAILABLE = (503, "Service temporarily unavailable")

    @property
    def status(self) -> int:
        return self.value[0]

    @property
    def description(self) -> str:
        return self.value[1]


@dataclass(frozen=True, slots=True)
class FieldError:
    """One invalid field, by its name in the request, and what it must be."""

    field: str
    message: str


@dataclass(frozen=True, slots=True)
class Pagination:
    """`page` counts from 0."""

    page: int
    size: int
    total_elements: int

    def to_json(self) -> dict[str, int]:
        pages = -(-self.total_elements // self.size)
        return {"page": self.page, "size": self.size, "totalElements": self.total_elements, "totalPages": pages}


class ApiError(SandboxError):
    """An answer that is an error. `status` differs from the code's own only for 405, 413, 415 and the like."""

    def __init__(
        self,
        code: ErrorCode,
        message: str | None = None,
        *,
        details: list[dict[str, Any]] | None = None,
        status: int | None = None,
        retry_after_s: int | None = None,
        headers: dict[str, str] | None = None,
    ) -> None:
        super().__init__(message or code.description)
        self.code = code
        self.status = status or code.status
        self.details = details or []
        self.retry_after_s = retry_after_s
        self.headers = headers or {}

    @classmethod
    def invalid(cls, fields: list[FieldError]) -> ApiError:
        """400 VALIDATION_ERROR that names every invalid field at once."""
        details = [{"field": each.field, "message": each.message} for each in fields]
        return cls(ErrorCode.VALIDATION_ERROR, details=details)

    @classmethod
    def not_found(cls, what: str) -> ApiError:
        return cls(ErrorCode.NOT_FOUND, f"{what} not found")


@dataclass(frozen=True, slots=True)
class Meta:
    request_id: str
    timestamp_ms: int
    pagination: Pagination | None = None
    extra: dict[str, Any] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        meta: dict[str, Any] = {"requestId": self.request_id, "timestamp": format_instant(self.timestamp_ms)}
        if self.pagination is not None:
            meta["pagination"] = self.pagination.to_json()
        return {**meta, **self.extra}


def envelope(data: Any, meta: Meta) -> dict[str, Any]:
    return {"data": data, "meta": meta.to_json()}


def error_body(error: ApiError, meta: Meta, *, instance: str | None = None) -> dict[str, Any]:
    """`{error, meta}`; RFC 9457's members stand beside them at top level for JVM clients that parse those.

    `type` is `about:blank`, so `title` is the status's own phrase (RFC 9457 section 4.2.1). `instance` is a URI
    reference: the path as it came.
    """
    body: dict[str, Any] = {"code": error.code.name, "message": error.message}
    if error.details:
        body["details"] = error.details
    if error.retry_after_s is not None:
        body["retryAfter"] = error.retry_after_s
    problem = {
        "type": "about:blank",
        "title": HTTPStatus(error.status).phrase,
        "status": error.status,
        "detail": error.message,
        "instance": instance,
    }
    return {"error": body, "meta": meta.to_json(), **problem}
