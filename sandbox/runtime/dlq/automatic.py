"""Replays without an operator: letters of the categories that allow it, once what failed has recovered.

Off by default. The platform says that these letters *may* be replayed automatically; a replay to the original topic
reaches every group of it, and a sandbox whose dead letters vanish by themselves could not be asserted about.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from sandbox.contracts.dead_letter import DlqStatus, FailureCategory
from sandbox.runtime.dlq.letter_filter import LetterFilter
from sandbox.runtime.dlq.letters import Letter, Letters

__all__ = ["Automatic", "due_letters"]

CATEGORIES = tuple(each.value for each in FailureCategory if each.replayed_automatically)
LOOKED_AT = 1_000


@dataclass(frozen=True, slots=True)
class Automatic:
    """`wait_s` is how long a letter rests before its first automatic replay; the rest doubles with each one."""

    enabled: bool = False
    wait_s: float = 30.0

    def is_due(self, letter: Letter, now_ms: int) -> bool:
        return now_ms - letter.written_ms >= self.wait_s * 1000 * 2 ** min(letter.replays, 20)


def due_letters(
    letters: Letters, automatic: Automatic, unwell: Collection[str] | None, now_ms: int
) -> dict[str, list[str]]:
    """DLQ topic → ids of the letters that may go out now; none while a component is not ready (`unwell` is None)."""
    if unwell is None:
        return {}
    wanted = LetterFilter(categories=CATEGORIES, statuses=(DlqStatus.PENDING.value,))
    found: dict[str, list[str]] = {}
    for letter in letters.find(None, wanted, limit=LOOKED_AT):
        if letter.problem is None and letter.service not in unwell and automatic.is_due(letter, now_ms):
            found.setdefault(letter.dlq_topic, []).append(letter.id)
    return found
