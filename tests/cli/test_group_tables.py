"""What a person sees of consumer groups."""

from __future__ import annotations

from typing import Any

from sandbox.cli.group_tables import detail_lines, group_lines, reset_lines

ROW = {"group": "odyssey-reflex", "state": "Stable", "service": "odyssey", "memberCount": 1, "lag": 12}


def partition(number: int, committed: int | None, end: int, client: str | None = "odyssey-reflex-services") -> Any:
    return {
        "topic": "rim.fast-path", "partition": number, "committed": committed, "begin": 0, "end": end,
        "lag": end - (committed or 0), "client": client,
    }  # fmt: skip


def moved(number: int, committed: int | None, to: int, again: int = 0, skipped: int = 0) -> Any:
    return {
        "topic": "rim.fast-path", "partition": number, "committed": committed, "to": to, "again": again,
        "skipped": skipped,
    }  # fmt: skip


def test_groups_stand_in_columns() -> None:
    mine = {"group": "mine", "state": "PreparingRebalance", "service": None, "memberCount": 0, "lag": 0, "topics": []}
    assert list(group_lines([{**ROW, "topics": ["capsule.snapshots", "rim.fast-path"]}, mine])) == [
        "group           state                members       lag  topics",
        "odyssey-reflex  Stable                     1        12  capsule.snapshots, rim.fast-path",
        "mine            PreparingRebalance         0         0",
    ]
    assert list(group_lines([])) == ["group  state                members       lag  topics"]


def test_a_group_is_shown_with_its_members_and_partitions() -> None:
    member = {"member": "m-1", "client": "odyssey-reflex-services", "host": "127.0.0.1", "partitions": 2}
    group = {**ROW, "topics": [], "members": [member], "partitions": [partition(0, 30, 42), partition(11, None, 0)]}
    assert list(detail_lines(group)) == [
        "odyssey-reflex  Stable  lag 12  consumed by odyssey",
        "  odyssey-reflex-services on 127.0.0.1  2 partitions",
        "  partition          committed         end       lag  member",
        "  rim.fast-path-0           30          42        12  odyssey-reflex-services",
        "  rim.fast-path-11           -           0         0  odyssey-reflex-services",
    ]


def test_a_group_that_nobody_is_in_says_so() -> None:
    group = {**ROW, "service": None, "state": "Empty", "members": [], "partitions": [partition(0, 30, 42, None)]}
    assert list(detail_lines(group)) == [
        "odyssey-reflex  Empty  lag 12",
        "  no members",
        "  partition         committed         end       lag  member",
        "  rim.fast-path-0          30          42        12  -",
    ]


def test_a_reset_tells_what_moves_and_what_that_means() -> None:
    partitions = [moved(0, 30, 0, again=30), moved(1, 4, 4), moved(11, None, 7, skipped=7)]
    reset = {"group": "capsule", "to": "10m", "dryRun": False, "again": 30, "skipped": 7, "partitions": partitions}
    assert list(reset_lines(reset)) == [
        "capsule to 10m: reads 30 records again, leaves 7 records out",
        "  rim.fast-path-0           30 → 0",
        "  rim.fast-path-11           - → 7",
    ]
    assert next(reset_lines({**reset, "dryRun": True})) == (
        "capsule to 10m: would read 30 records again, would leave 7 records out"
    )


def test_a_reset_that_moves_nothing_says_so() -> None:
    reset = {"group": "capsule", "to": "latest", "dryRun": False, "again": 0, "skipped": 0, "partitions": []}
    assert list(reset_lines(reset)) == ["capsule to latest: stands there already"]
    one = {**reset, "to": "earliest", "again": 1, "partitions": [moved(0, 1, 0, again=1)]}
    assert list(reset_lines(one)) == ["capsule to earliest: reads 1 record again", "  rim.fast-path-0           1 → 0"]
