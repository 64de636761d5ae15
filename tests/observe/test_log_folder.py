"""Log files of all components as one stream, page by page."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from sandbox.errors import UsageError
from sandbox.observe.log_folder import CHUNK_BYTES, TAIL_BYTES, LogFolder


def told(second: int, message: str, **more: Any) -> str:
    line = {"timestamp": f"2024-12-03T10:00:{second:02}.000Z", "level": "INFO", "logger": "sandbox.services.capsule.x"}
    return json.dumps({**line, "message": message, **more}) + "\n"


def messages(page: dict[str, Any]) -> list[str]:
    return [line["message"] for line in page["lines"]]


def test_the_last_lines_of_all_files_come_in_the_order_of_their_times(tmp_path: Path) -> None:
    (tmp_path / "services.log").write_text(told(1, "a") + told(3, "c", requestId="r"))
    (tmp_path / "kafka.log").write_text("2024-12-03T10:00:02,500 WARN b [GroupCoordinator]\n\tat java.lang\nrest")
    page = LogFolder(tmp_path).page(None, limit=3)
    assert messages(page) == ["b [GroupCoordinator]", "\tat java.lang", "c"]
    kafka, below, capsule = page["lines"]
    assert (kafka["component"], kafka["level"], below["level"], below["at_ms"]) == (
        "kafka",
        "WARN",
        "WARN",
        kafka["at_ms"],
    )
    assert (capsule["component"], capsule["fields"]["requestId"]) == ("capsule", "r")


def test_what_comes_later_comes_once_and_whole(tmp_path: Path) -> None:
    file = tmp_path / "services.log"
    file.write_text(told(1, "a"))
    logs = LogFolder(tmp_path)
    first = logs.page(None, limit=9)
    with file.open("a") as out:
        out.write(told(2, "b") + '{"mess')
    (tmp_path / "edge:1.log").write_text(told(3, "late"))
    second = logs.page(first["next"], limit=9)
    assert messages(second) == ["b", "late"]
    with file.open("a") as out:
        out.write('age": "c"}\n')
    assert messages(logs.page(second["next"], limit=9)) == ["c"]


def test_a_file_that_begins_anew_is_read_from_its_beginning(tmp_path: Path) -> None:
    file = tmp_path / "services.log"
    file.write_text(told(1, "a") * 3)
    first = LogFolder(tmp_path).page(None, limit=9)
    file.write_text(told(2, "b"))
    assert messages(LogFolder(tmp_path).page(first["next"], limit=9)) == ["b"]


def test_only_so_much_is_read_at_once_and_it_says_that_there_is_more(tmp_path: Path) -> None:
    file = tmp_path / "services.log"
    file.write_text(told(1, "x" * 1_000) * 2_000)
    logs = LogFolder(tmp_path)
    assert len(logs.page(None, limit=5_000)["lines"]) < TAIL_BYTES / 1_000
    cursor, seen, pages = "services:0", 0, 0
    while True:
        page = logs.page(cursor, limit=1)
        cursor, seen, pages = page["next"], seen + len(page["lines"]), pages + 1
        if not page["more"]:
            break
    assert seen == 2_000 and pages >= file.stat().st_size / CHUNK_BYTES


def test_a_line_that_is_longer_than_a_page_does_not_hold_up_what_follows(tmp_path: Path) -> None:
    (tmp_path / "services.log").write_text("y" * (CHUNK_BYTES + 10) + "\n" + told(1, "after"))
    logs, cursor, found = LogFolder(tmp_path), "services:0", []
    for _ in range(4):
        page = logs.page(cursor, limit=9)
        cursor, found = page["next"], [*found, *messages(page)]
    assert found[-1] == "after"


@pytest.mark.parametrize("cursor", ["services", "services:-1", ":5", "services:²"])
def test_a_cursor_that_is_none_is_refused(tmp_path: Path, cursor: str) -> None:
    with pytest.raises(UsageError, match="no cursor"):
        LogFolder(tmp_path).page(cursor, limit=1)
