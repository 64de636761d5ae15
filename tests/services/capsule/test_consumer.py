"""What CAPSULE makes of the records it consumes."""

from __future__ import annotations

import asyncio

import pytest

from sandbox.contracts.dead_letter import FailureCategory, RecordFailure
from sandbox.contracts.idempotency import idempotency_key
from sandbox.errors import UsageError
from sandbox.services.capsule.service import CapsuleService

EURUSD = "rim:entity:finance:EURUSD"
EVENT_MS = 1_733_220_000_000


async def history(client, scope=EURUSD, **params):
    response = await client.get(f"/api/v1/history/{scope}", params=params)
    assert response.status == 200
    return await response.json()


@pytest.mark.spec("GROUP-CAPSULE")
def test_capsule_is_a_group_of_its_own_that_reads_the_fast_path_and_perception(service):
    [subscription] = service.subscriptions()
    assert (subscription.group, subscription.decode) == ("capsule", True)
    assert set(subscription.topics) == {"rim.fast-path", "perception.events"}


@pytest.mark.spec("KAFKA-SOURCING")
async def test_a_fast_path_event_becomes_a_capsule_that_rest_shows(client, handle, delivery):
    assert (
        await handle(delivery(event_id="evt-1", stress=0.93, status="ALERT", critical_metrics={"spread": 2.5})) is None
    )
    body = await history(client)
    (capsule,) = body["data"]
    assert capsule["scopeId"] == EURUSD
    assert capsule["timestamp"] == "2024-12-03T10:00:00Z"
    assert (capsule["resolution"], capsule["vantageMode"]) == (60, "omniscient")
    assert capsule["idempotencyKey"] == idempotency_key(EURUSD, EVENT_MS, 60, "omniscient")
    assert capsule["content"]["dynamics"] == {"price": 1.05, "stress": 0.93, "criticalMetrics": {"spread": 2.5}}
    assert capsule["metadata"]["eventId"] == "evt-1"
    assert body["meta"]["pagination"]["totalElements"] == 1


async def test_the_snapshot_is_published_with_the_trace_of_the_event(handle, delivery, publisher):
    headers = {"X-Request-ID": "req-1", "X-Correlation-ID": "trace-1", "traceparent": f"00-{'a' * 32}-{'b' * 16}-01"}
    await handle(delivery(headers=headers))
    (sent,) = publisher.sent
    assert (sent.topic, sent.key) == ("capsule.snapshots", EURUSD)
    assert (sent.trace.request_id, sent.trace.correlation_id, sent.trace.trace_id) == ("req-1", "trace-1", "a" * 32)
    assert sent.value["scope_id"] == EURUSD
    assert sent.value["timestamp"] == EVENT_MS


async def test_a_redelivered_record_is_a_duplicate_and_changes_nothing(client, handle, delivery, publisher):
    assert await handle(delivery(7)) is None
    assert await handle(delivery(7)) == "duplicate"
    assert len((await history(client))["data"]) == 1
    assert len(publisher.sent) == 1


async def test_an_event_id_is_recognised_at_another_offset(client, handle, delivery):
    assert await handle(delivery(1, event_id="evt-1")) is None
    assert await handle(delivery(9, event_id="evt-1")) == "duplicate"
    assert len((await history(client))["data"]) == 1


async def test_equal_records_without_an_event_id_are_two_events(client, handle, delivery):
    assert await handle(delivery(1, raw=b"same")) is None
    assert await handle(delivery(2, raw=b"same")) is None
    assert len((await history(client))["data"]) == 2


async def test_a_replay_of_a_handled_record_without_an_event_id_is_a_duplicate(handle, delivery):
    assert await handle(delivery(1, raw=b"same")) is None
    assert await handle(delivery(2, raw=b"same", headers={"dlq-replay-id": "r1"})) == "duplicate"


async def test_the_same_event_id_of_another_tenant_is_another_event(handle, delivery):
    assert await handle(delivery(1, event_id="evt-1")) is None
    assert await handle(delivery(2, event_id="evt-1", headers={"X-Tenant-ID": "lease-7"})) is None


