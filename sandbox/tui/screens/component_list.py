"""Everything that the sandbox supervises, and what can be done to it."""

from __future__ import annotations

from typing import Any, ClassVar

from textual.binding import Binding, BindingType
from textual.content import Content

from sandbox.tui.screens.control_table import ControlTable
from sandbox.tui.signs import sign_of
from sandbox.tui.state import ComponentLine, Snapshot
from sandbox.tui.widgets.table import Column

__all__ = ["ComponentList"]

OPERATIONS = {
    "restart": ("restarted", "stop it in good order and start it again"),
    "stop": ("stopped", "stop it in good order; it stays down until it is started"),
    "start": ("started", "start it again"),
    "pause": ("paused", "freeze it: connections stay open and nothing answers"),
    "resume": ("goes on", "let it go on after a pause"),
    "kill": ("killed", "end it at once, as a crash does; it is started again by itself"),
    "disconnect": ("disconnected", "take it off the network (docker runtime)"),
    "connect": ("connected", "put it back on the network (docker runtime)"),
}
"""Operation → how its end is told, and what it does."""


class ComponentList(ControlTable[ComponentLine]):
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("s", "stop_or_start", "stop/start"),
        Binding("z", "pause_or_resume", "pause/resume"),
        Binding("r", "operate('restart')", "restart"),
        Binding("K", "operate('kill')", "kill", tooltip="kill it, as a crash would"),
    ]

    def __init__(self, **given: Any) -> None:
        super().__init__(_columns(), key=lambda each: each.name, empty="nothing is known yet", head=False, **given)

    def show(self, now: Snapshot, text: str) -> None:
        self.set_rows([each for each in now.components if text in each.name])
        wrong = [each for each in now.components if each.state != "ready"]
        summary = f"{len(wrong)} not ready" if wrong else f"{len(now.components)} ready"
        self.tell("Components", Content.styled(summary, "$warn" if wrong else "$dim"))

    def choose(self) -> None:
        if (row := self.cursor_row) is not None:
            self.chosen(f"{row.name}: what shall happen?", OPERATIONS, self.action_operate)

    def action_stop_or_start(self) -> None:
        row = self.cursor_row
        if row is not None:
            self.action_operate("start" if row.state in ("stopped", "failed") else "stop")

    def action_pause_or_resume(self) -> None:
        row = self.cursor_row
        if row is not None:
            self.action_operate("resume" if row.state in ("paused", "degraded") else "pause")

    def action_operate(self, operation: str) -> None:
        row = self.cursor_row
        if row is None:
            return
        done, text = OPERATIONS[operation]

        def act() -> None:
            self.page.do(f"{row.name} {done}", lambda client: client.operate_component(row.name, operation))

        if operation in ("stop", "kill"):
            self.confirmed(f"{operation} {row.name}?".capitalize(), f"{text}{self._with(row)}", act)
        else:
            act()

    def _with(self, row: ComponentLine) -> str:
        """Who shares its process goes with it."""
        beside = [
            each.name
            for each in self.page.feed.now.components
            if row.process is not None and each.process == row.process and each.name != row.name
        ]
        return f"\nIn the same process, so the same happens to {', '.join(beside)}." if beside else ""


def _columns() -> list[Column[ComponentLine]]:
    return [
        Column("", _state, 12),
        Column("", lambda each, _: Content.styled(each.name, "bold"), 16),
        Column("", lambda each, _: Content.styled(each.detail or "", "$dim"), 4, grow=1),
        Column("", _restarts, 10, right=True, drop=2),
        Column(
            "", lambda each, _: Content.styled(f"pid {each.pid}" if each.pid else "", "$dim"), 10, right=True, drop=1
        ),
    ]


def _state(each: ComponentLine, _: int) -> Content:
    sign = sign_of(each.state)
    return Content.styled(f"{sign.mark} {sign.word}", sign.tone)


def _restarts(each: ComponentLine, _: int) -> Content:
    return Content.styled(
        f"{each.restarts} restart{'' if each.restarts == 1 else 's'}" if each.restarts else "", "$warn"
    )
