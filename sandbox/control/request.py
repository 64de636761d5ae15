"""Reads a request's body and query into models; what does not fit is named with its place."""

from __future__ import annotations

from typing import TypeVar

from aiohttp import web
from pydantic import BaseModel, ValidationError

from sandbox.contracts.invalid_field import invalid_text
from sandbox.errors import UsageError
from sandbox.runtime.access import read_json

__all__ = ["read_body", "read_query"]

Model = TypeVar("Model", bound=BaseModel)


async def read_body(request: web.Request, model: type[Model]) -> Model:
    """The body as `model`; an absent body is an empty object. Raises UsageError."""
    content = await read_json(request) if request.can_read_body else {}
    return _validated(model, content, "body")


def read_query(request: web.Request, model: type[Model]) -> Model:
    """The query as `model`; a parameter may be repeated only where it is a list. Raises UsageError."""
    given: dict[str, object] = {}
    lists = {name for name, field in model.model_fields.items() if field.default == []}
    for name in request.query:
        if name != "token":  # read by the access gate
            values = request.query.getall(name)
            given[name] = values if name in lists or len(values) > 1 else values[0]
    return _validated(model, given, "query")


def _validated(model: type[Model], content: object, place: str) -> Model:
    try:
        return model.model_validate(content)
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False)[0]
        where = ".".join([place, *map(str, first["loc"])])
        hint = None
        if first["type"] == "extra_forbidden":
            hint = f"known here: {', '.join(field.alias or name for name, field in model.model_fields.items())}"
        raise UsageError(invalid_text(first), where=where, hint=hint) from None
