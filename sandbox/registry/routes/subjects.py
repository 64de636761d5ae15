"""`/subjects`: register, look up, list and delete."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from aiohttp import web

from sandbox.registry import refusal
from sandbox.registry.body import SchemaBody, TagsBody, read_body, tags_by_entity
from sandbox.registry.registration import Wanted
from sandbox.registry.registry import Registry
from sandbox.registry.routes.answers import RawText, schema_object, schema_text, wants_all
from sandbox.registry.routes.parameters import context_path, flag, page, subject_of
from sandbox.registry.state import Version
from sandbox.registry.subject_name import DEFAULT_CONTEXT, matches_prefix, qualified

__all__ = ["SubjectRoutes"]


class SubjectRoutes:
    def __init__(self, registry: Registry) -> None:
        self._registry = registry

    def table(self) -> Iterator[tuple[str, str, Any]]:
        yield "GET", "/subjects", self.list
        yield "POST", "/subjects/{subject}", self.look_up
        yield "DELETE", "/subjects/{subject}", self.delete
        yield "GET", "/subjects/{subject}/metadata", self.by_metadata
        yield "GET", "/subjects/{subject}/versions", self.versions
        yield "POST", "/subjects/{subject}/versions", self.register
        yield "GET", "/subjects/{subject}/versions/{version}", self.version
        yield "DELETE", "/subjects/{subject}/versions/{version}", self.delete_version
        yield "GET", "/subjects/{subject}/versions/{version}/schema", self.text
        yield "POST", "/subjects/{subject}/versions/{version}/tags", self.tag
        yield "GET", "/subjects/{subject}/versions/{version}/referencedby", self.referenced_by

    async def list(self, request: web.Request) -> Any:
        self._registry.writer.require_ready("list")
        context = context_path(request)
        everywhere = ":*:" if context == DEFAULT_CONTEXT else qualified(context, "")
        found = self._registry.subjects(
            request.query.get("subjectPrefix", everywhere),
            deleted=flag(request, "deleted"),
            deleted_only=flag(request, "deletedOnly") or flag(request, "deleted_only"),
        )
        return page(request, [each for each in found if matches_prefix(each, everywhere)])

    async def register(self, request: web.Request) -> Any:
        wanted = await self._wanted(request, subject_of(request, self._registry))
        return await self._register(request, wanted)

    async def tag(self, request: web.Request) -> Any:
        """A version with other tags, metadata or rules, registered as the next one."""
        version = await self._version(request)
        body = await read_body(request, TagsBody)
        definition = replace(
            version.schema.definition,
            metadata=body.metadata_members() or version.schema.definition.metadata,
            rule_set=body.rule_set or version.schema.definition.rule_set,
        )
        add, remove = tags_by_entity(body.add), tags_by_entity(body.remove)
        definition = await self._registry.library.retagged(version.subject, definition, add, remove)
        return await self._register(request, Wanted(version.subject, definition, version=body.new_version))

    async def _register(self, request: web.Request, wanted: Wanted) -> Any:
        version = await self._registry.registration.register(wanted)
        answer: dict[str, Any] = {"id": version.schema.id}
        if wants_all(request):
            definition = version.schema.definition
            answer |= {"version": version.number, "guid": definition.guid(), **definition.to_json()}
        return answer

    async def look_up(self, request: web.Request) -> Any:
        self._registry.writer.require_ready("look-up")
        deleted = flag(request, "deleted")
        subject = self._registry.anywhere(subject_of(request, self._registry), deleted=deleted)
        wanted = await self._wanted(request, subject)
        try:
            version = await self._registry.registration.look_up(wanted, deleted=deleted)
        except refusal.Refusal as error:
            if error.code not in (40401, 40403) or not await self._registry.writer.catch_up():
                raise
            version = await self._registry.registration.look_up(wanted, deleted=deleted)
        return schema_object(request, version, self._registry)

    async def _wanted(self, request: web.Request, subject: str) -> Wanted:
        body = await read_body(request, SchemaBody)
        schema_id = body.id if body.id is not None and body.id >= 0 else None
        version = body.version if body.version is not None and body.version > 0 else None
        definition = body.definition()
        add, remove = tags_by_entity(body.tags_to_add), tags_by_entity(body.tags_to_remove)
        if add or remove:
            definition = await self._registry.library.retagged(subject, definition, add, remove)
        return Wanted(subject, definition, schema_id, version, flag(request, "normalize"))

    async def versions(self, request: web.Request) -> Any:
        self._registry.writer.require_ready("list")
        deleted = flag(request, "deleted") or flag(request, "deletedAsNegative")
        deleted_only = flag(request, "deletedOnly") or flag(request, "deleted_only")
        subject = self._registry.anywhere(subject_of(request, self._registry), deleted=deleted)
        found = self._registry.versions(subject, deleted=deleted, deleted_only=deleted_only)
        negative = flag(request, "deletedAsNegative")
        return page(request, [-each.number if negative and each.deleted else each.number for each in found])

    async def version(self, request: web.Request) -> Any:
        return schema_object(request, await self._version(request), self._registry)

    async def text(self, request: web.Request) -> Any:
        version = await self._version(request)
        return RawText(schema_text(request, version.subject, version.schema, self._registry))

    async def referenced_by(self, request: web.Request) -> Any:
        version = await self._version(request, deleted=True)
        return page(request, self._registry.referrers(version, deleted=flag(request, "deleted")))

    async def _version(self, request: web.Request, *, deleted: bool = False) -> Version:
        """Asks the log once more before a version is said to be missing: another instance may just have made it."""
        self._registry.writer.require_ready("read")
        deleted, text = deleted or flag(request, "deleted"), request.match_info["version"]
        subject = self._registry.anywhere(subject_of(request, self._registry), deleted=deleted)
        try:
            return self._registry.version(subject, text, deleted=deleted)
        except refusal.Refusal as error:
            if error.status != 404 or not await self._registry.writer.catch_up():
                raise
        return self._registry.version(subject, text, deleted=deleted)

    async def by_metadata(self, request: web.Request) -> Any:
        self._registry.writer.require_ready("read")
        subject = self._registry.anywhere(subject_of(request, self._registry), deleted=flag(request, "deleted"))
        wanted = dict(zip(request.query.getall("key", []), request.query.getall("value", []), strict=False))
        for version in reversed(self._registry.versions(subject, deleted=flag(request, "deleted"))):
            properties = (version.schema.definition.metadata or {}).get("properties") or {}
            if properties and wanted.items() <= properties.items():
                return schema_object(request, version, self._registry)
        raise refusal.version_not_found(-1)

    async def delete(self, request: web.Request) -> Any:
        subject = subject_of(request, self._registry)
        return await self._registry.deletion.delete_subject(subject, permanent=flag(request, "permanent"))

    async def delete_version(self, request: web.Request) -> Any:
        self._registry.writer.require_ready("delete")
        permanent = flag(request, "permanent")
        subject = subject_of(request, self._registry)
        version = self._registry.version(subject, request.match_info["version"], deleted=True)
        return await self._registry.deletion.delete_version(version, permanent=permanent)
