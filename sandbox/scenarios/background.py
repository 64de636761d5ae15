"""Work that goes on beside the other steps until it is stopped, by name or at the end of the steps."""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sandbox.errors import SandboxError
from sandbox.scenarios.steps_failed import StepsFailed

__all__ = ["Background", "Backgrounds", "Work"]


class Work(ABC):
    """What can go on in the background: an `Outflow` of records, a load of calls, a list of steps."""

    @property
    @abstractmethod
    def told(self) -> str:
        """What it has done so far, in a few words: `12 records sent`."""

    @abstractmethod
    async def run(self) -> None:
        """Returns at its end, or soon after `stop`. Raises SandboxError, or StepsFailed when a step of it has."""

    @abstractmethod
    def stop(self) -> None:
        """Begin nothing more; what is on its way still arrives."""

    def result(self) -> Mapping[str, Any]:
        """What later steps know of it by its name: `sent`, `rate`…"""
        return {}

    def check(self) -> None:  # noqa: B027 - most work is not expected to be anything
        """Raises ExpectationFailed when it was not as its step expects."""


@dataclass(slots=True)
class Background:
    """`title` is how it is told when it fails; `error` is what ended it early."""

    name: str
    work: Work
    title: str
    where: str
    task: asyncio.Task[None] | None = None
    error: SandboxError | StepsFailed | None = None

    async def run(self) -> None:
        try:
            await self.work.run()
        except (SandboxError, StepsFailed) as error:
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

    def __iter__(self) -> Iterator[Background]:
        return iter(tuple(self._running.values()))

    def __len__(self) -> int:
        return len(self._running)

    async def stop(self, name: str) -> Background:
        """End one, and wait until what it had begun is done. `error` also tells what it should have been.

        Raises KeyError.
        """
        background = self._running.pop(name)
        background.work.stop()
        assert background.task is not None
        await background.task
        if background.error is None:
            try:
                background.work.check()
            except SandboxError as error:
                background.error = error
        return background

    async def stop_all(self) -> list[Background]:
        """End all, in the order they began."""
        return [await self.stop(name) for name in list(self._running)]

    def abandon(self) -> None:
        """End all at once, without waiting."""
        for background in self._running.values():
            assert background.task is not None
            background.task.cancel()
        self._running.clear()
