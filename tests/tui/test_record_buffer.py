"""The records in sight: how many are kept, that none is there twice, and what keeping them costs."""

from __future__ import annotations

import gc
import math

from sandbox.control.models import TailedRecord
from sandbox.tui.record_buffer import RecordBuffer


def record(offset: int, *, partition: int = 0) -> TailedRecord:
    value = {"actor": {"id": f"actor-{offset}", "tags": ["a", "b"]}, "places": [{"at": offset, "name": "Bucharest"}]}
    return TailedRecord(
        topic="odyssey.actors", partition=partition, offset=offset, timestamp_ms=1_000, key="k", value=value,
        headers={"x-request-id": str(offset)}, sizeBytes=12,
    )  # fmt: skip


def test_a_row_tells_the_record_as_it_came() -> None:
    buffer = RecordBuffer()
    buffer.add([record(7)])
    (row,) = buffer.rows
    assert row.place == (0, 7)
    assert row.told == record(7).model_dump()


def test_numbers_that_json_does_not_have_are_shown_as_they_are() -> None:
    buffer = RecordBuffer()
    buffer.add([record(1).model_copy(update={"value": {"mass": math.nan, "left": -math.inf}})])
    value = buffer.rows[0].told["value"]
    assert math.isnan(value["mass"])
    assert value["left"] == -math.inf


def test_the_last_records_are_kept_in_the_order_in_which_they_came() -> None:
    buffer = RecordBuffer(limit=3)
    buffer.add(record(offset) for offset in (5, 1, 4, 9))
    assert [row.offset for row in buffer.rows] == [1, 4, 9]


def test_a_record_is_not_there_twice_and_may_come_again_once_it_is_gone() -> None:
    buffer = RecordBuffer(limit=2)
    buffer.add([record(1), record(1), record(1, partition=1)])
    assert [row.place for row in buffer.rows] == [(0, 1), (1, 1)]
    buffer.add([record(2), record(1)])
    assert [row.place for row in buffer.rows] == [(0, 2), (0, 1)]


def test_a_full_buffer_gives_the_garbage_collector_little_to_look_through() -> None:
    limit = 1_000
    buffer = RecordBuffer(limit=limit)
    gc.collect()
    before = len(gc.get_objects())
    for offset in range(limit):
        buffer.add([record(offset)])
        _ = buffer.rows[-1].told  # drawn, and scrolled away
    gc.collect()
    kept = len(gc.get_objects()) - before
    assert kept < 3 * limit, "each record alone has twice as many parts"
