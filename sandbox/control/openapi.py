"""The OpenAPI 3.1 document of the control API, generated from the routes and their models."""

from __future__ import annotations

import re
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from sandbox import __version__
from sandbox.contracts import fault_request, limits
from sandbox.contracts.operations import BREAKER_OPERATIONS, COMPONENT_OPERATIONS
from sandbox.control import (
    dlq_models,
    fault_models,
    groups_models,
    logs_models,
    models,
    overview_models,
    recording_models,
    records_models,
    reset_models,
    scenario_models,
    topic_models,
    traffic_models,
)
from sandbox.control.field_texts import describe, field_texts
from sandbox.control.models import ErrorAnswer
from sandbox.control.routes import OPENAPI_PATH, ROUTES, Route

__all__ = ["openapi_document"]

_TEXT_MODULES = {
    module.__name__: module
    for module in (
        models,
        dlq_models,
        fault_models,
        groups_models,
        logs_models,
        overview_models,
        reset_models,
        records_models,
        topic_models,
        recording_models,
        traffic_models,
        scenario_models,
        limits,
        fault_request,
    )
}
_REF = "#/components/schemas/{model}"
_PARAMETER = re.compile(r"{(\w+)}")
_OPERATIONS = {"operate_component": COMPONENT_OPERATIONS, "operate_breaker": BREAKER_OPERATIONS}
_ERRORS = {"400": "Malformed request", "401": "Missing or wrong token", "403": "Foreign Host or Origin"}


def openapi_document(url: str) -> dict[str, Any]:
    """The document of the server at `url`."""
    used: list[type[BaseModel]] = [ErrorAnswer]
    paths: dict[str, dict[str, Any]] = {OPENAPI_PATH: {"get": _own_route()}}
    for route in ROUTES:
        used += [model for model in (route.answer, route.body) if model is not None]
        paths.setdefault(route.path, {})[route.method.lower()] = _operation(route)
    _, definitions = models_json_schema([(model, "validation") for model in dict.fromkeys(used)], ref_template=_REF)
    known = {name: kind for module in _TEXT_MODULES.values() for name, kind in vars(module).items()}
    for name, schema in definitions["$defs"].items():
        describe(schema, _texts_of(known[name]))
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "BUTTERFLY sandbox: control API",
            "version": __version__,
            "description": "What the command line, the TUI, test plugins and scripts ask of a running sandbox.",
        },
        "servers": [{"url": url}],
        "security": [{"token": []}],
        "paths": paths,
        "components": {
            "schemas": definitions["$defs"],
            "securitySchemes": {
                "token": {"type": "http", "scheme": "bearer", "description": "`SANDBOX_TOKEN` of `sandbox env`"}
            },
        },
    }


def _operation(route: Route) -> dict[str, Any]:
    responses: dict[str, Any] = {str(route.status): _content(route.answer, "Done")}
    if route.websocket:
        responses = {"101": _content(route.answer, "A WebSocket; each text message is one of these")}
    responses |= {status: _content(ErrorAnswer, text) for status, text in _ERRORS.items()}
    if "{" in route.path:
        responses["404"] = _content(ErrorAnswer, "No such thing")
    responses["503"] = _content(ErrorAnswer, "The sandbox cannot do it now")
    operation: dict[str, Any] = {
        "operationId": route.operation,
        "summary": route.summary,
        "tags": [route.tag],
        "parameters": [*_path_parameters(route), *_query_parameters(route)],
        "responses": responses,
    }
    if route.body is not None or route.any_body:
        schema = {"$ref": _REF.format(model=route.body.__name__)} if route.body else {"type": "object"}
        required = route.body is None or any(field.is_required() for field in route.body.model_fields.values())
        operation["requestBody"] = {"required": required, "content": {"application/json": {"schema": schema}}}
    return operation


def _content(model: type[BaseModel], text: str) -> dict[str, Any]:
    schema = {"$ref": _REF.format(model=model.__name__)}
    return {"description": text, "content": {"application/json": {"schema": schema}}}


def _path_parameters(route: Route) -> list[dict[str, Any]]:
    parameters = []
    for name in _PARAMETER.findall(route.path):
        schema: dict[str, Any] = {"type": "string"}
        if name == "operation":
            schema["enum"] = list(_OPERATIONS[route.operation])
        parameters.append({"name": name, "in": "path", "required": True, "schema": schema})
    return parameters


def _query_parameters(route: Route) -> list[dict[str, Any]]:
    if route.query is None:
        return []
    schema = route.query.model_json_schema(by_alias=True)
    describe(schema, _texts_of(route.query))
    parameters = []
    for name, member in schema["properties"].items():
        text = member.pop("description", "")
        parameters.append({"name": name, "in": "query", "required": False, "description": text, "schema": member})
    return parameters


def _texts_of(model: type[BaseModel]) -> dict[str, str]:
    """The texts under a model's fields, its parents' too, by the names that the fields have outside."""
    texts: dict[str, str] = {}
    for kind in reversed(model.__mro__):
        if kind.__module__ in _TEXT_MODULES:
            texts |= field_texts(_TEXT_MODULES[kind.__module__]).get(kind.__name__, {})
    return {model.model_fields[name].alias or name: text for name, text in texts.items()}


def _own_route() -> dict[str, Any]:
    return {
        "operationId": "openapi",
        "summary": "This document",
        "tags": ["sandbox"],
        "security": [],
        "responses": {
            "200": {"description": "Done", "content": {"application/json": {"schema": {"type": "object"}}}},
            "403": _content(ErrorAnswer, _ERRORS["403"]),
        },
    }
