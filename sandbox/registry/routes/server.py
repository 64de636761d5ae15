"""The registry itself: liveness, contexts and what it is."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from aiohttp import web

import sandbox
from sandbox.registry import refusal
from sandbox.registry.registry import Registry
from sandbox.registry.routes.parameters import context_path, page
from sandbox.registry.subject_name import DEFAULT_CONTEXT, context_of

__all__ = ["ServerRoutes"]


class ServerRoutes:
    def __init__(self, registry: Registry, cluster: str) -> None:
        self._registry = registry
        self._cluster = cluster

    def table(self) -> Iterator[tuple[str, str, Any]]:
        yield "GET", "/", self.alive
        yield "POST", "/", self.alive
        yield "GET", "/contexts", self.contexts
        yield "DELETE", "/contexts/{context}", self.delete_context
        yield "GET", "/v1/metadata/id", self.cluster
        yield "GET", "/v1/metadata/version", self.version
        yield "GET", "/v1/metadata/deployment", self.deployment

    async def alive(self, request: web.Request) -> Any:
        return {}

    async def contexts(self, request: web.Request) -> Any:
        self._registry.writer.require_ready("list")
        prefix = request.query.get("contextPrefix", "")
        return page(request, [each for each in self._registry.contexts() if each.startswith(prefix)])

    async def delete_context(self, request: web.Request) -> Any:
        """A context is there as long as a subject is; an empty one has nothing to delete."""
        context = context_path(request)
        if context == DEFAULT_CONTEXT or any(context_of(each) == context for each in self._registry.state.subjects):
            raise refusal.context_not_empty(context)
        return None

    async def cluster(self, request: web.Request) -> Any:
        clusters = {"kafka-cluster": self._cluster, "schema-registry-cluster": "schema-registry"}
        return {"scope": {"path": [], "clusters": clusters}}

    async def version(self, request: web.Request) -> Any:
        return {"version": sandbox.__version__, "commitId": ""}

    async def deployment(self, request: web.Request) -> Any:
        """Where the registry runs, in words that an operator gives; here nobody gives any."""
        return {"attributes": []}
