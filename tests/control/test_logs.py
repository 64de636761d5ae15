"""Log lines through the control API."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from sandbox.control.client import ControlClient
from sandbox.errors import UsageError
from sandbox.observe.log_folder import LogFolder


def told(level: str, message: str, service: str, **more: Any) -> str:
    return json.dumps(
        {"timestamp": "2024-12-03T10:00:01Z", "level": level, "message": message, "service": service, **more}
    )


@pytest.fixture
def log(engine: Any, tmp_path: Path) -> Path:
    engine.logs = LogFolder(tmp_path)
    file = tmp_path / "services.log"
    lines = (
        told("INFO", "Served it", "capsule", correlationId="c-1"), told("WARNING", "slow", "odyssey"),
        told("ERROR", "gave it up", "odyssey", correlationId="c-1"),
    )  # fmt: skip
    file.write_text("\n".join(lines) + "\n")
    return file


async def test_lines_are_picked_by_component_level_text_and_id(control: ControlClient, log: Path) -> None:
    async def found(**picked: Any) -> list[str]:
        return [line.message for line in (await control.logs(**picked)).lines]

    assert await found() == ["Served it", "slow", "gave it up"]
    assert await found(level="WARN") == ["slow", "gave it up"]
    assert await found(components=["capsule"]) == ["Served it"]
    assert await found(match="served") == ["Served it"]
    assert await found(under="c-1") == ["Served it", "gave it up"]
    assert await found(limit=1) == ["gave it up"]


async def test_a_page_goes_on_where_the_last_one_ended(control: ControlClient, log: Path) -> None:
    first = await control.logs()
    assert (await control.logs(first.next)).lines == []
    with log.open("a") as out:
        out.write(told("INFO", "more", "plato") + "\n")
    (line,) = (await control.logs(first.next)).lines
    assert (line.component, line.level, line.message) == ("plato", "INFO", "more")


async def test_a_wrong_cursor_is_named(control: ControlClient, log: Path) -> None:
    with pytest.raises(UsageError, match="no cursor"):
        await control.logs("yesterday")
