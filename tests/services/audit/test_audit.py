"""Audit: one record of `audit.events` for each record, whatever is in it."""

import hashlib
from types import SimpleNamespace

import pytest

from sandbox.clock import ManualClock
from sandbox.contracts.delivery import Delivery, Published
from sandbox.contracts.record import Record
from sandbox.contracts.tracing import TraceContext
from sandbox.errors import UpstreamUnavailable
from sandbox.services.audit.service import AuditService
from sandbox.services.ports import ServiceContext

HEADERS = (
    ("X-Correlation-ID", b"story-1"),
    ("X-Source-Service", b"perception"),
    ("traceparent", f"00-{'a' * 32}-{'b' * 16}-01".encode()),
)


class Publisher:
    def __init__(self):
        self.records = []
        self.away = False
        self.away_from = None

    async def publish(self, topic, value, *, key, trace, headers=()):
        if self.away or len(self.records) == self.away_from:
            raise UpstreamUnavailable("Kafka is away")
        self.records.append(SimpleNamespace(topic=topic, value=value, key=key, trace=trace))
        return Published(topic, 0, len(self.records) - 1)

    async def post(self, topic, value, **how):
        return SimpleNamespace(published=lambda: self.publish(topic, value, **how))


@pytest.fixture
def publisher():
    return Publisher()


@pytest.fixture
def audit(publisher):
    return AuditService(ServiceContext(clock=ManualClock(), facts=None, publisher=publisher, urls={}, state_dir=None))


def delivery(**changes):
    fields = {
        "topic": "rim.fast-path", "partition": 3, "offset": 42, "timestamp_ms": 1_733_220_000_000, "key": b"rim:a:b:c",
        "value": b"\x00\x00\x00\x00\x01body", "headers": HEADERS,
    }  # fmt: skip
    record = Record(**{**fields, **changes})
    return Delivery(record, None, TraceContext.accept_record(record.headers), "audit")


async def handed(audit, work):
    [subscription] = audit.subscriptions()
    return await subscription.handle(work)


@pytest.mark.spec("GROUP-AUDIT")
def test_audit_reads_the_platforms_topics_undecoded(audit):
    [subscription] = audit.subscriptions()
    assert (subscription.group, subscription.decode) == ("audit", False)
    assert set(subscription.topics) == {
        "rim.fast-path", "perception.events", "capsule.snapshots", "odyssey.paths", "plato.plans",
    }  # fmt: skip
    assert audit.application() is None


@pytest.mark.spec("KAFKA-AUDIT")
async def test_a_record_is_audited_with_where_it_stood_and_whose_it_was(audit, publisher):
    assert await handed(audit, delivery()) is None
    [record] = publisher.records
    assert (record.topic, record.key) == ("audit.events", None)
    assert list(record.value) == [
        "auditId", "timestamp", "sourceTopic", "partition", "offset", "key", "service", "auditType", "correlationId",
        "traceId", "payloadSha256",
    ]  # fmt: skip
    assert record.value["timestamp"] == "2024-12-03T10:00:00Z"
    assert (record.value["sourceTopic"], record.value["partition"], record.value["offset"]) == ("rim.fast-path", 3, 42)
    assert (record.value["service"], record.value["auditType"]) == ("perception", "FAST_PATH_EVENT")
    assert (record.value["correlationId"], record.value["traceId"]) == ("story-1", "a" * 32)
    assert record.value["payloadSha256"] == hashlib.sha256(b"\x00\x00\x00\x00\x01body").hexdigest()
    assert record.trace.correlation_id == "story-1"


async def test_the_same_record_audited_twice_is_recognised_and_another_is_not(audit, publisher):
    for work in (delivery(), delivery(), delivery(offset=43), delivery(partition=4), delivery(topic="plato.plans")):
        await handed(audit, work)
    ids = [record.value["auditId"] for record in publisher.records]
    assert ids[0] == ids[1]
    assert len(set(ids)) == 4


@pytest.mark.spec("KAFKA-AUDIT")
@pytest.mark.parametrize(
    "poison",
    [
        {"value": None},
        {"value": b""},
        {"value": b"\xff\xfe no avro"},
        {"key": None},
        {"key": b"\xff\xfe"},
        {"headers": (("X-Correlation-ID", b"\xff\x00"), ("traceparent", b"garbage"))},
        {"timestamp_ms": 2**62},
        {"timestamp_ms": -1},
    ],
)
async def test_no_poison_stops_the_audit(audit, publisher, poison):
    await handed(audit, delivery(**poison))
    assert publisher.records[0].value["sourceTopic"] == "rim.fast-path"
    assert audit.status() == {"audited": 1}


async def test_a_record_without_a_source_is_attributed_by_its_topic(audit, publisher):
    for topic in ("perception.events", "capsule.snapshots", "odyssey.paths", "plato.plans"):
        await handed(audit, delivery(topic=topic, headers=()))
    assert [record.value["service"] for record in publisher.records] == ["perception", "capsule", "odyssey", "plato"]


async def test_a_record_is_not_done_before_kafka_has_its_audit_record(audit, publisher):
    publisher.away = True
    with pytest.raises(UpstreamUnavailable):
        await handed(audit, delivery())
    assert audit.status() == {"audited": 0}


async def test_many_records_are_audited_in_their_order_and_the_first_that_kafka_lacks_is_the_one_that_failed(
    audit, publisher
):
    [subscription] = audit.subscriptions()
    works = [delivery(offset=offset) for offset in range(3)]
    assert [each async for each in subscription.handle_many(works)] == [None] * 3
    assert [each.value["offset"] for each in publisher.records] == [0, 1, 2]
    publisher.away_from = 4
    again = subscription.handle_many(works)
    assert await anext(again) is None
    with pytest.raises(UpstreamUnavailable):
        await anext(again)
    assert audit.status()["audited"] == 4