async def test_a_perception_event_makes_one_capsule_for_each_entity(client, handle, delivery, publisher):
    scopes = [EURUSD, "rim:actor:regulator:SEC", EURUSD]
    value = {
        "event_id": "p-1",
        "event_type": "REGULATORY",
        "timestamp": EVENT_MS,
        "detected_at": EVENT_MS + 1,
        "title": "Rates rise",
        "summary": None,
        "entities": scopes,
        "trust_score": 0.9,
        "impact_estimate": {"magnitude": 0.4, "direction": "UP", "confidence": 0.7},
        "sources": ["wire"],
        "metadata": {},
    }
    assert await handle(delivery(topic="perception.events", value=value)) is None
    assert sorted(sent.key for sent in publisher.sent) == ["rim:actor:regulator:SEC", EURUSD]
    (capsule,) = (await history(client))["data"]
    assert capsule["content"]["configuration"]["title"] == "Rates rise"
    assert capsule["content"]["dynamics"]["impactEstimate"]["direction"] == "UP"


async def test_a_perception_event_without_entities_is_skipped(handle, delivery):
    value = {"event_id": "p-1", "timestamp": EVENT_MS, "entities": []}
    assert await handle(delivery(topic="perception.events", value=value)) == "skipped"


@pytest.mark.parametrize(
    ("members", "named"),
    [
        ({"rim_node_id": "EURUSD"}, "rim_node_id"),
        ({"rim_node_id": None}, "rim_node_id"),
        ({"rim_node_id": "rim:entity::EURUSD"}, "rim_node_id"),
        ({"vector_timestamp": {"event_ts_ms": 2**62}}, "event_ts_ms"),
        ({"vector_timestamp": {}}, "event_ts_ms"),
        ({"price": float("nan")}, "price"),
        ({"critical_metrics": {"spread": float("inf")}}, "critical_metrics.spread"),
    ],
)
async def test_a_bad_value_is_a_validation_failure_that_names_the_field(client, handle, delivery, members, named):
    with pytest.raises(RecordFailure, match=named) as failure:
        await handle(delivery(**members))
    assert failure.value.category is FailureCategory.VALIDATION
    assert (await history(client))["data"] == []


async def test_a_bad_entity_among_good_ones_fails_the_whole_record(client, handle, delivery):
    value = {"event_id": "p-1", "timestamp": EVENT_MS, "entities": [EURUSD, "nonsense"]}
    with pytest.raises(RecordFailure, match=r"entities\[1\]"):
        await handle(delivery(topic="perception.events", value=value))
    assert (await history(client))["data"] == []


async def test_the_older_flat_form_is_understood(client, handle, delivery):
    flat = {"rim_node_id": EURUSD, "event_id": "e", "timestamp": EVENT_MS, "status": "OK"}
    assert await handle(delivery(value=flat)) is None
    assert (await history(client))["data"][0]["timestamp"] == "2024-12-03T10:00:00Z"


async def test_while_kafka_is_away_the_record_fails_downstream_and_its_snapshot_follows_with_the_retry(
    client, handle, delivery, publisher
):
    publisher.is_away = True
    with pytest.raises(RecordFailure) as failure:
        await handle(delivery(3, event_id="evt-3"))
    assert failure.value.category is FailureCategory.DOWNSTREAM_FAILURE
    publisher.is_away = False
    assert await handle(delivery(3, event_id="evt-3")) is None
    assert await handle(delivery(3, event_id="evt-3")) == "duplicate"
    assert len(publisher.sent) == 1
    assert len((await history(client))["data"]) == 1


async def test_a_crash_between_storing_and_publishing_loses_no_snapshot(context, handle, service, delivery, publisher):
    publisher.is_away = True
    with pytest.raises(RecordFailure):
        await handle(delivery(3))
    await service.stop()
    publisher.is_away = False
    restarted = CapsuleService(context)
    await restarted.start()
    try:
        assert await restarted.subscriptions()[0].handle(delivery(3)) is None
    finally:
        await restarted.stop()
    assert [sent.key for sent in publisher.sent] == [EURUSD]


