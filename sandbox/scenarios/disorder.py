"""Records that come twice, or after a later one of the same key, as at-least-once producers and retries send them."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable
from typing import Any

from sandbox.scenarios.model.pace import Portion
from sandbox.scenarios.ports import Outgoing

__all__ = ["Disorder", "chooser"]

HELD_LIMIT = 1_000


def chooser(portion: Portion | None, chance: random.Random) -> Callable[[int], bool]:
    """Whether the record with a number is one of the portion."""
    if portion is None:
        return lambda number: False
    if portion.every:
        return lambda number: number % portion.every == 0
    return lambda number: chance.random() < portion.probability


class Disorder:
    """`duplicates` are sent again at once, with the same ids. `out_of_order` ones wait for the next of their key."""

    def __init__(self, duplicates: Callable[[int], bool], out_of_order: Callable[[int], bool]) -> None:
        self._duplicates = duplicates
        self._out_of_order = out_of_order
        self._held: dict[Any, Outgoing] = {}
        self.duplicated = 0
        self.overtaken = 0

    def take(self, number: int, outgoing: Outgoing) -> Iterable[Outgoing]:
        """What goes out now that this record is made."""
        earlier = self._held.pop(outgoing.key, None)
        if earlier is not None:
            self.overtaken += 1
            released: tuple[Outgoing, ...] = (outgoing, earlier)
        elif self._out_of_order(number) and len(self._held) < HELD_LIMIT:
            self._held[outgoing.key] = outgoing
            return ()
        else:
            released = (outgoing,)
        if self._duplicates(number):
            self.duplicated += 1
            return (released[0], *released)
        return released

    def rest(self) -> Iterable[Outgoing]:
        """What still waits, when no more are made."""
        held, self._held = tuple(self._held.values()), {}
        return held

    def describe(self) -> str:
        """`, 5 of them twice, 3 late`, where there are any."""
        twice = f", {self.duplicated} of them twice" if self.duplicated else ""
        return twice + (f", {self.overtaken} out of order" if self.overtaken else "")
