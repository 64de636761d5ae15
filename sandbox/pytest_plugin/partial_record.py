"""A value that a test gives in part, made whole by its topic's schema as in scenarios."""

from __future__ import annotations

import time
import uuid
from collections.abc import Mapping
from typing import Any

from sandbox.errors import UsageError
from sandbox.scenarios.filling import RECORD_KEY, AvroFilling
from sandbox.scenarios.model.bad_value import BadValue
from sandbox.scenarios.template.tree import Constant, ListTemplate, MappingTemplate, Template

__all__ = ["completed"]


def completed(topic: str, schema: Mapping[str, Any], value: Mapping[str, Any], key: str | None) -> dict[str, Any]:
    """The whole value. Raises UsageError that names an unknown field or one of the wrong type."""
    names = {RECORD_KEY: key, "uuid": lambda: str(uuid.uuid4()), "now": lambda: time.time_ns() // 1_000_000}
    try:
        return AvroFilling(schema).complete(_as_it_is(value)).render(names)
    except BadValue as error:
        place = ".".join(str(part) for part in error.path)
        raise UsageError(error.message, where=f"{topic}: {place}", hint=error.hint) from None


def _as_it_is(value: Any) -> Template:
    """Texts stay texts, also with braces in them."""
    if isinstance(value, Mapping):
        return MappingTemplate({str(name): _as_it_is(each) for name, each in value.items()})
    if isinstance(value, list | tuple):
        return ListTemplate([_as_it_is(each) for each in value])
    return Constant(value)
