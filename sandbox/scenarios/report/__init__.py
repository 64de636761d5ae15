"""Report formats: one class and one file a format. A new one is one file and one line in `REPORTS`."""

from __future__ import annotations

from sandbox.scenarios.report.console import ConsoleReport
from sandbox.scenarios.report.json_report import JsonReport
from sandbox.scenarios.report.report import Report

__all__ = ["REPORTS"]

REPORTS: dict[str, type[Report]] = {"console": ConsoleReport, "json": JsonReport}
