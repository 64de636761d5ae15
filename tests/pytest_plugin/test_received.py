"""What a test looks for among the records that came."""

from __future__ import annotations

import pytest

from sandbox.pytest_plugin.received import Received, Wanted

RECORD = Received(
    "capsule.snapshots", 2, 7, 1_733_220_000_000, "rim:entity:finance:EURUSD",
    {"scope_id": "rim:entity:finance:EURUSD", "dynamics": {"price": 1.05}, "steps": [{"id": "a"}, {"id": "b"}]},
    {"x-tenant-id": "t-1", "X-Correlation-ID": "trace-1"},
)  # fmt: skip


@pytest.mark.parametrize(
    "wanted",
    [
        Wanted(),
        Wanted({"scope_id": "rim:entity:finance:EURUSD"}),
        Wanted({"dynamics.price": 1.05, "steps.1.id": "b"}),
        Wanted({"dynamics.price": lambda price: 1 < price < 2}),
        Wanted(lambda record: record.offset == 7),
        Wanted(key="rim:entity:finance:EURUSD", correlation_id="trace-1", headers={"X-Tenant-ID": "t-1"}),
    ],
)
def test_a_record_fits_when_all_that_is_given_holds(wanted: Wanted) -> None:
    assert wanted.fits(RECORD)


@pytest.mark.parametrize(
    "wanted",
    [
        Wanted({"scope_id": "another"}),
        Wanted({"dynamics.volume": None}),
        Wanted({"steps.2.id": "c"}),
        Wanted({"dynamics.price": lambda price: price > 2}),
        Wanted(lambda record: record.offset == 8),
        Wanted(key="another"),
        Wanted(correlation_id="trace-2"),
        Wanted(headers={"X-Tenant-ID": "t-2"}),
    ],
)
def test_it_does_not_fit_when_one_thing_does_not_hold(wanted: Wanted) -> None:
    assert not wanted.fits(RECORD)


def test_headers_are_found_in_any_case() -> None:
    assert (RECORD.tenant, RECORD.correlation_id, RECORD.request_id) == ("t-1", "trace-1", None)


def test_what_is_looked_for_and_what_came_can_be_read() -> None:
    assert str(Wanted({"price": 1}, key="k")) == "key 'k' and {'price': 1}"
    assert str(Wanted()) == "anything"
    assert str(RECORD).startswith("capsule.snapshots-2@7 rim:entity:finance:EURUSD: {'scope_id'")
