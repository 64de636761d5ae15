"""The OpenAPI 3.1 document of a service, made from the routes and models that serve it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from sandbox.contracts.envelope import ErrorCode
from sandbox.contracts.node_id import NODE_ID_PATTERN
from sandbox.services.http.fields import PageQuery
from sandbox.services.http.route import Route

__all__ = ["openapi_document"]

NODE_IDS = frozenset({"scopeId", "entityId"})
"""Path parameters that hold a RimNodeId; so does the id of an entity."""
REF = "#/components/schemas/{model}"
EXTRA_STATUSES = {405: "Method not allowed", 413: "Request body is too large", 415: "Content-Type is not JSON"}
"""Beside the seed's error codes, which have a status each."""
_PARAMETER = re.compile(r"\{(\w+)\}")
_DESCRIPTION = """Stand-in of the BUTTERFLY sandbox.

Every request may carry `X-Request-ID`, `X-Correlation-ID`, `traceparent` (or B3 headers) and `X-Tenant-ID`; the ids
come back on every answer. `X-Sandbox-Dialect: envelope|bare|page` chooses the form of one answer."""


def openapi_document(name: str, routes: Iterable[Route], *, version: str, dialect: str, auth: str) -> dict[str, Any]:
    """Everything but hidden routes; `dialect` is the form that answers have without a header."""
    shown = [route for route in routes if not route.hidden and not route.is_websocket]
    schemas = _Schemas(shown)
    paths: dict[str, dict[str, Any]] = {}
    for route in shown:
        paths.setdefault(route.label, {})[route.method.lower()] = _operation(route, schemas, dialect)
    return {
        "openapi": "3.1.0",
        "info": {"title": name.upper(), "version": version, "description": _DESCRIPTION},
        "servers": [{"url": "/"}],
        "security": _security(auth),
        "paths": paths,
        "components": {
            "schemas": {**schemas.definitions, **_COMMON_SCHEMAS},
            "responses": _error_responses(),
            "securitySchemes": {
                "bearer": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"},
                "apiKey": {"type": "apiKey", "in": "header", "name": "X-API-Key"},
            },
        },
    }


class _Schemas:
    """JSON schemas of all models, each once under `components`."""

    def __init__(self, routes: list[Route]) -> None:
        asked = {(model, "validation") for route in routes for model in (route.query, route.body) if model}
        answered = {(route.response_model, "serialization") for route in routes if route.response_model}
        ordered = sorted(asked | answered, key=lambda each: (each[0].__name__, each[1]))
        self._places, found = models_json_schema(ordered, ref_template=REF)
        queries = {route.query.__name__ for route in routes if route.query}
        definitions = found.get("$defs", {})
        self._all = definitions
        self.definitions = {name: each for name, each in definitions.items() if name not in queries}

    def reference(self, model: type[BaseModel], mode: str) -> dict[str, Any]:
        return self._places[(model, mode)]

    def of_query(self, model: type[BaseModel]) -> Mapping[str, Any]:
        place = self.reference(model, "validation")["$ref"].rpartition("/")[2]
        return self._all[place]


def _operation(route: Route, schemas: _Schemas, dialect: str) -> dict[str, Any]:
    operation: dict[str, Any] = {
        "operationId": _operation_id(route),
        "tags": [route.label.split("/")[3] if route.label.startswith("/api/v1/") else "service"],
        "responses": _responses(route, schemas, dialect),
    }
    if route.summary:
        operation["summary"] = route.summary
    parameters = [_path_parameter(route.label, name) for name in _PARAMETER.findall(route.label)]
    if route.query is not None:
        parameters += _query_parameters(route.query, schemas.of_query(route.query))
    if parameters:
        operation["parameters"] = parameters
    if route.body is not None:
        required = bool(schemas.of_query(route.body).get("required"))
        content = {"application/json": {"schema": schemas.reference(route.body, "validation")}}
        operation["requestBody"] = {"required": required, "content": content}
    if route.is_open:
        operation["security"] = []
    if route.scope is not None:
        operation["description"] = f"Scope `{route.scope}`."
    return operation


def _operation_id(route: Route) -> str:
    words = re.split(r"[^A-Za-z0-9]+", route.label.removeprefix("/api/v1/"))
    return route.method.lower() + "".join(word[:1].upper() + word[1:] for word in words if word)