async def test_a_store_that_fails_is_a_persistence_failure(handle, service, delivery):
    await service.stop()
    with pytest.raises(RecordFailure) as failure:
        await handle(delivery())
    assert failure.value.category is FailureCategory.PERSISTENCE


async def test_records_of_many_partitions_share_a_commit_and_fail_alone(client, handle, delivery):
    outcomes = await asyncio.gather(
        *(handle(delivery(1, partition=number, event_id=f"e{number}")) for number in range(12)),
        handle(delivery(2, event_id="e3")),
        handle(delivery(3, rim_node_id="bad")),
        return_exceptions=True,
    )
    assert outcomes[:12] == [None] * 12
    assert outcomes[12] == "duplicate"
    assert isinstance(outcomes[13], RecordFailure)
    assert (await history(client))["meta"]["pagination"]["totalElements"] == 12


@pytest.mark.spec("KAFKA-SOURCING")
async def test_a_store_rebuilt_from_the_topics_is_equal_to_the_lost_one(client, service, handle, delivery, publisher):
    carried = {"X-Request-ID": "req-1", "X-Correlation-ID": "trace-1"}
    perception = {"event_id": "p-1", "timestamp": EVENT_MS + 9, "entities": [EURUSD, "rim:actor:regulator:SEC"]}

    def records():
        yield delivery(0, event_id="evt-1", stress=0.93, status="ALERT", headers=carried)
        yield delivery(1, event_ms=EVENT_MS + 1, metadata={"desk": "fx"})
        yield delivery(2, event_id="evt-1", headers=carried)
        yield delivery(3, topic="perception.events", partition=4, value=perception)

    async def read_all():
        outcomes = [await handle(each) for each in records()]
        return outcomes, (await history(client))["data"], [sent.value for sent in publisher.sent]

    before = await read_all()
    assert before[0] == [None, None, "duplicate", None]
    assert [len(each) for each in before[1:]] == [3, 4]
    await service.reset()
    publisher.sent.clear()
    assert (await history(client))["data"] == []
    assert await read_all() == before, "the same capsules, and the same snapshots once more"


async def test_ids_that_a_record_does_not_carry_are_not_kept(client, handle, delivery):
    await handle(delivery(0, headers={"X-Request-ID": "req-1"}))
    ((capsule,)) = (await history(client))["data"]
    assert capsule["metadata"] == {"requestId": "req-1"}


@pytest.mark.parametrize(
    "field", ["event_id", "instrument_id", "critical_metrics", "price", "volume", "stress", "status", "metadata"]
)
async def test_a_field_that_swapped_contracts_may_lack_is_absent_from_the_capsule(client, handle, delivery, field):
    event = delivery(status="ALERT", stress=0.9, price=1.1, volume=5.0, instrument_id="i", metadata={"a": "b"})
    del event.value[field]
    assert await handle(event) is None
    (capsule,) = (await history(client))["data"]
    shown = {**capsule["content"]["configuration"], **capsule["content"]["dynamics"]}
    assert {"instrument_id": "instrumentId"}.get(field, field) not in shown


async def test_the_older_flat_event_becomes_a_capsule(client, handle, delivery):
    flat = {"rim_node_id": EURUSD, "timestamp": EVENT_MS, "stress": 0.9, "status": "ALERT", "critical_metrics": {}}
    assert await handle(delivery(value=flat)) is None
    (capsule,) = (await history(client))["data"]
    assert capsule["timestamp"] == "2024-12-03T10:00:00Z"
    assert set(capsule["content"]["meta"]) == {"source"}


async def test_a_snapshot_that_a_swapped_contract_does_not_take_is_dead_lettered_at_once(
    handle, delivery, publisher, monkeypatch
):
    async def refuse(self, topic, value, **_):
        raise UsageError("the value does not fit CapsuleSnapshot: desk: is missing", where=topic)

    monkeypatch.setattr(type(publisher), "publish", refuse)
    with pytest.raises(RecordFailure, match=r"capsule\.snapshots: the value does not fit .* desk") as caught:
        await handle(delivery())
    assert caught.value.category is FailureCategory.VALIDATION
