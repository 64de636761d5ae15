"""Sparklines, lanes, gauges and numbers, by what they draw."""

from __future__ import annotations

import pytest

from sandbox.tui.figures import bytes_text, clock_text, count_text, duration_text, percent_text, rate_text, span_text
from sandbox.tui.series import RateSeries
from sandbox.tui.state import Segment
from sandbox.tui.widgets.gauge import gauge, tone_of
from sandbox.tui.widgets.lane import lane
from sandbox.tui.widgets.sparkline import bars


def test_bars_are_scaled_to_the_greatest_and_a_little_is_more_than_nothing() -> None:
    assert bars([0, 0, 1, 1, 1000, 1000], 3) == "▁▂█"


def test_bars_stand_on_the_right_while_there_are_few() -> None:
    assert bars([5, 5], 4) == "   █"


def test_a_lane_shows_which_state_when() -> None:
    drawn = lane((Segment("CLOSED", 0), Segment("OPEN", 5_000), Segment("HALF_OPEN", 8_000)), 9_999, 10, 10_000)
    assert drawn.plain == "▂▂▂▂▂███▅▅"


def test_a_lane_is_blank_before_anything_is_known_and_keeps_short_outages() -> None:
    segments = (Segment("CLOSED", 4_000), Segment("OPEN", 6_100), Segment("CLOSED", 6_200))
    assert lane(segments, 9_999, 10, 10_000).plain == "    ▂▂█▂▂▂"


def test_a_gauge_is_full_only_when_it_is_full() -> None:
    assert gauge(999, 1000, 10).plain == "▓" * 10
    assert gauge(1, 1000, 10).plain == "▓" + "░" * 9
    assert gauge(0, 1000, 10).plain == "░" * 10
    assert (tone_of(0.1), tone_of(0.8), tone_of(1)) == ("$info", "$warn", "$bad")


@pytest.mark.parametrize(
    ("drawn", "text"),
    [
        (count_text(1_240), "1,240"), (count_text(12_345_678), "12.3M"), (rate_text(0), "0"), (rate_text(0.42), "0.4"),
        (rate_text(1_180.4), "1,180"), (bytes_text(840), "840 B"), (bytes_text(12_340), "12.3 kB"),
        (percent_text(None), "–"), (percent_text(61.2), "61.2 %"), (duration_text(4.1), "4 ms"),
        (duration_text(2_104), "2.1 s"), (duration_text(192_000), "3m12s"), (span_text(9_000), "9s"),
        (span_text(3_725_000), "1h02m"), (span_text(90_000_000), "1d01h"), (clock_text(43_384_125), "12:03:04.125"),
    ],
)  # fmt: skip
def test_numbers_are_short(drawn: str, text: str) -> None:
    assert drawn == text


def test_a_series_gives_rates_per_second_and_forgets_nothing_but_the_oldest() -> None:
    series = RateSeries(size=3)
    for look in range(6):
        series.add(look * 500, look * 50)
    assert series.rates == (100.0, 100.0, 100.0) and series.rate() == 100.0


def test_a_counter_that_begins_anew_gives_no_rate_then() -> None:
    series = RateSeries()
    for at_ms, count in ((0, 1_000), (500, 1_050), (1_000, 5), (1_500, 10)):
        series.add(at_ms, count)
    assert series.rates == (100.0, 10.0)