def _path_parameter(label: str, name: str) -> dict[str, Any]:
    names_a_node = name in NODE_IDS or f"entities/{{{name}}}" in label
    schema = {"type": "string", "pattern": NODE_ID_PATTERN} if names_a_node else {"type": "string", "minLength": 1}
    return {"name": name, "in": "path", "required": True, "schema": schema}


def _query_parameters(model: type[BaseModel], schema: Mapping[str, Any]) -> list[dict[str, Any]]:
    required = set(schema.get("required", ()))
    parameters = []
    for name, described in schema.get("properties", {}).items():
        shown = _without_null(described)
        if name == "sort" and issubclass(model, PageQuery):
            shown = {"type": "string", "pattern": f"^({'|'.join(model.sortable)})(,(asc|desc))?$"}
        parameters.append({"name": name, "in": "query", "required": name in required, "schema": shown})
    return parameters


def _without_null(schema: Mapping[str, Any]) -> dict[str, Any]:
    """A query parameter is there or not; it cannot be null."""
    shown = {name: value for name, value in schema.items() if name != "title" and (name, value) != ("default", None)}
    kinds = [kind for kind in shown.pop("anyOf", []) if kind != {"type": "null"}]
    if not kinds:
        return shown
    return {**kinds[0], **shown} if len(kinds) == 1 else {"anyOf": kinds, **shown}


def _responses(route: Route, schemas: _Schemas, dialect: str) -> dict[str, Any]:
    success: dict[str, Any] = {"description": "Success"}
    if route.response_model is not None:
        schema = _answer(schemas.reference(route.response_model, "serialization"), route.many, dialect)
        success["content"] = {"application/json": {"schema": schema}}
    statuses = {400, 401, 403, 404, 405, 409, 413, 415, 429, 500, 503}
    if route.method == "GET":
        statuses -= {409, 413, 415}
    errors = {str(status): {"$ref": f"#/components/responses/{status}"} for status in sorted(statuses)}
    return {str(route.status): success, **errors}


def _answer(item: Mapping[str, Any], many: bool, dialect: str) -> dict[str, Any]:
    data = {"type": "array", "items": item} if many else dict(item)
    if dialect == "bare" or (dialect == "page" and not many):
        return data
    if dialect == "page":
        counts = {name: {"type": "integer"} for name in ("totalElements", "totalPages", "number", "size")}
        return {"type": "object", "properties": {"content": data, **counts}, "required": ["content", *counts]}
    properties = {"data": data, "meta": {"$ref": REF.format(model="Meta")}}
    return {"type": "object", "properties": properties, "required": ["data", "meta"]}


def _security(auth: str) -> list[dict[str, list[str]]]:
    credentials: list[dict[str, list[str]]] = [{"bearer": []}, {"apiKey": []}]
    return {"required": credentials, "optional": [{}, *credentials]}.get(auth, [])


def _error_responses() -> dict[str, Any]:
    texts = {code.status: code.description for code in ErrorCode} | EXTRA_STATUSES
    content = {"application/json": {"schema": {"$ref": REF.format(model="Error")}}}
    return {str(status): {"description": text, "content": content} for status, text in sorted(texts.items())}


_COUNT = {"type": "integer", "minimum": 0}
_COMMON_SCHEMAS: Mapping[str, Any] = {
    "Pagination": {
        "type": "object",
        "properties": {"page": _COUNT, "size": _COUNT, "totalElements": _COUNT, "totalPages": _COUNT},
        "required": ["page", "size", "totalElements", "totalPages"],
    },
    "Meta": {
        "type": "object",
        "properties": {
            "requestId": {"type": "string"},
            "timestamp": {"type": "string", "format": "date-time"},
            "pagination": {"$ref": REF.format(model="Pagination")},
        },
        "required": ["requestId", "timestamp"],
    },
    "Error": {
        "type": "object",
        "properties": {
            "error": {
                "type": "object",
                "properties": {
                    "code": {"type": "string", "enum": [code.name for code in ErrorCode]},
                    "message": {"type": "string"},
                    "details": {
                        "type": "array",
                        "items": {
                            "type": "object",
                            "properties": {"field": {"type": "string"}, "message": {"type": "string"}},
                        },
                    },
                    "retryAfter": {"type": "integer"},
                },
                "required": ["code", "message"],
            },
            "meta": {"$ref": REF.format(model="Meta")},
            "type": {"type": "string"},
            "title": {"type": "string"},
            "status": {"type": "integer"},
            "detail": {"type": "string"},
            "instance": {"type": ["string", "null"]},
        },
        "required": ["error", "meta"],
    },
}
