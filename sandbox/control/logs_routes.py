"""The route about what components log."""

from __future__ import annotations

from sandbox.control.logs_models import LogPage, LogsQuery
from sandbox.control.route import Route

__all__ = ["LOGS_ROUTES"]

LOGS_ROUTES = (
    Route(
        "GET", "/v1/logs", "logs", "The last log lines of all components, or those after a page", LogPage,
        query=LogsQuery, tag="components",
    ),
)  # fmt: skip
