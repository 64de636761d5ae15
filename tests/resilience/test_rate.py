"""Rates have the arithmetic and the digits of a Java float."""

from __future__ import annotations

import pytest

from sandbox.resilience.rate import percentage, shortest, single


@pytest.mark.parametrize(
    ("part", "total", "text"),
    [(1, 3, "33.333332"), (2, 3, "66.666664"), (1, 7, "14.285714"), (1, 2, "50.0"), (3, 3, "100.0"), (0, 5, "0.0")],
)
def test_a_rate_has_the_digits_that_java_prints(part: int, total: int, text: str) -> None:
    assert str(shortest(percentage(part, total))) == text


def test_of_no_calls_the_rate_is_nothing() -> None:
    assert percentage(0, 0) == 0


def test_a_threshold_is_rounded_as_the_rate_is() -> None:
    assert percentage(1, 3) >= single(33.333333)
    assert percentage(1, 3) < single(33.333335)
