"""Publishing that goes on beside the other steps until it is stopped, by name or at the end of the steps."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from sandbox.errors import SandboxError
from sandbox.scenarios.outflow import Outflow

__all__ = ["Background", "Backgrounds"]


@dataclass(slots=True)
class Background:
    """`error` is what ended it early."""

    name: str
    outflow: Outflow
    where: str
    task: asyncio.Task[None] | None = None
    error: SandboxError | None = None

    async def run(self) -> None:
        try:
            await self.outflow.run()
        except SandboxError as error:
            self.error = error


class Backgrounds:
    """Those that run, by name."""

    def __init__(self) -> None:
        self._running: dict[str, Background] = {}

    def start(self, background: Background) -> None:
        background.task = asyncio.create_task(background.run(), name=f"background {background.name}")
        self._running[background.name] = background

    def __contains__(self, name: str) -> bool:
        return name in self._running

    def __len__(self) -> int:
        return len(self._running)

    async def stop(self, name: str) -> Background:
        """End one, and wait until the broker has what it sent. Raises KeyError."""
        background = self._running.pop(name)
        background.outflow.stop()
        assert background.task is not None
        await background.task
        return background

    async def stop_all(self) -> list[Background]:
        """End all, in the order they began."""
        return [await self.stop(name) for name in list(self._running)]

    def abandon(self) -> None:
        """End all at once, without waiting for the broker."""
        for background in self._running.values():
            assert background.task is not None
            background.task.cancel()
        self._running.clear()
