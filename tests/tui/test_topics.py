"""2 Topics: every key of the list, of the records and of the form."""

from __future__ import annotations

import pytest
from textual.widgets import Static

from sandbox.tui.app import SandboxApp
from sandbox.tui.dialogs.ask_line import AskLine
from sandbox.tui.dialogs.form import Form
from tests.tui.canned import FAST, CannedClient
from tests.tui.fake_feed import FakeFeed

SIZE = (160, 45)


@pytest.fixture
def client() -> CannedClient:
    return CannedClient()


@pytest.fixture
def app(client: CannedClient) -> SandboxApp:
    return SandboxApp(FakeFeed(client=client), page="topics")


def head(app: SandboxApp) -> str:
    return str(app.query_one("#records-head", Static).content)


def rows(app: SandboxApp) -> tuple:
    return app.query_one("#record-table").rows


async def test_enter_shows_the_newest_records_and_escape_the_list_again(app: SandboxApp) -> None:
    async with app.run_test(size=SIZE) as pilot:
        await pilot.pause()
        await pilot.press("enter")
        await pilot.pause()
        assert len(rows(app)) == 41 and "live" in head(app)
        assert app.query_one("#record-table").cursor_row.offset == 1_213
        await pilot.press("escape")
        assert app.focused.id == "topic-table"


async def test_what_is_left_out_of_a_fast_topic_is_said(client: CannedClient) -> None:
    app = SandboxApp(FakeFeed(client=client, looks=FAST), page="topics")
    async with app.run_test(size=SIZE) as pilot:
        await pilot.press("enter")
        await pilot.pause()
        assert "sampled: 2.0 % of 2,500 looked at" in head(app)


async def test_p_pauses_and_goes_on(app: SandboxApp) -> None:
    async with app.run_test(size=SIZE) as pilot:
        await pilot.press("enter", "p")
        assert "paused" in head(app)
        await pilot.press("p")
        assert "live" in head(app)


async def test_b_reads_from_the_beginning_and_n_the_next_page(app: SandboxApp, client: CannedClient) -> None:
    async with app.run_test(size=SIZE) as pilot:
        await pilot.press("enter", "b")
        await pilot.pause()
        assert (client.asked[-1]["begin"], client.asked[-1]["after"]) == ("earliest", "")
        assert "next page" in head(app)
        await pilot.press("n")
        await pilot.pause()
        assert client.asked[-1]["after"] == "0:1"
        assert "end" in head(app)
        await pilot.press("l")
        assert "live" in head(app)


async def test_o_reads_from_an_offset_or_a_time(app: SandboxApp, client: CannedClient) -> None:
    async with app.run_test(size=SIZE) as pilot:
        await pilot.press("enter", "o")
        await pilot.pause()
        assert isinstance(app.screen, AskLine)
        await pilot.press(*"@1200", "enter")
        await pilot.pause()
        assert client.asked[-1]["begin"] == "@1200"
        assert "from @1200" in head(app)


async def test_a_filter_of_records_is_theirs_alone(app: SandboxApp, client: CannedClient) -> None:
    async with app.run_test(size=SIZE) as pilot:
        await pilot.press("slash", *"rim", "enter", "enter")
        await pilot.pause()
        assert client.asked[-1]["match"] == ""
        await pilot.press("slash", *"BRENT", "enter")
        await pilot.pause()
        assert client.asked[-1]["match"] == "BRENT" and len(rows(app)) == 8
        await pilot.press("escape")
        await pilot.pause()
        assert len(rows(app)) == 41
        await pilot.press("escape")
        assert len(app.query_one("#topic-table").rows) == 2


async def test_a_filter_that_is_none_says_why(app: SandboxApp) -> None:
    async with app.run_test(size=SIZE) as pilot:
        await pilot.press("enter", "slash", "$", "left_square_bracket", "enter")
        await pilot.pause()
        assert "no JSONPath" in app.query_one("#record-table")._empty


async def test_enter_on_a_record_opens_its_tree_where_parts_fold(app: SandboxApp) -> None:
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("enter", "home", "enter")
        await pilot.pause()
        tree = app.query_one("JsonTree")
        assert tree.has_focus and not app.query_one("#record-table").display
        before = len(tree.rows)
        await pilot.press("down", "down", "enter")
        assert tree.cursor_row.folded and len(tree.rows) == before - 3
        await pilot.press("right")
        assert len(tree.rows) == before
        await pilot.press("left")
        assert len(tree.rows) == before - 3
        await pilot.press("escape")
        assert app.focused.id == "record-table"


