"""When a fault acts, counted from the moment it is made."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Timetable"]


@dataclass(frozen=True, slots=True)
class Timetable:
    """Begins after `begins_in_s`, acts for `on_for_s`, rests for `off_for_s`, and so on, until `duration_s` is over."""

    begins_in_s: float = 0.0
    duration_s: float | None = None
    on_for_s: float | None = None
    off_for_s: float = 0.0

    @property
    def ends_s(self) -> float | None:
        """When it is over; None: it goes on until it is removed."""
        return None if self.duration_s is None else self.begins_in_s + self.duration_s

    def is_on(self, passed_s: float) -> bool:
        since_s = passed_s - self.begins_in_s
        if since_s < 0 or (self.duration_s is not None and since_s >= self.duration_s):
            return False
        return self.on_for_s is None or since_s % (self.on_for_s + self.off_for_s) < self.on_for_s

    def next_change_s(self, passed_s: float) -> float | None:
        """When it next begins, rests or is over; None: it stays as it is until it is removed."""
        if passed_s < self.begins_in_s:
            return self.begins_in_s
        change_s, ends_s = None, self.ends_s
        if self.on_for_s is not None:
            turns, within_s = divmod(passed_s - self.begins_in_s, self.on_for_s + self.off_for_s)
            into_turn_s = self.on_for_s if within_s < self.on_for_s else self.on_for_s + self.off_for_s
            change_s = self.begins_in_s + turns * (self.on_for_s + self.off_for_s) + into_turn_s
        if ends_s is None:
            return change_s
        return None if passed_s >= ends_s else min(ends_s, change_s if change_s is not None else ends_s)
