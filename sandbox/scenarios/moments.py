"""When things of a run began: the run itself, and each step that has a name."""

from __future__ import annotations

import asyncio
import re
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import PlainValidator, WithJsonSchema

from sandbox.clock import Clock
from sandbox.errors import UsageError
from sandbox.scenarios.looking import Verdict, look
from sandbox.scenarios.model.bad_value import BadValue
from sandbox.scenarios.model.units import duration_s, format_duration

__all__ = ["Moment", "MomentField", "Moments"]

WAIT_LIMIT_S = 300.0
"""How long to wait for a step that has not begun."""
_AFTER_STEP = re.compile(r"([A-Za-z_]\w*)\s*\+\s*(\S.*)\Z")


@dataclass(frozen=True, slots=True)
class Moment:
    """A time after the start of the run (no `name`), or after the start of the step with that `as`."""

    after_s: float
    name: str | None = None

    def describe(self) -> str:
        since = "" if self.name is None else f"{self.name} + "
        return f"at {since}{format_duration(self.after_s)}"


def _moment(value: Any) -> Moment:
    if isinstance(value, Moment):
        return value
    match = _AFTER_STEP.match(value) if isinstance(value, str) else None
    if match:
        return Moment(duration_s(match[2]), match[1])
    try:
        return Moment(duration_s(value))
    except BadValue as error:
        hint = "for example 10s after the run's start, or `outage + 10s` after the start of the step named outage"
        raise BadValue(error.message, hint=hint) from None


MomentField = Annotated[
    Moment,
    PlainValidator(_moment),
    WithJsonSchema({"type": "string", "examples": ["10s", "outage + 10s"]}),
]


class Moments:
    """Nanoseconds of the sandbox's clock by name; the run's own start has the name None."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._begun: dict[str | None, int] = {}
        self._news = asyncio.Event()

    def begun(self, name: str | None, *, run: bool = False) -> None:
        """A step with this name begins now, or the run itself; steps without a name are not remembered."""
        if name is not None or run:
            self._begun[name] = self._clock.monotonic_ns()
            self._news.set()

    def shift(self, by_ns: int) -> None:
        """The run stood still for so long: everything that began before counts as having begun later."""
        self._begun = {name: begun_ns + by_ns for name, begun_ns in self._begun.items()}

    async def of(self, name: str | None) -> int:
        """When it began; waits until it does. Raises UsageError when it does not in five minutes."""

        async def there() -> Verdict:
            self._news.clear()
            return Verdict.HOLDS if name in self._begun else Verdict.NOT_YET

        async def news() -> None:
            await self._news.wait()

        if await look(there, news, limit_s=WAIT_LIMIT_S, clock=self._clock) is not Verdict.HOLDS:
            raise UsageError(f"the step {name!r} has not begun in {format_duration(WAIT_LIMIT_S)}")
        return self._begun[name]
