import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.contracts.instants import format_instant, parse_instant
from sandbox.errors import UsageError


@pytest.mark.parametrize(
    ("text", "epoch_ms"),
    [
        ("2024-12-03T10:00:00Z", 1733220000000),
        ("2024-12-03T11:00:00+01:00", 1733220000000),
        ("2024-12-03T11:00:00 01:00", 1733220000000),
        ("2024-12-03T10:00:00.5Z", 1733220000500),
        ("2024-12-03T10:00:00", 1733220000000),
        ("1733220000000", 1733220000000),
        (1733220000000, 1733220000000),
        ("-1", -1),
    ],
)
def test_both_forms_of_an_instant_are_read(text: str | int, epoch_ms: int) -> None:
    assert parse_instant(text) == epoch_ms


@pytest.mark.parametrize("text", ["", "yesterday", "2024-13-01T00:00:00Z", "12:00", True, "1e5"])
def test_anything_else_is_refused(text: str | bool) -> None:
    with pytest.raises(UsageError, match="ISO-8601"):
        parse_instant(text)


@given(st.integers(0, 4_000_000_000_000))
def test_what_is_written_is_read_back(epoch_ms: int) -> None:
    assert parse_instant(format_instant(epoch_ms)) == epoch_ms


@pytest.mark.spec("ENVELOPE-TIMESTAMP")
def test_an_instant_is_written_as_the_specification_shows() -> None:
    assert format_instant(1733220000000) == "2024-12-03T10:00:00Z"
    assert format_instant(1733220000007) == "2024-12-03T10:00:00.007Z"
