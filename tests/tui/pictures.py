"""Pictures of the pages as SVG, from fixed data: `python -m tests.tui.pictures [FOLDER] [PAGE…]`."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from sandbox.tui.app import SandboxApp
from sandbox.tui.screens import PAGES
from tests.tui.fake_feed import FakeFeed

SIZES = ((80, 24), (120, 40), (200, 50))


async def picture(page: str, size: tuple[int, int], *, light: bool = False) -> str:
    """The page as an SVG of so many columns and lines."""
    app = SandboxApp(FakeFeed(), page=page, light=light)
    async with app.run_test(size=size) as pilot:
        await pilot.pause()
        await pilot.pause(0.2)
        return app.export_screenshot(title="sandbox tui")


async def main(folder: Path, wanted: list[str]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for entry in PAGES:
        if wanted and entry.name not in wanted:
            continue
        for size in SIZES:
            svg = await picture(entry.name, size)
            (folder / f"{entry.name}-{size[0]}x{size[1]}.svg").write_text(svg, encoding="utf-8")
            print(folder / f"{entry.name}-{size[0]}x{size[1]}.svg")


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1] if len(sys.argv) > 1 else "docs/pictures"), sys.argv[2:]))
