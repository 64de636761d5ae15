"""The table, drawn in an application of its own."""

from __future__ import annotations

from textual.app import App, ComposeResult
from textual.strip import Strip

from sandbox.tui.themes import DARK
from sandbox.tui.widgets.table import Column, Table


class Numbers(App[None]):
    def get_theme_variable_defaults(self) -> dict[str, str]:
        return dict(DARK.variables)

    def compose(self) -> ComposeResult:
        yield Table[str]([Column("n", lambda row, _: row, 20, grow=1)], key=lambda row: row)


async def test_however_much_flows_by_there_are_no_more_styles_than_looks() -> None:
    """Textual keeps each style it has drawn: one for each column where text may begin fills its memory for minutes."""
    app = Numbers()
    async with app.run_test(size=(60, 10)) as pilot:
        table = app.query_one(Table)
        styles = set()
        for number in range(40):
            table.set_rows([f"{'.' * number}{each}" for each in range(number, number + 8)])
            await pilot.pause()
            strips: list[Strip] = [table.render_line(y) for y in range(table.size.height)]
            styles |= {segment.style for strip in strips for segment in strip}
        assert all(style is None or not style.meta for style in styles)
        assert len(styles) < 8
