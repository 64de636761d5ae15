"""Capturing ends by itself: a recorder that was killed leaves nothing behind."""

import asyncio
from dataclasses import dataclass, field
from typing import Any

from sandbox.runtime.captures import Captures


@dataclass
class FakeServed:
    interceptors: list[Any] | None = field(default_factory=list)


async def test_every_service_with_requests_tells_for_a_while_and_renewing_adds_nothing() -> None:
    capsule, registry = FakeServed(), FakeServed(None)
    captures = Captures({"capsule": capsule, "schema-registry": registry}, facts=None)  # type: ignore[arg-type, dict-item]
    capsule.interceptors.append("a fault")
    assert captures.capture(30, 1_000) == ["capsule"] and captures.capture(30, 1_000) == ["capsule"]
    assert len(capsule.interceptors) == 2 and capsule.interceptors[-1] == "a fault"
    assert captures.capture(0, 1_000) == [] and capsule.interceptors == ["a fault"]


async def test_it_ends_when_it_is_not_asked_for_again() -> None:
    capsule = FakeServed()
    captures = Captures({"capsule": capsule}, facts=None)  # type: ignore[arg-type, dict-item]
    captures.capture(0.01, 1_000)
    async with asyncio.timeout(5):
        while capsule.interceptors:
            await asyncio.sleep(0.005)
