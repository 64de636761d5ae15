"""Pictures of the pages as SVG, from fixed data: `python -m tests.tui.pictures [FOLDER] [NAME…] [120x40…]`."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Sequence
from pathlib import Path

from sandbox.tui.app import SandboxApp
from sandbox.tui.screens import PAGES
from sandbox.tui.state import Snapshot
from tests.tui.canned import CannedClient
from tests.tui.canned_controls import TROUBLED
from tests.tui.canned_scenarios import FAILED, HELD
from tests.tui.fake_feed import BUSY, FakeFeed

SIZES = ((80, 24), (120, 40), (200, 50))
PICTURES: dict[str, tuple[str, tuple[str, ...]]] = {
    **{entry.name: (entry.name, ()) for entry in PAGES},
    "records": ("topics", ("enter",)),
    "record": ("topics", ("enter", "home", "enter")),
    "sending": ("topics", ("a",)),
    "letter": ("dlq", ("enter", "end", "up", "up", "up", "enter")),
    "waterfall": ("trace", ("end", "enter")),
    "wrapped": ("logs", ("w",)),
    "replay": ("dlq", ("enter", "a", "r")),
    "correct": ("dlq", ("enter", "end", "up", "up", "up", "e")),
    "fault": ("faults", ("a", "down", "enter")),
    "components": ("faults", ("tab",)),
    "run": ("scenarios", ("v",)),
    "failed-run": ("scenarios", ("v",)),
    "stage": ("scenarios", ("v", "p")),
}
"""Name of the picture → page, and the keys that lead to what it shows."""
SEEN = {
    "faults": TROUBLED, "fault": TROUBLED, "components": TROUBLED, "failed-run": FAILED, "stage": HELD,
}  # fmt: skip
"""What the feed sees in a picture, where it is not `BUSY`."""


async def picture(
    page: str, size: tuple[int, int], keys: Sequence[str] = (), *, light: bool = False, now: Snapshot = BUSY
) -> str:
    """The page as an SVG of so many columns and lines, after these keys."""
    app = SandboxApp(FakeFeed(now, client=CannedClient()), page=page, light=light)
    async with app.run_test(size=size) as pilot:
        await pilot.pause()
        await pilot.press(*keys)
        await pilot.pause(0.2)
        return app.export_screenshot(title="sandbox tui")


async def main(folder: Path, wanted: list[str]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    sizes = [size for size in SIZES if f"{size[0]}x{size[1]}" in wanted] or SIZES
    names = [name for name in PICTURES if name in wanted] or PICTURES
    for name in names:
        page, keys = PICTURES[name]
        for columns, lines in sizes:
            file = folder / f"{name}-{columns}x{lines}.svg"
            file.write_text(await picture(page, (columns, lines), keys, now=SEEN.get(name, BUSY)), encoding="utf-8")
            print(file)


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1] if len(sys.argv) > 1 else "docs/pictures"), sys.argv[2:]))
