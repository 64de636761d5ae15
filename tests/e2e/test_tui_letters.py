"""Dead letters, traces and logs of a real sandbox in the user interface, while they happen."""

from __future__ import annotations

import base64
from typing import Any

import pytest
from textual.widgets import Select, TextArea

from sandbox.control.client import ControlClient
from sandbox.control.models import PublishRequest
from sandbox.tui.app import SandboxApp
from sandbox.tui.dialogs.edit_record import EditRecord
from sandbox.tui.dialogs.rehearse import Rehearse
from sandbox.tui.feed import Feed
from tests.e2e.test_tui import SIZE, locate, text_of, until

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(240)]

TOPIC, KEY, STORY = "perception.events", "rim:entity:finance:TUI", "corr-tui-letters"


async def test_a_poison_record_comes_live_is_replayed_corrected_and_settled(
    shared: tuple[Any, dict[str, Any]],
) -> None:
    cli, status = shared
    url, token = locate(cli, status["name"])
    app = SandboxApp(Feed(lambda: (url, token)), page="dlq")
    async with ControlClient(url, token) as control, app.run_test(size=SIZE) as pilot:
        await until(pilot, lambda: app.feed.now.is_live)
        await pilot.press("slash", *KEY.lower(), "enter")
        poison = base64.b64encode(b"\xff\x00 poison").decode()
        headers = {"X-Correlation-ID": STORY, "X-Request-ID": "req-tui-letters"}
        await control.publish_record(TOPIC, PublishRequest(value_base64=poison, key=KEY, headers=headers))
        letters = app.query_one("#letters")
        await until(pilot, lambda: letters.rows)
        first = {letter.id for letter in letters.rows}

        letters.focus()
        await pilot.press("a", "r")
        await until(pilot, lambda: isinstance(app.screen, Rehearse))
        assert "will fail again" in text_of(app.screen, "#dry-run")
        await pilot.press("enter")
        await until(pilot, lambda: {each.status for each in letters.rows if each.id in first} == {"SKIPPED"})
        await until(pilot, lambda: "failed again" in text_of(app, "#said"))

        await pilot.press("o")
        await until(pilot, lambda: letters.rows and not first & {each.id for each in letters.rows})
        again = letters.rows[0]
        letters.select(again.id)
        await until(pilot, lambda: app.page.shown_letter() is not None and app.page.shown_letter().id == again.id)
        await pilot.press("e")
        await until(pilot, lambda: isinstance(app.screen, EditRecord))
        app.screen.query_one("#form", Select).value = "json"
        await until(pilot, lambda: app.screen.query_one("#value", TextArea).text.startswith("{"))
        await pilot.press("ctrl+s")
        await until(pilot, lambda: not isinstance(app.screen, EditRecord))
        await pilot.press("o")
        await until(pilot, lambda: any(each.id == again.id and each.status != "PENDING" for each in letters.rows))
        replayed = (await control.dead_letter(TOPIC, again.id)).history[-1]
        assert replayed["state"] == "sent" and replayed["topic"] == TOPIC

        await pilot.press("t")
        await until(pilot, lambda: app.page.id == "page-trace" and app.query_one("#hops").rows)
        hops = app.query_one("#hops")
        kinds = {hop.fact.kind for hop in hops.rows}
        assert {"DlqRecordWritten", "DlqRecordReplayed", "RecordConsumed"} <= kinds
        assert STORY in text_of(app, "#trace-head")

        await pilot.press("l")
        await until(pilot, lambda: app.page.id == "page-logs" and app.query_one("#lines").rows)
        assert {row.line.fields["correlationId"] for row in app.query_one("#lines").rows} == {STORY}
