"""`/compatibility`: whether a schema would fit, without registering it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from aiohttp import web

from sandbox.registry.body import SchemaBody, read_body
from sandbox.registry.refusal import Refusal
from sandbox.registry.registration import Wanted
from sandbox.registry.registry import Registry
from sandbox.registry.routes.parameters import flag, subject_of

__all__ = ["CompatibilityRoutes"]

INVALID_SCHEMA = 42201


class CompatibilityRoutes:
    def __init__(self, registry: Registry) -> None:
        self._registry = registry

    def table(self) -> Iterator[tuple[str, str, Any]]:
        yield "POST", "/compatibility/subjects/{subject}/versions", self.against_all
        yield "POST", "/compatibility/subjects/{subject}/versions/{version}", self.against_one

    async def against_one(self, request: web.Request) -> Any:
        """`latest` of a subject that has none fits everything; a number that is missing is 40402."""
        self._registry.writer.require_ready("compatibility")
        return await self._check(request, request.match_info["version"])

    async def against_all(self, request: web.Request) -> Any:
        """Against whatever the subject's level looks at."""
        self._registry.writer.require_ready("compatibility")
        return await self._check(request, None)

    async def _check(self, request: web.Request, version: str | None) -> Any:
        verbose = flag(request, "verbose")
        body = await read_body(request, SchemaBody)
        subject = subject_of(request, self._registry)
        against = self._registry.against(subject, version) if version is not None else None
        wanted = Wanted(subject, body.definition(), normalize=flag(request, "normalize"))
        try:
            messages = await self._registry.registration.check(wanted, against)
        except Refusal as error:
            if not verbose or error.code != INVALID_SCHEMA:
                raise
            messages = [error.message]
        return {"is_compatible": not messages, **({"messages": messages} if verbose else {})}
