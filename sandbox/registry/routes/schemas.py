"""`/schemas`: by id, by GUID, and all of them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from aiohttp import web

from sandbox.registry import refusal
from sandbox.registry.definition import RULES, Definition
from sandbox.registry.formats import FORMATS
from sandbox.registry.registry import Registry
from sandbox.registry.routes.answers import Encoded, RawText, schema_object, schema_tags, schema_text, wants_all
from sandbox.registry.routes.parameters import context_path, flag, page, path_id
from sandbox.registry.state import StoredSchema, Version
from sandbox.registry.subject_name import DEFAULT_CONTEXT, matches_prefix, qualified

__all__ = ["SchemaRoutes"]

LIST_LIMIT = 1000
KEPT = 256


class SchemaRoutes:
    def __init__(self, registry: Registry) -> None:
        self._registry = registry
        self._kept: dict[StoredSchema, Encoded] = {}

    def table(self) -> Iterator[tuple[str, str, Any]]:
        yield "GET", "/schemas", self.list
        yield "GET", "/schemas/types", self.types
        yield "GET", "/schemas/ids/{id}", self.by_id
        yield "GET", "/schemas/ids/{id}/schema", self.text
        yield "GET", "/schemas/ids/{id}/subjects", self.subjects
        yield "GET", "/schemas/ids/{id}/versions", self.versions
        yield "GET", "/schemas/guids/{guid}", self.by_guid
        yield "GET", "/schemas/guids/{guid}/ids", self.guid_ids

    async def types(self, request: web.Request) -> Any:
        return list(FORMATS)

    async def by_id(self, request: web.Request) -> Any:
        context, stored, subject = await self._schema(request)
        if not _asks_for_more(request):
            return self._plain(stored)
        answer = self._members(request, subject, stored)
        if flag(request, "fetchMaxId"):
            answer["maxId"] = self._registry.state.context(context).max_id
        return answer

    def _plain(self, stored: StoredSchema) -> Encoded:
        """What nearly every look-up wants, kept encoded for the schemas asked for lately."""
        kept = self._kept.get(stored)
        if kept is None:
            kept = self._kept[stored] = Encoded(
                json.dumps(stored.definition.to_json(), separators=(",", ":"), ensure_ascii=False).encode(
                    errors="replace"
                )
            )
            if len(self._kept) > KEPT:
                self._kept.pop(next(iter(self._kept)))
        return kept

    def _members(self, request: web.Request, subject: str, stored: StoredSchema) -> dict[str, Any]:
        answer = stored.definition.to_json()
        if request.query.get("format"):
            answer["schema"] = schema_text(request, subject, stored, self._registry)
        answer |= schema_tags(request, subject, stored, self._registry)
        if wants_all(request):
            answer["guid"] = stored.definition.guid()
        return answer

    async def text(self, request: web.Request) -> Any:
        _, stored, subject = await self._schema(request)
        return RawText(schema_text(request, subject, stored, self._registry))

    async def subjects(self, request: web.Request) -> Any:
        return page(request, sorted({version.subject for version in await self._uses(request)}))

    async def versions(self, request: web.Request) -> Any:
        uses = await self._uses(request)
        return page(request, [{"subject": version.subject, "version": version.number} for version in uses])

    async def _uses(self, request: web.Request) -> Any:
        _, stored, _ = await self._schema(request)
        uses = self._registry.uses(stored, deleted=flag(request, "deleted"))
        subject = request.query.get("subject")
        return [version for version in uses if not subject or subject.endswith(":") or version.subject == subject]

    async def _schema(self, request: web.Request) -> tuple[str, StoredSchema, str]:
        """Context, schema and a subject that has it (references are resolved from there)."""
        schema_id = path_id(request)
        subject = request.query.get("subject")
        context = context_path(request)
        if context != DEFAULT_CONTEXT and not (subject or "").startswith(":."):
            subject = qualified(context, subject or "")
        found, stored = await self._registry.schema(schema_id, subject)
        return found, stored, stored.uses[0][0]

    async def by_guid(self, request: web.Request) -> Any:
        _, stored = self._guid(request)[0]
        return self._members(request, stored.uses[0][0], stored)

    async def guid_ids(self, request: web.Request) -> Any:
        return [{"context": context, "id": stored.id} for context, stored in self._guid(request)]

    def _guid(self, request: web.Request) -> list[tuple[str, StoredSchema]]:
        self._registry.writer.require_ready("read")
        guid = request.match_info["guid"]
        found = self._registry.by_guid(guid)
        if not found:
            raise refusal.schema_not_found(guid)
        return found

    async def list(self, request: web.Request) -> Any:
        self._registry.writer.require_ready("list")
        context = context_path(request)
        everywhere = ":*:" if context == DEFAULT_CONTEXT else qualified(context, "")
        prefix = request.query.get("subjectPrefix", everywhere)
        deleted, latest_only = flag(request, "deleted"), flag(request, "latestOnly")
        found = []
        for subject in self._registry.subjects(prefix, deleted=deleted):
            if matches_prefix(subject, everywhere):
                versions = self._registry.state.versions(subject, deleted=deleted)
                found += versions[-1:] if latest_only else versions
        if rule_type := request.query.get("ruleType"):
            found = [version for version in found if _has_rule(version.schema.definition, rule_type)]
        chosen = page(request, found, limit_max=LIST_LIMIT)
        return [self._listed(request, version) for version in chosen]

    def _listed(self, request: web.Request, version: Version) -> dict[str, Any]:
        answer = schema_object(request, version, self._registry)
        if flag(request, "aliases") and (aliases := self._registry.aliases(version.subject)):
            answer["aliases"] = aliases
        return answer


def _has_rule(definition: Definition, type_: str) -> bool:
    rules = definition.rule_set or {}
    return any(rule.get("type") == type_ for kind in RULES for rule in rules.get(kind) or ())


def _asks_for_more(request: web.Request) -> bool:
    return any(word in request.query for word in ("format", "fetchMaxId", "findTags")) or wants_all(request)
