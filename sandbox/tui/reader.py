"""The control client that only reads: what screens ask with, so that nothing changes but by the feed's `act`."""

from __future__ import annotations

from typing import Any

from sandbox.control.client import ControlClient
from sandbox.control.wire import Model
from sandbox.errors import UsageError

__all__ = ["ReadOnly", "ReadingClient"]


class ReadOnly(UsageError):
    """Something would have been changed by a user interface that was started to look only."""


class ReadingClient(ControlClient):
    """Sends GET requests, and dry runs. Anything else raises ReadOnly before it leaves."""

    async def _ask(
        self,
        model: type[Model],
        method: str,
        path: str,
        *,
        body: Any = None,
        query: list[tuple[str, str]] | None = None,
    ) -> Model:
        is_dry_run = isinstance(body, dict) and body.get("dryRun") is True
        if method != "GET" and not is_dry_run:
            raise ReadOnly("this would change the sandbox", where=path, hint="changes go through `act`")
        return await super()._ask(model, method, path, body=body, query=query)
