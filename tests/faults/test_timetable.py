from __future__ import annotations

import pytest

from sandbox.faults.timetable import Timetable

COMING_AND_GOING = Timetable(begins_in_s=1, duration_s=7, on_for_s=2, off_for_s=1)


@pytest.mark.parametrize(
    ("timetable", "passed_s", "change_s"),
    [
        (Timetable(), 5, None),
        (Timetable(begins_in_s=3), 0, 3),
        (Timetable(begins_in_s=3), 3, None),
        (Timetable(duration_s=4), 1, 4),
        (Timetable(duration_s=4), 4, None),
        (COMING_AND_GOING, 0, 1),
        (COMING_AND_GOING, 1, 3),
        (COMING_AND_GOING, 3, 4),
        (COMING_AND_GOING, 7.5, 8),
        (COMING_AND_GOING, 8, None),
    ],
)
def test_it_knows_when_it_next_begins_rests_or_ends(
    timetable: Timetable, passed_s: float, change_s: float | None
) -> None:
    assert timetable.next_change_s(passed_s) == change_s
