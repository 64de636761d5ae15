"""What every report is: a consumer of facts, so that it works here and from the control API's stream alike."""

from __future__ import annotations

from typing import Protocol, TextIO

from sandbox.events.facts import Fact

__all__ = ["Report"]


class Report(Protocol):
    """Made with the stream it writes to."""

    def __init__(self, stream: TextIO) -> None: ...

    def on_fact(self, fact: Fact) -> None:
        """Take one fact, in the journal's order; those of other runs are ignored."""

    def close(self) -> None:
        """No more facts come: write what is left to be written."""
