"""What every report format is: runs in, one text out. Runs are known from facts alone, so that it works anywhere."""

from __future__ import annotations

from typing import Protocol

from sandbox.scenarios.report.run_log import Told

__all__ = ["Report"]


class Report(Protocol):
    """One format. `suffix` is how its files usually end."""

    suffix: str

    def render(self, told: Told) -> str:
        """The whole file."""
