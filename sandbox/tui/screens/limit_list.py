"""The request limits of each service, how full the fullest window is, and changing them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, cast

from textual.binding import Binding, BindingType
from textual.content import Content

from sandbox.control.models import Limits
from sandbox.tui.dialogs.form import Form
from sandbox.tui.screens.control_table import ControlTable
from sandbox.tui.state import LimitLine, Snapshot
from sandbox.tui.widgets.gauge import gauge
from sandbox.tui.widgets.table import Column

__all__ = ["LimitList"]

KINDS = {
    "query": "GET and HEAD",
    "command": "POST, PUT, PATCH and DELETE",
    "admin": "writes of the actuator, /api/v1/admin/**",
}


@dataclass(frozen=True, slots=True)
class LimitsOf:
    """A service's limits, and its fullest window."""

    service: str
    limits: Limits
    fullest: LimitLine | None


class LimitList(ControlTable[LimitsOf]):
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("e", "change", "change", tooltip="change a service's request limits"),
        Binding("r", "reset", "reset", tooltip="back to what was configured, no window open"),
    ]

    def __init__(self, **given: Any) -> None:
        super().__init__(_columns(), key=lambda each: each.service, head=False, **given)
        self.limits: Mapping[str, Limits] | None = None

    def show(self, now: Snapshot, text: str) -> None:
        found = self.limits or {}
        self.set_empty("no service has request limits here" if self.limits is not None else "asking for the limits")
        self.set_rows([
            LimitsOf(name, each, _fullest(now.limits, name)) for name, each in sorted(found.items()) if text in name
        ])  # fmt: skip
        off = [name for name, each in found.items() if not each.enabled]
        full = [each for each in now.limits if each.used >= each.limit]
        summary = f"{len(full)} full" if full else f"off at {', '.join(off)}" if off else f"{len(found)} services"
        self.tell("Limits", Content.styled(summary, "$bad" if full else "$dim"))

    def action_change(self) -> None:
        if self.cursor_row is not None and not self.refused():
            self.run_worker(self._change, group="ask", exclusive=True)

    async def _change(self) -> None:
        row = self.cursor_row
        assert row is not None
        given = row.limits.model_dump()
        answer = await cast(Any, self.app).ask(
            Form(f"Requests a client may make of {row.service} in a window", _SCHEMA, given, send="change")
        )
        if answer is not None and (change := {name: value for name, value in answer.items() if value != given[name]}):
            self.page.do(
                f"limits of {row.service} changed",
                lambda client: client.change_limits(row.service, **change),
                lambda after: self._put(row.service, after),
            )

    def action_reset(self) -> None:
        if (row := self.cursor_row) is not None:
            self.page.do(
                f"limits of {row.service} as configured",
                lambda client: client.reset_limits(row.service),
                lambda after: self._put(row.service, after),
            )

    def _put(self, service: str, after: Limits) -> None:
        self.limits = {**(self.limits or {}), service: after}
        self.page.show(self.page.feed.now)


_SCHEMA = {
    "type": "object",
    "properties": {
        **{name: {"type": "integer", "minimum": 0, "description": text} for name, text in KINDS.items()},
        "enabled": {"type": "boolean", "description": "Whether requests are counted at all."},
    },
    "required": [*KINDS, "enabled"],
}


def _fullest(windows: tuple[LimitLine, ...], service: str) -> LimitLine | None:
    own = [each for each in windows if each.service == service]
    return max(own, key=lambda each: each.used / max(1, each.limit), default=None)


def _columns() -> list[Column[LimitsOf]]:
    return [
        Column("", lambda each, _: Content.styled(each.service, "bold"), 9),
        Column("", _allowed, 45),
        Column("", _window, 20, grow=1, drop=1),
    ]


def _allowed(each: LimitsOf, _: int) -> Content:
    if not each.limits.enabled:
        return Content.styled("○ off: requests are not counted", "$warn")
    numbers = [(name, getattr(each.limits, name)) for name in KINDS]
    parts = [Content.assemble((f"{name} ", "$dim"), f"{number:<5,}") for name, number in numbers]
    return Content.assemble(Content(" ").join(parts), (f" in {each.limits.windowSeconds} s", "$dim"))


def _window(each: LimitsOf, width: int) -> Content:
    found = each.fullest
    if found is None or not each.limits.enabled:
        return Content.styled("no window is open", "$dim")
    text = f" {found.used:,}/{found.limit:,} {found.kind} {found.left_s:.0f} s"
    return Content.assemble(gauge(found.used, found.limit, max(5, min(16, width - len(text)))), text)
