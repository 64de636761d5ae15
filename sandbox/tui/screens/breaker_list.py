"""The circuit breakers, and moving them by hand."""

from __future__ import annotations

from typing import Any, ClassVar

from textual.binding import Binding, BindingType
from textual.content import Content

from sandbox.tui.figures import count_text, percent_text
from sandbox.tui.screens.control_table import ControlTable
from sandbox.tui.signs import sign_of
from sandbox.tui.state import BreakerLine, Snapshot
from sandbox.tui.widgets.lane import lane
from sandbox.tui.widgets.table import Column

__all__ = ["BreakerList"]

OPERATIONS = {
    "force-open": ("forced open", "refuse every call until it is reset or moved"),
    "open": ("opened", "refuse calls now, and try again after its waiting time"),
    "half-open": ("half-open", "let its probes through and decide by them"),
    "close": ("closed", "let every call through again"),
    "reset": ("reset", "closed, with nothing remembered"),
    "disable": ("disabled", "let every call through whatever happens"),
    "metrics-only": ("only measures", "let every call through and count"),
}
"""Operation → how it is told afterwards, and what it does."""


class BreakerList(ControlTable[BreakerLine]):
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("o", "operate('force-open')", "force open"),
        Binding("c", "operate('close')", "close"),
        Binding("r", "operate('reset')", "reset"),
    ]

    def __init__(self, **given: Any) -> None:
        super().__init__(self._columns(), key=lambda each: each.name, head=False, **given)
        self._now_ms = 0

    def show(self, now: Snapshot, text: str) -> None:
        self._now_ms = now.at_ms
        self.set_empty("no service has a circuit breaker here" if now.is_live else "waiting for the sandbox")
        self.set_rows([each for each in now.breakers if text in each.name])
        moved = [each for each in now.breakers if each.state != "CLOSED"]
        summary = f"{len(moved)} not CLOSED" if moved else f"{len(now.breakers)} CLOSED"
        self.tell("Breakers", Content.styled(summary, "$warn" if moved else "$dim"))

    def choose(self) -> None:
        if (row := self.cursor_row) is not None:
            self.chosen(f"{row.name}: what shall happen?", OPERATIONS, self.action_operate)

    def action_operate(self, operation: str) -> None:
        if (row := self.cursor_row) is not None:
            service, _, name = row.name.partition("/")
            self.page.do(
                f"{row.name} {OPERATIONS[operation][0]}",
                lambda client: client.operate_breaker(service, name, operation),
            )

    def _columns(self) -> list[Column[BreakerLine]]:
        return [
            Column("", _state, 14),
            Column("", lambda each, _: Content.styled(each.name, "bold"), 18),
            Column("", lambda each, width: lane(each.lane, self._now_ms, width), 10, grow=1, drop=2),
            Column("", _numbers, 32, right=True, drop=1),
        ]


def _state(each: BreakerLine, _: int) -> Content:
    sign = sign_of(each.state)
    return Content.styled(f"{sign.mark} {sign.word}", sign.tone)


def _numbers(each: BreakerLine, _: int) -> Content:
    if each.wait_left_s is not None:
        return Content.assemble(("half-open in ", "$dim"), (f"{each.wait_left_s:.1f} s", "$warn"))
    refused = f"{count_text(each.not_permitted)} not permitted"
    return Content.assemble(
        ("fail ", "$dim"),
        f"{percent_text(each.failure_rate):>7}",
        "  ",
        (refused, "$warn" if each.not_permitted else "$dim"),
    )
