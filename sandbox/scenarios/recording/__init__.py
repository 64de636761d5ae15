"""From what was recorded to a scenario that does it again: `compose` is the way in."""

from sandbox.scenarios.recording.composer import Composed, compose

__all__ = ["Composed", "compose"]
