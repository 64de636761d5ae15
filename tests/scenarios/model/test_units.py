import pytest

from sandbox.scenarios.model.bad_value import BadValue
from sandbox.scenarios.model.units import duration_s, format_duration, rate_per_s


@pytest.mark.parametrize(
    ("text", "seconds"), [("5s", 5), ("200ms", 0.2), ("1m", 60), ("1.5m", 90), ("2h", 7200), ("0s", 0), (" 5 s ", 5)]
)
def test_a_duration_is_a_number_and_its_unit(text: str, seconds: float) -> None:
    assert duration_s(text) == pytest.approx(seconds)


@pytest.mark.parametrize("text", [5, "5", "", "s", "-5s", "5 days", "1e3s", "5s5s", None, True, "25h", "9999999999s"])
def test_anything_else_is_no_duration(text: object) -> None:
    with pytest.raises(BadValue):
        duration_s(text)


@pytest.mark.parametrize(("text", "per_s"), [("100/s", 100), ("30/m", 0.5), ("3600/h", 1), ("0.5/s", 0.5)])
def test_a_rate_is_a_number_for_each_unit_of_time(text: str, per_s: float) -> None:
    assert rate_per_s(text) == pytest.approx(per_s)


@pytest.mark.parametrize("text", [100, "100", "0/s", "100/ms", "100/d", "-1/s", "99999999/s", None])
def test_anything_else_is_no_rate(text: object) -> None:
    with pytest.raises(BadValue):
        rate_per_s(text)


@pytest.mark.parametrize("text", ["200ms", "5s", "90s", "0s"])
def test_durations_are_shown_as_they_are_written(text: str) -> None:
    assert format_duration(duration_s(text)) == text
