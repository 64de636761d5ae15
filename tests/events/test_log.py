from __future__ import annotations

import asyncio
import io
import json
import logging

import pytest

from sandbox.contracts.tracing import TraceContext
from sandbox.events.log import CURRENT_TRACE, PACE_S, JsonLines, PacedHandler

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


class Buffered(io.StringIO):
    """Shows what was written when it is flushed, as a file with a buffer does."""

    shown = ""

    def flush(self) -> None:
        self.shown = self.getvalue()


@pytest.fixture
def stream() -> Buffered:
    return Buffered()


def emit(handler: PacedHandler, message: str, level: int = logging.INFO) -> None:
    handler.handle(logging.makeLogRecord({"msg": message, "levelno": level}))


async def test_lines_of_a_busy_moment_are_written_together_soon(stream: Buffered) -> None:
    handler = PacedHandler(stream)
    emit(handler, "one")
    handler.write_line("two\n")
    emit(handler, "three")
    assert stream.shown == ""
    async with asyncio.timeout(PACE_S * 100):
        while not stream.shown:
            await asyncio.sleep(0)
    assert stream.shown == "one\ntwo\nthree\n"


async def test_a_warning_is_written_at_once_and_what_stood_before_it_too(stream: Buffered) -> None:
    handler = PacedHandler(stream)
    emit(handler, "one")
    emit(handler, "two", logging.WARNING)
    assert stream.shown == "one\ntwo\n"
    handler.write_line("three\n")
    assert stream.shown == "one\ntwo\n", "the next ones wait again"


async def test_nothing_is_left_behind_when_the_process_ends(stream: Buffered) -> None:
    handler = PacedHandler(stream)
    emit(handler, "last words")
    await asyncio.to_thread(handler.flush)  # as logging does at exit: no loop runs any more
    assert stream.shown == "last words\n"


def test_without_a_loop_every_line_is_written_at_once(stream: Buffered) -> None:
    emit(PacedHandler(stream), "one")
    assert stream.shown == "one\n"
