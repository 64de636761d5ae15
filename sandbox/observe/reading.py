"""How far one group has read one partition, from facts that need not come in the order of offsets."""

from __future__ import annotations

__all__ = ["PartitionReading"]


class PartitionReading:
    """Records of different keys may be finished out of order: it knows a position, before which everything is finished,
    and which offsets beyond it are finished too.

    Kafka's committed offset (`stands_at`) is a second source: it tells where the group stood before the first fact, and
    that an offset which never comes holds no record (transaction markers, compaction).
    """

    __slots__ = ("_ahead", "_committed", "_first", "_position", "_seen_to", "passed_over")

    def __init__(self) -> None:
        self.passed_over = 0
        """Offsets that the group has committed past, and finished records behind, without an outcome: records that it
        lost, or no records at all."""
        self._first: int | None = None
        self._position: int | None = None
        self._seen_to = 0
        self._committed: int | None = None
        self._ahead: set[int] = set()

    @property
    def is_open(self) -> bool:
        """Whether a committed offset would tell more: where the group began, or what is missing."""
        return bool(self._ahead) or self._committed is None

    def finish(self, offset: int, begin: int | None) -> bool:
        """A record is finished; whether it was before. `begin` is where the partition begins, if that is known."""
        if self._position is None:
            start = offset if begin is None else min(begin, offset)
            self._position = start if self._committed is None else min(self._committed, offset)
            self._first = self._position
        if self._first is None or offset < self._first:
            self._first = offset
        again = offset in self._ahead or self._first <= offset < max(self._position, self._seen_to)
        if offset >= self._position:
            self._ahead.add(offset)
            self._absorb()
        return again

    def stands_at(self, committed: int) -> None:
        """What Kafka says the group has committed. Told once more while something is missing, it proves that nothing is
        there: facts of what was committed a while ago have come long since."""
        before, self._committed = self._committed, committed
        if before is not None and self._position is not None and self._ahead and before > self._position:
            new = max(self._position, self._seen_to)
            self.passed_over += max(0, before - new) - sum(new <= each < before for each in self._ahead)
            self._position = before
            self._ahead = {each for each in self._ahead if each >= before}
            self._absorb()

    def moved_to(self, offset: int) -> None:
        """Somebody set the group's offset: it reads on from there, and what it had read it reads again."""
        known = [self._seen_to, self._position or 0, *(each + 1 for each in self._ahead)]
        self._seen_to = max(known)
        self._position = self._committed = offset
        self._first = offset if self._first is None else self._first
        self._ahead.clear()

    def unfinished(self, end: int, begin: int) -> int:
        """Records before `end` that are not finished; `begin` is where the partition begins."""
        known = [each for each in (self._position, self._committed) if each is not None]
        base = max(known) if known else begin
        return max(0, end - base - sum(base <= each < end for each in self._ahead))

    def _absorb(self) -> None:
        assert self._position is not None
        while self._position in self._ahead:
            self._ahead.discard(self._position)
            self._position += 1
