"""What a fault may do to the broker or to the process of a service: the supervisor's own operations, on any runtime."""

from __future__ import annotations

from collections.abc import Callable

from sandbox.errors import ComponentFailed
from sandbox.runtime.component import ComponentState, Supervised

__all__ = ["SupervisedHandle"]


class SupervisedHandle:
    """A `faults.points.ComponentHandle`. `revived` is told when it runs again."""

    def __init__(self, supervised: Supervised, revived: Callable[[], None]) -> None:
        self._supervised = supervised
        self._revived = revived

    @property
    def name(self) -> str:
        return self._supervised.name

    async def stop(self) -> None:
        await self._supervised.stop()

    async def kill(self) -> None:
        await self._supervised.kill()

    async def pause(self) -> None:
        await self._supervised.pause()

    async def restart(self) -> None:
        await self._supervised.restart()
        self._must_run()

    async def bring_back(self) -> None:
        if self._supervised.is_paused:
            await self._supervised.resume()
        else:
            await self._supervised.start()
        self._must_run()

    def _must_run(self) -> None:
        if self._supervised.state not in (ComponentState.READY, ComponentState.DEGRADED):
            raise ComponentFailed(
                f"does not run again: {self._supervised.detail or self._supervised.state}",
                where=self.name,
                hint=f"see `sandbox logs {self.name}`",
            )
        self._revived()
