"""`/config` and `/mode`, global and of a subject or context."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from aiohttp import web

from sandbox.registry.body import ConfigBody, ModeBody, read_body
from sandbox.registry.registry import Registry
from sandbox.registry.routes.parameters import flag, scope
from sandbox.registry.subject_name import is_context, validated

__all__ = ["SettingRoutes"]


class SettingRoutes:
    def __init__(self, registry: Registry) -> None:
        self._registry = registry

    def table(self) -> Iterator[tuple[str, str, Any]]:
        for path in ("/config", "/config/{subject}"):
            yield "GET", path, self.config
            yield "PUT", path, self.set_config
            yield "DELETE", path, self.delete_config
        for path in ("/mode", "/mode/{subject}"):
            yield "GET", path, self.mode
            yield "PUT", path, self.set_mode
            yield "DELETE", path, self.delete_mode

    async def config(self, request: web.Request) -> Any:
        self._registry.writer.require_ready("read")
        return self._registry.settings.config(scope(request), fall_back=flag(request, "defaultToGlobal"))

    async def set_config(self, request: web.Request) -> Any:
        body = await read_body(request, ConfigBody)
        await self._registry.settings.set_config(_target(request), body.members())
        return body.echo()

    async def delete_config(self, request: web.Request) -> Any:
        return await self._registry.settings.delete_config(scope(request))

    async def mode(self, request: web.Request) -> Any:
        self._registry.writer.require_ready("read")
        mode = self._registry.settings.mode(scope(request), fall_back=flag(request, "defaultToGlobal"))
        return {"mode": mode.value}

    async def set_mode(self, request: web.Request) -> Any:
        body = await read_body(request, ModeBody)
        name = (body.mode or "").upper()
        await self._registry.settings.set_mode(_target(request), name, force=flag(request, "force"))
        return {"mode": name}

    async def delete_mode(self, request: web.Request) -> Any:
        mode = await self._registry.settings.delete_mode(scope(request), recursive=flag(request, "recursive"))
        return {"mode": mode.value}


def _target(request: web.Request) -> str | None:
    """Raises Refusal 42208 for a name that no subject can have; `:.ctx:` stands for a context."""
    target = scope(request)
    if target is None or is_context(target):
        return target
    return validated(target)
