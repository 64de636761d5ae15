"""Log lines as JSON, each with the ids of the work it was written for (seed: "Log request ID in all log entries")."""

from __future__ import annotations

import json
import logging
from contextvars import ContextVar

from sandbox.contracts.instants import format_instant
from sandbox.contracts.tracing import TraceContext

__all__ = ["CURRENT_TRACE", "JsonLines"]

CURRENT_TRACE: ContextVar[TraceContext | None] = ContextVar("sandbox.trace", default=None)
"""The trace of the request or record that the current task handles; set where work comes in."""
_STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName", "trace"}


class JsonLines(logging.Formatter):
    """One JSON object a line: timestamp, level, logger, message, the current ids, then what `extra=` brought.

    `extra={"trace": trace}` gives the ids of work that is not the current task's own.
    """

    def format(self, record: logging.LogRecord) -> str:
        line = {
            "timestamp": format_instant(int(record.created * 1000)),
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
        line |= {name: value for name, value in vars(record).items() if name not in _STANDARD}
        if record.exc_info:
            line["stackTrace"] = self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=False, default=str)
