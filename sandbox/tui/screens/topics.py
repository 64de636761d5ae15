"""2 Topics."""

from sandbox.tui.screens.soon import SoonPage as TopicsPage

__all__ = ["TopicsPage"]
