"""Report formats: one class and one file a format. A new one is one file and one line in `REPORTS`.

What is told while a run goes on is the console's (`console`), which is no format of a file.
"""

from __future__ import annotations

from sandbox.scenarios.report.html import HtmlReport
from sandbox.scenarios.report.json_report import JsonReport
from sandbox.scenarios.report.junit import JUnitReport
from sandbox.scenarios.report.report import Report
from sandbox.scenarios.report.tap import TapReport

__all__ = ["REPORTS"]

REPORTS: dict[str, type[Report]] = {"html": HtmlReport, "json": JsonReport, "junit": JUnitReport, "tap": TapReport}
