import pytest

from sandbox.errors import UsageError
from sandbox.kafka.reader import From
from sandbox.runtime.begin_at import begin_at

NOW_MS = 1_733_220_000_000


@pytest.mark.parametrize(
    ("to", "begin"),
    [
        ("earliest", From()),
        ("latest", From(end=True)),
        ("2024-12-03T10:00:00Z", From(timestamp_ms=NOW_MS)),
        ("2024-12-03T11:00:00+01:00", From(timestamp_ms=NOW_MS)),
        ("1733220000000", From(timestamp_ms=NOW_MS)),
        ("10m", From(timestamp_ms=NOW_MS - 600_000)),
        ("10m ago", From(timestamp_ms=NOW_MS - 600_000)),
        ("1.5s", From(timestamp_ms=NOW_MS - 1_500)),
        ("2d", From(timestamp_ms=NOW_MS - 2 * 86_400_000)),
    ],
)
def test_where_to_begin_is_written_as_people_say_it(to: str, begin: From) -> None:
    assert begin_at(to, NOW_MS) == begin


@pytest.mark.parametrize("to", ["", "soon", "EARLIEST", "10", "10 parsecs", "2024-13-01T00:00:00Z", "-5m"])
def test_what_is_no_place_to_begin_is_refused_with_what_would_be_one(to: str) -> None:
    if to == "10":
        assert begin_at(to, NOW_MS) == From(timestamp_ms=10), "a number is epoch milliseconds"
        return
    with pytest.raises(UsageError) as raised:
        begin_at(to, NOW_MS)
    assert raised.value.where == "to" and "10m" in str(raised.value.hint)
