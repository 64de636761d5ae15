from __future__ import annotations

import pytest
from pydantic import TypeAdapter

from sandbox.contracts.duration import BadDuration, Duration, duration_s, format_duration


@pytest.mark.parametrize(("text", "seconds"), [("5s", 5), ("200ms", 0.2), ("1.5m", 90), ("2h", 7200), (" 5 s ", 5)])
def test_a_duration_is_a_number_and_its_unit(text: str, seconds: float) -> None:
    assert duration_s(text) == pytest.approx(seconds)


@pytest.mark.parametrize("text", [5, "5", "", "-5s", "5 days", None, True, "25h"])
def test_anything_else_is_none_and_says_what_to_write(text: object) -> None:
    with pytest.raises(BadDuration) as caught:
        duration_s(text)
    assert caught.value.hint == "write 200ms, 5s, 1m or 2h"


@pytest.mark.parametrize("text", ["200ms", "5s", "90s", "0s"])
def test_it_is_text_with_its_unit_outside(text: str) -> None:
    kind = TypeAdapter(Duration)
    assert kind.dump_python(kind.validate_python(text)) == format_duration(duration_s(text)) == text
