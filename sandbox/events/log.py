"""Log lines as JSON, each with the ids of the work it was written for (seed: "Log request ID in all log entries")."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Callable
from contextvars import ContextVar
from functools import lru_cache
from itertools import islice
from typing import Any, TextIO

from sandbox.contracts.instants import format_instant
from sandbox.contracts.tracing import TraceContext

__all__ = ["CURRENT_TRACE", "JsonLines", "PacedHandler", "log_json_lines"]

CURRENT_TRACE: ContextVar[TraceContext | None] = ContextVar("sandbox.trace", default=None)
"""The trace of the request or record that the current task handles; set where work comes in."""
PACE_S = 0.05
BUFFER_BYTES = 64 * 1024
_OWN = vars(logging.makeLogRecord({}))
_STANDARD = frozenset(_OWN) | {"message", "asctime", "taskName", "trace"}
_moment = lru_cache(maxsize=16)(format_instant)
"""Many lines are written within one millisecond."""
_encode: Callable[[Any], str] = json.JSONEncoder(ensure_ascii=False, default=str).encode


class JsonLines(logging.Formatter):
    """One JSON object a line: timestamp, level, logger, message, the current ids, then what `extra=` brought.

    `extra={"trace": trace}` gives the ids of work that is not the current task's own.
    """

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, Any] = {
            "timestamp": _moment(int(record.created * 1000)),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
        }
        trace = getattr(record, "trace", None) or CURRENT_TRACE.get()
        if trace is not None:
            line["requestId"] = trace.request_id
            line["correlationId"] = trace.correlation_id
            line["traceId"] = trace.trace_id
            line["spanId"] = trace.span_id
        for name, value in islice(record.__dict__.items(), len(_OWN), None):  # behind the members of every record
            if name not in _STANDARD:
                line[name] = value
        if record.exc_info:
            line["stackTrace"] = self.formatException(record.exc_info)
        return _encode(line)


class PacedHandler(logging.StreamHandler[TextIO]):
    """Writes the lines of a busy moment together: from WARNING on at once, others within `PACE_S` seconds.

    The `stream` must be one that buffers. A line for each request would else cost as much as serving it.
    """

    def __init__(self, stream: TextIO) -> None:
        super().__init__(stream)
        self._is_urgent = False
        self._due: asyncio.TimerHandle | None = None

    def emit(self, record: logging.LogRecord) -> None:
        self._is_urgent = record.levelno >= logging.WARNING
        super().emit(record)

    def write_line(self, line: str) -> None:
        """A finished line that ends with a newline, among the others; nothing of logging's own is done for it."""
        self.acquire()
        try:
            self.stream.write(line)
            self._is_urgent = False
            self.flush()
        finally:
            self.release()

    def flush(self) -> None:
        """Called after each line, and once when the process ends."""
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            loop = None
        if loop is None or self._is_urgent:
            super().flush()
        elif self._due is None:
            self._due = loop.call_later(PACE_S, self._flush_late)

    def _flush_late(self) -> None:
        self._due = None
        super().flush()


def log_json_lines(descriptor: int, *, level: int = logging.INFO) -> PacedHandler:
    """Make this process log JSON lines to a file descriptor, without collecting what they do not show."""
    logging.logThreads = logging.logProcesses = logging.logMultiprocessing = False
    logging._srcfile = None  # type: ignore[attr-defined]  # "Optimization" in the logging HOWTO: nobody asks who called
    stream = open(descriptor, "w", BUFFER_BYTES, encoding="utf-8", errors="backslashreplace", closefd=False)  # noqa: SIM115
    handler = PacedHandler(stream)
    handler.setFormatter(JsonLines())
    logging.basicConfig(level=level, handlers=[handler])
    return handler
