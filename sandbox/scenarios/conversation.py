"""Judges a stream of messages against an ordered list in which `…` stands for any number of others.

All ways of reading the list are followed at once, so that the messages need not be looked at twice.
"""

from __future__ import annotations

from dataclasses import dataclass

from sandbox.scenarios.model.selection import Expectation, Observed

__all__ = ["GAP", "Conversation", "Place"]

GAP = None
"""The item that stands for any number of messages."""
Place = tuple[Expectation, ...]


@dataclass(slots=True)
class Conversation:
    """`places` are the items in order, each what one message must fulfil, or GAP."""

    places: tuple[Place | None, ...]
    _at: set[int]

    @classmethod
    def begin(cls, places: tuple[Place | None, ...]) -> Conversation:
        conversation = cls(places, set())
        conversation._at = conversation._with_gaps({0})
        return conversation

    @property
    def complete(self) -> bool:
        """Whether everything in the list has come."""
        return len(self.places) in self._at

    @property
    def hopeless(self) -> bool:
        """Whether no further message can make it complete."""
        return not self._at

    @property
    def furthest(self) -> int:
        """The place of the item that is waited for."""
        return max((at for at in self._at), default=0)

    def take(self, message: Observed) -> None:
        after: set[int] = set()
        for at in self._at:
            if at == len(self.places):
                continue
            place = self.places[at]
            if place is GAP:
                after.add(at)
            elif all(each.mismatch(message) is None for each in place):
                after.add(at + 1)
        self._at = self._with_gaps(after)

    def _with_gaps(self, places: set[int]) -> set[int]:
        """A gap may be empty: who stands at one stands behind it too."""
        reached = set(places)
        stack = list(places)
        while stack:
            at = stack.pop()
            if at < len(self.places) and self.places[at] is GAP and at + 1 not in reached:
                reached.add(at + 1)
                stack.append(at + 1)
        return reached
