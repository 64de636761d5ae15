"""The end of a step in which another one failed."""

from __future__ import annotations

__all__ = ["StepsFailed"]


class StepsFailed(Exception):
    """A step inside this one failed. It has been told already, so there is nothing to add."""
