"""The sandbox's own switches as scenarios use them: components, breakers, limits, dead letters."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from sandbox.runtime.dlq.desk import DlqDesk

__all__ = ["EngineSwitches", "ScenarioControls"]


class EngineSwitches(Protocol):
    """What the engine can do, as the control API asks for it too."""

    def component(self, name: str) -> tuple[str, str | None]: ...

    async def operate_component(self, name: str, operation: str) -> Mapping[str, Any]: ...

    async def operate_breaker(self, service: str, name: str, operation: str) -> Mapping[str, Any]: ...

    async def change_limits(self, service: str, change: Mapping[str, Any]) -> Mapping[str, Any]: ...

    async def reset_limits(self, service: str) -> Mapping[str, Any]: ...

    async def dlq(self) -> DlqDesk: ...


class ScenarioControls:
    """`Controls` over the engine that runs the scenario."""

    def __init__(self, engine: EngineSwitches) -> None:
        self._engine = engine

    async def operate_component(self, name: str, operation: str) -> None:
        await self._engine.operate_component(name, operation)

    def component(self, name: str) -> tuple[str, str | None]:
        return self._engine.component(name)

    async def operate_breaker(self, name: str, operation: str) -> str:
        service, _, breaker = name.partition("/")
        return str((await self._engine.operate_breaker(service, breaker, operation))["state"])

    async def change_limits(self, service: str, change: Mapping[str, Any]) -> Mapping[str, Any]:
        return _numbers(await self._engine.change_limits(service, change))

    async def reset_limits(self, service: str) -> Mapping[str, Any]:
        return _numbers(await self._engine.reset_limits(service))

    async def replay(self, topic: str, letters: Mapping[str, Any], options: Mapping[str, Any]) -> Mapping[str, Any]:
        from sandbox.runtime.dlq.replay import ReplayOptions

        wanted = ReplayOptions(wanted=_filter(letters), reason="scenario", **options)
        return await (await self._engine.dlq()).replay(topic, wanted)

    async def replay_status(self, replay: str) -> Mapping[str, Any]:
        return (await self._engine.dlq()).replay_status(replay)

    async def purge(self, topic: str, letters: Mapping[str, Any]) -> int:
        desk = await self._engine.dlq()
        return int((await desk.purge(topic, _filter(letters), reason="scenario"))["purged"])

    async def automatic(self) -> tuple[bool, float]:
        found = (await self._engine.dlq()).automatic
        return found.enabled, found.wait_s

    async def set_automatic(self, enabled: bool, rest_s: float) -> None:
        from sandbox.runtime.dlq.automatic import Automatic

        (await self._engine.dlq()).set_automatic(Automatic(enabled, rest_s))


def _numbers(limits: Mapping[str, Any]) -> Mapping[str, Any]:
    return {name: limits[name] for name in ("query", "command", "admin", "enabled") if name in limits}


def _filter(letters: Mapping[str, Any]) -> Any:
    from sandbox.runtime.dlq.letter_filter import LetterFilter

    return LetterFilter(
        ids=letters.get("id", ()),
        categories=letters.get("category", ()),
        key=letters.get("key"),
        group=letters.get("group"),
    )
