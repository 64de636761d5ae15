"""Errors on the sandbox's own links (control API, admin API): `{"error": {"code", "message", "hint", "where"}}`.

The code names the class of `sandbox.errors`, so that a client raises what the server raised, exit code included.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sandbox import errors
from sandbox.errors import SandboxError

__all__ = ["CODES", "error_body", "error_json", "raise_for"]

CODES: dict[type[SandboxError], tuple[str, int]] = {
    errors.UnknownName: ("NOT_FOUND", 404),
    errors.Conflict: ("CONFLICT", 409),
    errors.InvalidFile: ("INVALID_FILE", 400),
    errors.UsageError: ("INVALID_REQUEST", 400),
    errors.AssertionFailed: ("ASSERTION_FAILED", 422),
    errors.AccessDenied: ("FORBIDDEN", 403),
    errors.PortTaken: ("PORT_TAKEN", 503),
    errors.NotRunning: ("NOT_RUNNING", 503),
    errors.FetchFailed: ("FETCH_FAILED", 503),
    errors.ComponentFailed: ("COMPONENT_FAILED", 503),
    errors.CapabilityMissing: ("CAPABILITY_MISSING", 501),
    errors.UpstreamUnavailable: ("UPSTREAM_UNAVAILABLE", 503),
    errors.EnvironmentFailure: ("ENVIRONMENT", 503),
    errors.NotReady: ("NOT_READY", 503),
    errors.Interrupted: ("INTERRUPTED", 503),
    errors.SandboxError: ("INTERNAL_ERROR", 500),
}
"""Class → (code, HTTP status); a subclass before its parent."""

_BY_CODE = {code: kind for kind, (code, _) in CODES.items()}
_BY_STATUS = {400: errors.UsageError, 401: errors.AccessDenied, 403: errors.AccessDenied, 404: errors.UnknownName}


def error_json(error: SandboxError) -> tuple[int, dict[str, Any]]:
    """HTTP status and body of an answer that is this error."""
    code, status = next(answer for kind, answer in CODES.items() if isinstance(error, kind))
    return status, error_body(code, error.message, hint=error.hint, where=error.where)


def error_body(code: str, message: str, *, hint: str | None = None, where: str | None = None) -> dict[str, Any]:
    body: dict[str, Any] = {"code": code, "message": message, "hint": hint}
    if where is not None:
        body["where"] = where
    return {"error": body}


def raise_for(status: int, body: object) -> None:
    """Raise the error that an answer of 400 or more stands for; does nothing below 400. `body` is its decoded JSON."""
    if status < 400:
        return
    error = body.get("error") if isinstance(body, Mapping) else None
    if not isinstance(error, Mapping):
        raise _BY_STATUS.get(status, SandboxError)(f"the sandbox answered {status} without saying why")
    kind = _BY_CODE.get(str(error.get("code"))) or _BY_STATUS.get(status, SandboxError)
    hint, where = error.get("hint"), error.get("where")
    raise kind(str(error.get("message")), hint=hint and str(hint), where=where and str(where))
