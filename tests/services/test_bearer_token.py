from __future__ import annotations

import importlib
import re

from aiohttp.test_utils import TestClient, TestServer

from sandbox.clock import ManualClock
from sandbox.services.bearer_token import SCOPES
from sandbox.services.ports import ServiceContext


class Nothing:
    def record(self, fact: object) -> None:
        pass

    async def publish(self, *_: object, **__: object) -> None:
        pass


async def test_the_known_scopes_are_those_that_the_routes_ask_for(tmp_path) -> None:
    asked: set[str] = set()
    for name in ("capsule", "odyssey", "plato"):
        module = importlib.import_module(f"sandbox.services.{name}.service")
        context = ServiceContext(clock=ManualClock(), facts=Nothing(), publisher=Nothing(), urls={}, state_dir=tmp_path)
        service = getattr(module, f"{name.capitalize()}Service")(context)
        await service.start()
        try:
            async with TestClient(TestServer(service.application())) as client:
                asked.update(re.findall(r"Scope `([^`]+)`", await (await client.get("/v3/api-docs")).text()))
        finally:
            await service.stop()
    assert asked == set(SCOPES)
