"""A fault that is asked for, as the sandbox's own links spell it."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from sandbox.errors import UsageError

__all__ = ["FaultRequest", "read_fault_request"]


class FaultRequest(BaseModel):
    """What goes wrong, where, and with which parameters."""

    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)

    kind: str = Field(min_length=1)
    """http-status, latency, plan-step-failure…"""
    on: str = Field(min_length=1)
    """The service (capsule, odyssey, plato, audit, schema-registry), `kafka`, or `engine`, which publishes for you."""
    id: str | None = Field(default=None, pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$")
    """What it is removed by; made up when left out."""
    parameters: dict[str, Any] = {}
    """Those of its kind, and of all kinds: `probability`, `first`, `duration`…"""


def read_fault_request(body: object) -> FaultRequest:
    """Raises UsageError that names the member."""
    try:
        return FaultRequest.model_validate(body)
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False)[0]
        where = ".".join(["body", *map(str, first["loc"])])
        raise UsageError(first["msg"], where=where, hint=f"known: {', '.join(FaultRequest.model_fields)}") from None
