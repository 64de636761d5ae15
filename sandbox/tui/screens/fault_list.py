"""The faults in force: what each does, whether it acts now, how often it has, how long it stays."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar, cast

from textual.binding import Binding, BindingType
from textual.content import Content

from sandbox.control.fault_models import FaultKind
from sandbox.errors import SandboxError
from sandbox.tui.dialogs.choose import Choice, Choose
from sandbox.tui.dialogs.form import Form
from sandbox.tui.dialogs.tell import Tell
from sandbox.tui.figures import count_text, span_text
from sandbox.tui.screens.control_table import ControlTable
from sandbox.tui.screens.fault_form import fault_schema
from sandbox.tui.state import FaultLine, Snapshot
from sandbox.tui.widgets.table import Column

__all__ = ["FaultList"]


class FaultList(ControlTable[FaultLine]):
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("d,delete", "remove", "remove", tooltip="remove the fault, or all that are marked"),
    ]

    def __init__(self, **given: Any) -> None:
        super().__init__(_columns(), key=lambda fault: fault.id, marking=True, **given)

    def show(self, now: Snapshot, text: str) -> None:
        found = [each for each in now.faults if all(word in _words(each) for word in text.split())]
        self.set_empty(_nothing(now, text))
        self.set_rows(found)
        acting = sum(1 for each in now.faults if each.acting)
        summary = f"{len(now.faults)} in force, {acting} acting" if now.faults else "none"
        self.tell("Faults", Content.styled(summary, "$warn" if now.faults else "$dim"))

    # What can be done

    def add(self) -> None:
        """Choose a kind, fill in its form, make it."""
        if not self.refused():
            self.run_worker(self._add, group="ask", exclusive=True)

    async def _add(self) -> None:
        app = cast(Any, self.app)
        try:
            kinds = await self.page.feed.ask(lambda client: client.fault_kinds())
        except SandboxError as error:
            app.notify(error.render(), title="no kinds of faults", severity="error", markup=False)
            return
        chosen = await app.ask(Choose("Which fault?", _choices(kinds)))
        if chosen is None:
            return
        kind = next(each for each in kinds if each.kind == chosen)
        await app.ask(Form(_title(kind), fault_schema(kind), send="add it", check=self._maker(kind)))

    def _maker(self, kind: FaultKind) -> Any:
        async def make(answer: dict[str, Any]) -> str | None:
            """Why it was not made; None when it was."""
            parameters = dict(answer)
            on = parameters.pop("on", kind.on[0])
            try:
                made = await self.page.feed.act(lambda client: client.add_fault(kind.kind, on, parameters))
            except SandboxError as error:
                return error.render()
            self.app.notify(f"{made.on}: {made.text}", title="fault added", markup=False)
            return None

        return make

    def action_remove(self) -> None:
        chosen = self.marked_rows
        if not chosen:
            return
        if len(chosen) > 1:
            self.confirmed(f"Remove {len(chosen)} faults?", _listed(chosen), lambda: self._remove(chosen))
        else:
            self._remove(chosen)

    def _remove(self, chosen: Sequence[FaultLine]) -> None:
        for fault in chosen:
            self.page.do(
                f"{fault.kind} removed from {fault.on}", lambda client, fault=fault: client.remove_fault(fault.id)
            )
        self.clear_marks()

    def remove_all(self) -> None:
        if self.page.feed.now.faults:
            self.confirmed(
                f"Remove all {len(self.page.feed.now.faults)} faults?",
                _listed(self.page.feed.now.faults),
                lambda: self.page.do("every fault removed", lambda client: client.remove_faults()),
            )
        else:
            self.app.notify("there is no fault to remove")

    def explain(self, fault: FaultLine) -> None:
        rows = (
            ("acts on", fault.on), ("what", fault.text), ("hits", count_text(fault.hits)),
            ("left", _left_text(fault)), ("now", "acting" if fault.acting else "resting: see its schedule or limits"),
            ("id", fault.id),
        )  # fmt: skip
        lines = [Content.assemble((f"{name:<10}", "$dim"), value) for name, value in rows]
        lines += [Content(""), Content.styled("d removes it", "$dim")]
        self.app.push_screen(Tell(fault.kind, Content("\n").join(lines)))


def _columns() -> list[Column[FaultLine]]:
    return [
        Column("", _sign, 2),
        Column("on", lambda fault, _: Content.styled(fault.on, "bold"), 16),
        Column("what", lambda fault, _: fault.text, 34, grow=1),
        Column("hits", lambda fault, _: count_text(fault.hits), 9, right=True),
        Column("", lambda fault, _: _acting(fault), 9, drop=1),
        Column("left", lambda fault, _: Content.styled(_left_text(fault), "$dim"), 14, right=True),
    ]


def _sign(fault: FaultLine, _: int) -> Content:
    return Content.assemble(" ", ("⚑", "$warn")) if fault.acting else Content.assemble(" ", ("⚐", "$dim"))


def _acting(fault: FaultLine) -> Content:
    return Content.styled("● acting", "$warn") if fault.acting else Content.styled("○ rests", "$dim")


def _left_text(fault: FaultLine) -> str:
    return "until removed" if fault.left_s is None else f"{span_text(fault.left_s * 1000)} left"


def _words(fault: FaultLine) -> str:
    return f"{fault.on} {fault.text}".lower()


def _nothing(now: Snapshot, text: str) -> str:
    if not now.is_live and not now.faults:
        return "waiting for the sandbox"
    if now.faults and text:
        return f"no fault with {text!r} in it; esc shows all"
    return "nothing goes wrong on purpose\n\na adds a fault"


def _listed(faults: Sequence[FaultLine]) -> str:
    return "\n".join(f"{each.on}: {each.text}" for each in faults[:12])


def _choices(kinds: Sequence[FaultKind]) -> list[Choice]:
    return [Choice(each.kind, each.kind, f"{_first_line(each)}  {', '.join(each.on)}") for each in kinds]


def _title(kind: FaultKind) -> str:
    """Short enough for a frame's top."""
    return f"{kind.kind}: {_first_line(kind).partition(';')[0].rstrip('.')}"


def _first_line(kind: FaultKind) -> str:
    return kind.does.splitlines()[0]
