"""What happened in the sandbox while a test ran, for the report of one that failed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from sandbox.errors import SandboxError
from sandbox.events.facts import fact_from_json
from sandbox.observe.deed import deed_of, format_took
from sandbox.pytest_plugin.backend import Backend

__all__ = ["read_story", "story_lines"]

LINES = 80
PAGE = 5_000
SETTLE_S = 0.2
"""How long facts may take to come from the services."""
EVERYBODYS = {
    "BreakerTransitioned", "CallNotPermitted", "FallbackUsed", "FaultApplied", "FaultRemoved", "ComponentStateChanged",
    "FactsLost", "ServiceReset", "GroupOffsetsSet",
}  # fmt: skip
"""They concern all tenants."""


async def read_story(backend: Backend, after: int, tenant: str | None) -> str:
    """The facts after number `after`, as text; of a tenant's test its own and those that concern everybody."""
    import asyncio

    await asyncio.sleep(SETTLE_S)
    facts: list[Mapping[str, Any]] = []
    try:
        while True:
            page = await backend.control.facts(after, limit=PAGE)
            facts += page.facts
            if page.next >= page.last:
                break
            after = page.next
    except SandboxError as error:
        return f"it cannot be asked any more: {error.render()}"
    return "\n".join(story_lines(facts, tenant))


def story_lines(facts: Iterable[Mapping[str, Any]], tenant: str | None) -> list[str]:
    """A line for each deed, with milliseconds since the first; of too many the last ones."""
    lines: list[str] = []
    begun_ms: int | None = None
    for data in sorted(facts, key=lambda each: each["at_ms"]):
        if tenant is not None and data.get("tenant") != tenant and data["kind"] not in EVERYBODYS:
            continue
        deed = deed_of(fact_from_json(data))
        if deed is None:
            continue
        begun_ms = data["at_ms"] if begun_ms is None else begun_ms
        took = f"  ({format_took(deed.took_ms)})" if deed.took_ms is not None else ""
        sign = "!" if deed.bad else " "
        lines.append(f"{sign} {data['at_ms'] - begun_ms:>6} ms  {deed.who:<10} {deed.what}{took}")
    if not lines:
        return ["nothing happened"]
    left_out = len(lines) - LINES
    return lines if left_out <= 0 else [f"… {left_out} earlier lines", *lines[-LINES:]]
