"""Log lines of three components, one of them with a stack trace below it."""

from __future__ import annotations

from typing import Any

from sandbox.control.logs_models import LogLine, LogPage
from sandbox.errors import NotRunning
from tests.tui.fake_feed import AT_MS

__all__ = ["LINES", "CannedLogs", "line"]


def line(number: int, component: str, level: str | None, message: str, **fields: Any) -> LogLine:
    return LogLine(
        component=component, at_ms=AT_MS - 40_000 + number * 613, level=level, message=message, fields=fields
    )


SERVED = ("capsule", "odyssey", "plato")
LINES = (
    *(
        line(number, SERVED[number % 3], "INFO", f"GET /api/v1/{SERVED[number % 3]}/{number:04} 200 in {number % 9} ms",
             requestId=f"req-{number:04x}", correlationId=f"corr-{number:04x}", logger="sandbox.services.http")
        for number in range(36)
    ),
    line(40, "odyssey", "WARN", "PLATO answers 503; perception.events-4@828 is tried again in 100 ms (attempt 1 of 3), "
         "and the partition waits meanwhile", correlationId="corr-7f3c"),
    line(41, "kafka", "INFO", "[GroupCoordinator id=0] Stabilized group odyssey-reflex generation 4 with 1 members"),
    line(42, "plato", "DEBUG", "planning 3 steps"),
    line(43, "odyssey", "ERROR", "perception.events-4@828 went to the DLQ", correlationId="corr-7f3c",
         stackTrace="Traceback (most recent call last):\n  …\nUpstreamUnavailable: PLATO answers 503"),
    line(44, "kafka", "ERROR", "Error while appending records"),
    line(44, "kafka", "ERROR", "java.io.IOException: No space left on device", continued=True),
)  # fmt: skip


class CannedLogs:
    """`logged` comes first, `coming` after; `refused` answers nothing."""

    logged: tuple[LogLine, ...] = LINES
    coming: tuple[LogLine, ...] = ()
    is_away = False

    async def logs(self, after: str | None = None, *, limit: int = 200, under: str | None = None, **_: Any) -> LogPage:
        if self.is_away:
            raise NotRunning("no sandbox answers")
        lines, self.coming = (self.logged[-limit:], self.coming) if after is None else (self.coming, ())
        found = [each for each in lines if under is None or under in each.fields.values()]
        return LogPage(lines=found, next="services:1", more=False)
