"""What can be changed of a running service's request limits, as the sandbox's own links spell it."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from sandbox.errors import UsageError

__all__ = ["LimitsChange", "read_limits_change"]


class LimitsChange(BaseModel):
    """What is absent stays as it is. Limits are requests that one client may make per window."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, defer_build=True)

    query: int | None = Field(default=None, ge=0)
    """GET and HEAD."""
    command: int | None = Field(default=None, ge=0)
    """POST, PUT, PATCH and DELETE."""
    admin: int | None = Field(default=None, ge=0)
    """Writes of the actuator, and `/api/v1/admin/**`."""
    enabled: bool | None = None
    """Whether requests are counted at all."""


def read_limits_change(body: object) -> LimitsChange:
    """Raises UsageError that names the member."""
    try:
        return LimitsChange.model_validate(body)
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False)[0]
        where = ".".join(["body", *map(str, first["loc"])])
        known = ", ".join(LimitsChange.model_fields)
        raise UsageError(first["msg"], where=where, hint=f"known here: {known}") from None