async def test_c_copies_the_record_or_the_part_and_y_its_path(app: SandboxApp) -> None:
    async with app.run_test(size=SIZE) as pilot:
        await pilot.press("enter", "home", "c")
        assert '"event_id": "evt-0000"' in app.clipboard
        await pilot.press("enter", "down", "c")
        assert app.clipboard == "evt-0000"
        await pilot.press("y")
        assert app.clipboard == "$.event_id"


async def test_a_record_that_cannot_be_decoded_is_shown_in_hex_with_the_reason(app: SandboxApp) -> None:
    async with app.run_test(size=SIZE) as pilot:
        await pilot.press("enter")
        await pilot.pause()
        text = str(app.query_one(".record-head", Static).content)
        assert "schema id 255 is unknown" in text and "0000  00 00 00 00 ff 7b" in text
        await pilot.press("e")
        assert not isinstance(app.screen, Form)


async def test_a_sends_a_record_made_from_the_schema(app: SandboxApp, client: CannedClient) -> None:
    async with app.run_test(size=SIZE) as pilot:
        await pilot.press("a")
        await pilot.pause()
        assert isinstance(app.screen, Form)
        assert '"event_id": ""' in app.screen.query_one("#field-3").text
        await pilot.press(*"k1", "ctrl+s")
        await pilot.pause()
        topic, request = client.published[-1]
        assert (topic, request.key, request.value["status"]) == ("audit.events", "k1", "NORMAL")
        assert not isinstance(app.screen, Form)


async def test_a_record_that_is_refused_stays_in_the_form_with_the_reason(
    app: SandboxApp, client: CannedClient
) -> None:
    client.refuse = "stress must be a number"
    async with app.run_test(size=SIZE) as pilot:
        await pilot.press("a")
        await pilot.pause()
        await pilot.press("ctrl+s")
        await pilot.pause()
        assert isinstance(app.screen, Form)
        assert "stress must be a number" in str(app.screen.query_one(".form-error", Static).content)


async def test_e_sends_a_record_made_from_the_one_under_the_cursor_without_its_tracing(
    app: SandboxApp, client: CannedClient
) -> None:
    async with app.run_test(size=SIZE) as pilot:
        await pilot.press("enter", "home", "e")
        await pilot.pause()
        await pilot.press("ctrl+s")
        await pilot.pause()
        _, request = client.published[-1]
        assert request.value["event_id"] == "evt-0000"
        assert request.headers == {"X-Tenant-ID": "desk-7", "X-Source-Service": "perception"}


async def test_a_read_only_view_sends_nothing(client: CannedClient) -> None:
    app = SandboxApp(FakeFeed(client=client, read_only=True), page="topics")
    async with app.run_test(size=SIZE) as pilot:
        await pilot.press("a")
        await pilot.pause()
        await pilot.press("ctrl+s")
        await pilot.pause()
        assert client.published == []
        assert "read-only" in str(app.screen.query_one(".form-error", Static).content)


async def test_s_sorts_and_i_shows_kafkas_own(app: SandboxApp) -> None:
    async with app.run_test(size=SIZE) as pilot:
        await pilot.pause()
        table = app.query_one("#topic-table")
        await pilot.press("s")
        assert table.rows[0].name == "audit.events" and table.rows[1].name == "rim.fast-path"
        await pilot.press("i")
        assert "_schemas" in [topic.name for topic in table.rows]


async def test_h_shows_the_headers_in_a_column(app: SandboxApp) -> None:
    async with app.run_test(size=SIZE) as pilot:
        await pilot.press("enter", "h")
        assert "headers" in [column.title for column in app.query_one("#record-table").columns]


async def test_t_opens_the_trace_of_a_record(app: SandboxApp) -> None:
    async with app.run_test(size=SIZE) as pilot:
        await pilot.press("enter", "home", "t")
        await pilot.pause(0.1)
        assert app.page.id == "page-trace"


async def test_the_partitions_of_the_topic_under_the_cursor_stand_beside_it(app: SandboxApp) -> None:
    async with app.run_test(size=SIZE) as pilot:
        await pilot.pause(0.1)
        text = str(app.query_one("#partitions").content)
        assert "120 behind" in text and "capsule" in text
