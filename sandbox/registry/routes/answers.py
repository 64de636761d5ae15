"""Schemas as JSON answers."""

from __future__ import annotations

from typing import Any, NamedTuple

from aiohttp import web

from sandbox.registry.registry import Registry
from sandbox.registry.state import StoredSchema, Version

__all__ = ["Encoded", "RawText", "schema_object", "schema_tags", "schema_text", "wants_all"]

UNKNOWN_ACCEPTED = "Confluent-Accept-Unknown-Properties"


class RawText(NamedTuple):
    """A schema's own text, sent as it is."""

    text: str


class Encoded(NamedTuple):
    """JSON that needs no more encoding."""

    body: bytes


def wants_all(request: web.Request) -> bool:
    """Whether the client says that it can live with members newer than itself (guid, ts)."""
    return request.headers.get(UNKNOWN_ACCEPTED, "").lower() == "true"


def schema_object(request: web.Request, version: Version, registry: Registry) -> dict[str, Any]:
    """`{subject, version, id, schema…}`; the type of an Avro schema is left out, as clients of any age expect."""
    stored = version.schema
    members = stored.definition.to_json()
    answer = {"subject": version.subject, "version": version.number, "id": stored.id, **members}
    if request.query.get("format"):
        answer["schema"] = schema_text(request, version.subject, stored, registry)
    answer |= schema_tags(request, version.subject, stored, registry)
    if wants_all(request):
        answer |= {"guid": stored.definition.guid(), "ts": version.timestamp_ms, "deleted": version.deleted}
    return answer


def schema_tags(request: web.Request, subject: str, stored: StoredSchema, registry: Registry) -> dict[str, Any]:
    """What `findTags` (repeatable, `*` for all tags) asks for."""
    wanted = request.query.getall("findTags", [])
    return {"schemaTags": registry.library.tagged(subject, stored, wanted)} if wanted else {}


def schema_text(request: web.Request, subject: str, stored: StoredSchema, registry: Registry) -> str:
    """The text in the form that `format` asks for; a form that the schema's type does not have is ignored."""
    wanted = request.query.get("format", "")
    return registry.library.formatted(subject, stored, wanted) if wanted else stored.definition.text
