"""A form made from a JSON Schema of an object: pydantic's `model_json_schema()`, a fault's parameters, an Avro record
put as one. Answers with the object, checked as far as the schema says; what is left empty is left out."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from typing import Any, ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.widgets import Checkbox, Input, Select, Static, TextArea

from sandbox.tui.dialogs.dialog import Dialog
from sandbox.tui.dialogs.fields import Field, FieldError, fields_of

__all__ = ["Form"]

Check = Callable[[dict[str, Any]], Awaitable[str | None]]


class Form(Dialog[dict[str, Any]]):
    """`given` fills it in beforehand. `ctrl+s` or enter in the last field answers."""

    DEFAULT_CSS = """
    Form .dialog { width: 90; }
    Form VerticalScroll { height: auto; max-height: 28; }
    Form .row { height: auto; margin-bottom: 0; }
    Form .name { width: 22; color: $dim; padding-right: 1; text-align: right; }
    Form .row:focus-within .name { color: $info; }
    Form Input { border: none; height: 1; padding: 0 1; background: $panel; width: 1fr; }
    Form Input:focus { background: $cursor; }
    Form Checkbox { border: none; height: 1; padding: 0; background: $surface; }
    Form Select { width: 1fr; }
    Form TextArea {
        height: auto; min-height: 2; max-height: 14; width: 1fr; border: none; background: $panel; padding: 0 1;
    }
    Form TextArea:focus { background: $cursor; border: none; }
    Form .text { color: $dim; padding-left: 23; height: auto; margin-bottom: 1; }
    Form .form-error { color: $bad; height: auto; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+s", "send", "send", show=False, priority=True),
        Binding("down", "app.focus_next", "next", show=False),
        Binding("up", "app.focus_previous", "previous", show=False),
    ]

    def __init__(
        self,
        title: str,
        schema: Mapping[str, Any],
        given: Mapping[str, Any] | None = None,
        *,
        send: str = "send",
        check: Check | None = None,
    ) -> None:
        """`check` is given the object before the form closes; what it answers is told, and the form stays."""
        super().__init__()
        self._title = title
        self._send = send
        self._check = check
        self._fields = fields_of(schema, given or {})

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog") as frame:
            frame.border_title = self._title
            with VerticalScroll():
                for place, field in enumerate(self._fields):
                    with Horizontal(classes="row"):
                        yield Static(field.name + ("*" if field.required else ""), classes="name", markup=False)
                        yield _widget(field, f"field-{place}")
                    if field.text:
                        yield Static(field.text, classes="text", markup=False)
            yield Static("", classes="form-error", markup=False)
            yield Static(f"^s {self._send} · tab next · esc leaves", classes="dialog-hint")

    def on_mount(self) -> None:
        if self._fields:
            self.query_one("#field-0").focus()

    def on_input_submitted(self) -> None:
        if self.focused is not None and self.focused.id == f"field-{len(self._fields) - 1}":
            self.action_send()
        else:
            self.focus_next()

    def action_send(self) -> None:
        answer: dict[str, Any] = {}
        for place, field in enumerate(self._fields):
            try:
                value = field.read(_text(self.query_one(f"#field-{place}")))
            except FieldError as error:
                self._tell(f"{field.name}: {error}")
                self.query_one(f"#field-{place}").focus()
                return
            if value is not None:
                answer[field.name] = value
        if self._check is None:
            self.dismiss(answer)
        else:
            self.run_worker(partial(self._checked, self._check, answer), group="check", exclusive=True)

    async def _checked(self, check: Check, answer: dict[str, Any]) -> None:
        if (wrong := await check(answer)) is None:
            self.dismiss(answer)
        else:
            self._tell(wrong)

    def _tell(self, wrong: str) -> None:
        self.query_one(".form-error", Static).update(wrong)


def _widget(field: Field, identity: str) -> Input | Checkbox | Select[str] | TextArea:
    if field.kind == "boolean":
        return Checkbox("", value=field.shown == "true", id=identity, compact=True)
    if field.choices:
        options = [(choice, choice) for choice in field.choices]
        known = field.shown if field.shown in field.choices else Select.NULL
        return Select(
            options, value=known, allow_blank=not field.required or known is Select.NULL, id=identity, compact=True
        )
    if field.kind in ("object", "array"):
        return TextArea(field.shown, id=identity, language=None, soft_wrap=True, compact=True)
    return Input(field.shown, placeholder=field.placeholder, id=identity, compact=True)


def _text(widget: Any) -> str:
    if isinstance(widget, Checkbox):
        return "true" if widget.value else "false"
    if isinstance(widget, Select):
        return "" if widget.value is Select.NULL else str(widget.value)
    return widget.text if isinstance(widget, TextArea) else widget.value
