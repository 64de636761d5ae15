from __future__ import annotations

import json
import logging

from sandbox.contracts.tracing import TraceContext
from sandbox.events.log import CURRENT_TRACE, JsonLines

MINE = TraceContext("req-1", "trace-1", "a" * 32, "b" * 16)
OTHER = TraceContext("req-2", "trace-2", "c" * 32, "d" * 16)


def line(message: str = "done", **extra: object) -> dict[str, object]:
    record = logging.makeLogRecord(
        {"name": "sandbox.test", "levelname": "INFO", "msg": message, "created": 1_733_220_000.5, **extra}
    )
    return json.loads(JsonLines().format(record))


def test_a_line_is_one_json_object_with_what_extra_brought() -> None:
    assert line("two\nlines", service="capsule", status=200) == {
        "timestamp": "2024-12-03T10:00:00.500Z", "level": "INFO", "logger": "sandbox.test", "message": "two\nlines",
        "service": "capsule", "status": 200,
    }  # fmt: skip


def test_a_line_carries_the_ids_of_the_work_it_was_written_for() -> None:
    token = CURRENT_TRACE.set(MINE)
    try:
        ids = {"requestId": "req-1", "correlationId": "trace-1", "traceId": "a" * 32, "spanId": "b" * 16}
        assert ids.items() <= line().items()
        other = {"requestId": "req-2", "correlationId": "trace-2", "traceId": "c" * 32, "spanId": "d" * 16}
        assert other.items() <= line(trace=OTHER).items(), "work on behalf of another story says so"
        assert "trace" not in line(trace=OTHER)
    finally:
        CURRENT_TRACE.reset(token)
