"""Typed request fields, and how pydantic's findings read as the seed's `details`."""

from __future__ import annotations

import re
from typing import Annotated, Any, ClassVar

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    WithJsonSchema,
    field_validator,
)
from pydantic.alias_generators import to_camel
from pydantic_core import PydanticCustomError

from sandbox.contracts.envelope import ApiError, FieldError
from sandbox.contracts.idempotency import VANTAGE_MODES
from sandbox.contracts.instants import INSTANT_MESSAGE, parse_instant
from sandbox.contracts.node_id import NODE_ID_MESSAGE, NODE_ID_PATTERN, RimNodeId
from sandbox.errors import UsageError

__all__ = ["ApiModel", "Instant", "PageQuery", "ScopeId", "VantageMode", "invalid_fields"]

FIRST_MS, LAST_MS = -62_135_596_800_000, 253_402_300_799_999
"""Years 1 to 9999: what ISO-8601 text can say."""
PAGE_LIMIT = 2**31 - 1
_ORDER = re.compile(r"(\w+)(?:,(asc|desc))?\Z", re.IGNORECASE)


def _instant(value: Any) -> int:
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    try:
        moment_ms = parse_instant(value) if isinstance(value, (str, int)) else None
    except (UsageError, OverflowError):
        moment_ms = None
    if moment_ms is None or not FIRST_MS <= moment_ms <= LAST_MS:
        raise PydanticCustomError("instant", INSTANT_MESSAGE)
    return moment_ms


def _scope_id(value: str) -> str:
    if not RimNodeId.is_valid(value):
        # Braces are placeholders in pydantic's templates: the seed's message goes in as a value.
        raise PydanticCustomError("scope_id", "{text}", {"text": NODE_ID_MESSAGE})
    return value


def _vantage_mode(value: Any) -> str:
    mode = value.lower() if isinstance(value, str) else None
    if mode not in VANTAGE_MODES:
        raise PydanticCustomError("vantage_mode", f"must be one of {', '.join(VANTAGE_MODES)}")
    return mode


Instant = Annotated[
    int,
    BeforeValidator(_instant),
    WithJsonSchema(
        {
            "oneOf": [
                {"type": "string", "format": "date-time"},
                {"type": "integer", "minimum": FIRST_MS, "maximum": LAST_MS},
            ],
            "description": "ISO-8601 or epoch milliseconds",
        }
    ),
]
"""A point in time as ISO-8601 text or epoch milliseconds; epoch milliseconds once validated."""
ScopeId = Annotated[
    str,
    Field(max_length=512),
    AfterValidator(_scope_id),
    WithJsonSchema({"type": "string", "pattern": NODE_ID_PATTERN}),
]
VantageMode = Annotated[
    str, BeforeValidator(_vantage_mode), WithJsonSchema({"type": "string", "enum": [*VANTAGE_MODES]})
]


def _wire_name(name: str) -> str:
    """`scope_id` → `scopeId`, `from_` → `from`."""
    return to_camel(name.rstrip("_"))


class ApiModel(BaseModel):
    """A query or body: camel case on the wire, unknown members ignored."""

    # Validators are built at the first use: a start has better things to do, and some serve only the documentation.
    model_config = ConfigDict(alias_generator=_wire_name, populate_by_name=True, extra="ignore", defer_build=True)


class PageQuery(ApiModel):
    """`page` from 0, `size` 1–200, `sort=field,asc|desc` with a field of `sortable` (its first is the default)."""

    sortable: ClassVar[tuple[str, ...]] = ("timestamp",)
    default_descending: ClassVar[bool] = True

    page: int = Field(default=0, ge=0, le=PAGE_LIMIT)
    size: int = Field(default=20, ge=1, le=200)
    sort: str | None = None

    @field_validator("sort")
    @classmethod
    def _sortable(cls, value: str | None) -> str | None:
        found = _ORDER.match(value) if value is not None else None
        if value is not None and (found is None or found[1] not in cls.sortable):
            fields = ", ".join(cls.sortable)
            raise PydanticCustomError(
                "sort", "{text}", {"text": f"must be {{field}},asc|desc with field one of {fields}"}
            )
        return value

    @property
    def order(self) -> tuple[str, bool]:
        """`(field, descending)`."""
        if self.sort is None:
            return self.sortable[0], self.default_descending
        name, _, direction = self.sort.partition(",")
        return name, direction.lower() == "desc"

    @property
    def offset(self) -> int:
        return self.page * self.size


_MESSAGES = {
    "missing": "is required",
    "string_type": "must be a string",
    "int_type": "must be an integer",
    "int_parsing": "must be an integer",
    "int_from_float": "must be an integer",
    "float_type": "must be a number",
    "float_parsing": "must be a number",
    "finite_number": "must be a finite number",
    "bool_type": "must be true or false",
    "bool_parsing": "must be true or false",
    "list_type": "must be a list",
    "dict_type": "must be an object",
    "model_type": "must be an object",
    "model_attributes_type": "must be an object",
    "greater_than_equal": "must be at least {ge}",
    "greater_than": "must be greater than {gt}",
    "less_than_equal": "must be at most {le}",
    "less_than": "must be less than {lt}",
    "string_too_short": "must have at least {min_length} characters",
    "string_too_long": "must have at most {max_length} characters",
    "too_short": "must have at least {min_length} items",
    "too_long": "must have at most {max_length} items",
    "literal_error": "must be one of {expected}",
    "enum": "must be one of {expected}",
    "string_pattern_mismatch": "must match pattern {pattern}",
}


def invalid_fields(error: ValidationError, *, whole: str = "body") -> ApiError:
    """Every finding at once; a finding about the whole object is named `whole`."""
    found = []
    for each in error.errors(include_url=False, include_input=False):
        template = _MESSAGES.get(each["type"])
        message = template.format(**each.get("ctx", {})) if template else each["msg"]
        found.append(FieldError(_path(each["loc"]) or whole, message))
    return ApiError.invalid(found)


def _path(location: tuple[int | str, ...]) -> str:
    """`("capsules", 2, "scopeId")` → `capsules[2].scopeId`."""
    text = ""
    for part in location:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else part
    return text
