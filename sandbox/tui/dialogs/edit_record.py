"""A record in text fields: key, value, headers. What is answered has been checked by whoever asked."""

from __future__ import annotations

import base64
import json
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.widgets import Input, Select, Static, TextArea

from sandbox.tui.dialogs.dialog import Dialog

__all__ = ["EditRecord", "EditedText"]

FORMS = (("JSON, encoded by the contract", "json"), ("text", "text"), ("bytes in hex", "hex"))


@dataclass(frozen=True, slots=True)
class EditedText:
    """A record as text: `form` says how `value` is written: json (an object), text or hex."""

    key: str
    value: str
    form: str
    headers: tuple[tuple[str, str], ...]

    @classmethod
    def of(cls, key: str | None, value: Any, raw: bytes | None, headers: Sequence[Sequence[str]]) -> EditedText:
        """`value` decoded, where it can be; else `raw` is shown as it is."""
        pairs = tuple((name, text) for name, text in headers)
        if isinstance(value, dict):
            return cls(key or "", json.dumps(value, indent=2, ensure_ascii=False), "json", pairs)
        try:
            text = (raw or b"").decode()
        except UnicodeDecodeError:
            text = "\0"
        if text.translate({10: None, 9: None}).isprintable():
            return cls(key or "", text, "text", pairs)
        return cls(key or "", (raw or b"").hex(" "), "hex", pairs)

    def changes_from(self, before: EditedText) -> dict[str, Any]:
        """What differs, as the control API takes it. Raises ValueError with what is wrong."""
        found: dict[str, Any] = {}
        if self.key != before.key:
            found["key"] = self.key or None
        if (self.value, self.form) != (before.value, before.form):
            if self.form == "json":
                found["value"] = _object(self.value)
            else:
                found["valueBase64"] = base64.b64encode(_raw(self.value, self.form)).decode()
        if self.headers != before.headers:
            found["headers"] = [list(pair) for pair in self.headers]
        return found


class EditRecord(Dialog[dict[str, Any]]):
    """Answers with the changes (see `EditedText.changes_from`). `check` is awaited with them before: a text that it
    returns is shown, and the dialog stays."""

    DEFAULT_CSS = """
    EditRecord .dialog { width: 110; }
    EditRecord .row { height: 1; margin-bottom: 1; }
    EditRecord .tall { height: auto; margin-bottom: 1; }
    EditRecord .name { width: 9; color: $dim; padding-right: 1; text-align: right; }
    EditRecord Horizontal:focus-within .name { color: $info; }
    EditRecord Input { border: none; height: 1; padding: 0 1; background: $panel; width: 1fr; }
    EditRecord Input:focus { background: $cursor; }
    EditRecord Select { width: 40; }
    EditRecord TextArea { width: 1fr; border: none; background: $panel; padding: 0 1; }
    EditRecord TextArea:focus { border: none; }
    EditRecord #value { height: 12; }
    EditRecord #headers { height: 5; }
    EditRecord.-short #value { height: 5; }
    EditRecord.-short #headers { height: 3; }
    EditRecord.-short .row, EditRecord.-short .tall { margin-bottom: 0; }
    EditRecord.-short .dialog { padding: 0 1; }
    EditRecord .form-error { color: $bad; height: auto; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [Binding("ctrl+s", "send", "send", show=False, priority=True)]

    def __init__(
        self,
        title: str,
        given: EditedText,
        check: Callable[[dict[str, Any]], Awaitable[str | None]],
        *,
        example: Any,
        send: str,
    ) -> None:
        """`example` is a value by the contract: it stands there once JSON is chosen for bytes that are none."""
        super().__init__()
        self._title = title
        self._given = given
        self._check = check
        self._send = send
        self._example = json.dumps(example, indent=2, ensure_ascii=False)

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog") as frame:
            frame.border_title = self._title
            with Horizontal(classes="row"):
                yield Static("key", classes="name")
                yield Input(self._given.key, id="key", compact=True)
            with Horizontal(classes="row"):
                yield Static("value as", classes="name")
                yield Select(FORMS, value=self._given.form, allow_blank=False, id="form", compact=True)
            with Horizontal(classes="tall"):
                yield Static("value", classes="name")
                yield TextArea(self._given.value, id="value", soft_wrap=True, compact=True)
            with Horizontal(classes="tall"):
                yield Static("headers", classes="name")
                lines = "\n".join(f"{name}: {value}" for name, value in self._given.headers)
                yield TextArea(lines, id="headers", soft_wrap=False, compact=True)
            yield Static("", classes="form-error", markup=False)
            yield Static(f"^s {self._send} · tab next · esc leaves", classes="dialog-hint")

    def on_mount(self) -> None:
        self.set_class(self.app.size.height < 34, "-short")
        self.call_after_refresh(self.query_one("#value").focus)

    def on_select_changed(self, event: Select.Changed) -> None:
        area = self.query_one("#value", TextArea)
        if event.value == "json" and self._given.form != "json" and area.text == self._given.value:
            area.text = self._example

    def action_send(self) -> None:
        self.run_worker(self._try, exclusive=True)

    async def _try(self) -> None:
        try:
            changes = self._read().changes_from(self._given)
        except ValueError as error:
            self._refuse(str(error))
            return
        if not changes:
            self._refuse("nothing was changed")
        elif (problem := await self._check(changes)) is not None:
            self._refuse(problem)
        else:
            self.dismiss(changes)

    def _read(self) -> EditedText:
        headers = []
        for line in self.query_one("#headers", TextArea).text.splitlines():
            name, colon, value = line.partition(":")
            if line.strip():
                if not colon or not name.strip():
                    raise ValueError(f"headers: one `name: value` a line, not {line.strip()!r}")
                headers.append((name.strip(), value.removeprefix(" ")))
        form = str(self.query_one("#form", Select).value)
        return EditedText(
            self.query_one("#key", Input).value, self.query_one("#value", TextArea).text, form, tuple(headers)
        )

    def _refuse(self, text: str) -> None:
        self.query_one(".form-error", Static).update(text)


def _object(text: str) -> Any:
    try:
        value = json.loads(text)
    except ValueError as error:
        raise ValueError(f"value: is no JSON: {error}") from None
    if not isinstance(value, dict):
        raise ValueError("value: is to be a JSON object")
    return value


def _raw(text: str, form: str) -> bytes:
    if form == "text":
        return text.encode()
    try:
        return bytes.fromhex(text)
    except ValueError:
        raise ValueError("value: bytes in hex, such as 00 00 00 00 07") from None
