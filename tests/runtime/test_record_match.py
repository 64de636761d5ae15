from __future__ import annotations

import pytest

from sandbox.errors import UsageError
from sandbox.runtime.record_match import RecordMatch

RECORD = {
    "partition": 2,
    "key": "rim:entity:finance:BRENT",
    "headers": {"X-Tenant-ID": "desk-7", "X-Empty": None},
    "value": {"status": "ALERT", "stress": 0.95, "items": [{"id": "a"}, {"id": "b c"}]},
    "error": None,
}


@pytest.mark.parametrize(
    "text",
    [
        "", "brent", "ALERT desk-7", "key=rim:entity:finance:BRENT", "key=rim:*", "partition=2",
        "header.x-tenant-id=desk-7",
        "header.X-Tenant-ID", "header.X-Empty", "$.status=ALERT", "$.stress", "$.stress=0.95", "$.items[*].id=a",
        '$.items[*].id="b c"', "$.items[?@.id=='a']", "!nothing", "!key=WTI", "!$.missing",
    ],
)  # fmt: skip
def test_a_record_is_wanted(text: str) -> None:
    assert RecordMatch(text).holds(RECORD)


@pytest.mark.parametrize(
    "text",
    ["wti", "brent wti", "key=BRENT", "partition=1", "header.X-Tenant-ID=desk", "$.status=OK", "$.missing", "!brent",
     "$.items[?@.id=='z']"],
)  # fmt: skip
def test_a_record_is_not_wanted(text: str) -> None:
    assert not RecordMatch(text).holds(RECORD)


def test_a_record_without_key_or_value_can_be_asked_for_by_its_failure() -> None:
    poison = {**RECORD, "key": None, "value": "00ff", "error": "schema id 255 is unknown"}
    assert RecordMatch("unknown").holds(poison)
    assert not RecordMatch("key=a").holds(poison)
    assert not RecordMatch("$.status").holds(poison)


@pytest.mark.parametrize(("text", "said"), [("$[", "no JSONPath"), ('"open', "quotation mark")])
def test_what_is_no_filter_is_told(text: str, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        RecordMatch(text)
