"""Replays: what goes out, what is counted, what becomes of the letters."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from sandbox.errors import Conflict, UnknownName, UsageError
from sandbox.kafka.cluster import KafkaUnavailable
from sandbox.runtime.dlq.letter_filter import LetterFilter
from sandbox.runtime.dlq.replay import ReplayOptions

TOPIC = "perception.events"
AWAY = KafkaUnavailable("Kafka is away")


def options(**given: Any) -> ReplayOptions:
    wanted = {name: given.pop(name) for name in LetterFilter.__dataclass_fields__ if name in given}
    return ReplayOptions(wanted=LetterFilter(**wanted), **given)


def counts(replay: dict[str, Any]) -> tuple[int, ...]:
    return tuple(replay[name] for name in ("replayed", "skipped", "failed", "markedDead", "left"))


@pytest.mark.spec("DLQ-REPLAY")
async def test_the_original_goes_out_byte_for_byte_with_the_two_headers_of_a_replay(office) -> None:
    office.fail(b"\x00\xff", key=b"\xfe", headers=(("X-Request-ID", b"req-1"), ("bin", b"\x80")), partition=4)
    replay = await office.finished(await office.desk.replay(TOPIC, options()))
    (sent,) = office.publisher.sent
    assert (sent.topic, sent.partition, sent.key, sent.value) == (TOPIC, 4, b"\xfe", b"\x00\xff")
    assert sent.headers == [
        ("X-Request-ID", b"req-1"), ("bin", b"\x80"), ("dlq-replay-id", b"rpl_2"), ("dlq-retry-count", b"1"),
    ]  # fmt: skip
    assert counts(replay) == (1, 0, 0, 0, 0)
    assert (replay["state"], replay["start"], replay["end"]) == (
        "finished",
        "2024-12-03T10:00:00Z",
        "2024-12-03T10:00:00Z",
    )


@pytest.mark.spec("DLQ-REPLAY-SUCCESS")
async def test_a_letter_is_resolved_when_its_group_has_committed_the_replayed_record(office) -> None:
    letter = office.fail()
    await office.finished(await office.desk.replay(TOPIC, options()))
    assert await office.standing() == {letter.id: "RETRYING"}
    office.source.commits["capsule", TOPIC, 2] = 1_001
    await office.desk.look()
    assert await office.standing() == {letter.id: "RETRYING"}, "committed up to it, not beyond it"
    office.source.commits["capsule", TOPIC, 2] = 1_002
    await office.desk.look()
    assert await office.standing() == {letter.id: "RESOLVED"}
    assert [each.status for each in office.facts.of("DlqStatusChanged")] == ["RETRYING", "RESOLVED"]


async def test_a_record_that_fails_again_has_one_letter_that_counts(office) -> None:
    first = office.fail()
    await office.finished(await office.desk.replay(TOPIC, options()))
    second = office.fail_again(first)
    office.source.commits["capsule", TOPIC, 2] = 1_002
    await office.desk.look()
    assert await office.standing() == {first.id: "SKIPPED", second.id: "PENDING"}
    assert await office.depth() == 1
    assert (await office.desk.show(TOPIC, second.id))["replays"] == 1
    assert second.id in (await office.desk.show(TOPIC, first.id))["note"]


async def test_at_its_limit_a_record_is_marked_dead_and_not_sent(office) -> None:
    letter = office.fail()
    for _ in range(3):
        await office.finished(await office.desk.replay(TOPIC, options()))
        letter = office.fail_again(letter)
        await office.desk.look()
    assert [dict(each.headers)["dlq-retry-count"] for each in office.publisher.sent] == [b"1", b"2", b"3"]
    replay = await office.finished(await office.desk.replay(TOPIC, options()))
    assert counts(replay) == (0, 3, 0, 1, 0)
    assert (await office.standing())[letter.id] == "DEAD"
    assert len(office.publisher.sent) == 3
    again = await office.finished(
        await office.desk.replay(TOPIC, options(statuses=("DEAD",), retry_limit=9, ids=(letter.id,)))
    )
    assert counts(again) == (1, 0, 0, 0, 0), "an operator may insist"


async def test_a_record_that_two_groups_failed_on_goes_out_once(office) -> None:
    first = office.fail(offset=5, group="capsule")
    second = office.fail(offset=5, group="odyssey-reflex")
    replay = await office.finished(await office.desk.replay(TOPIC, options()))
    assert (replay["replayed"], replay["records"], len(office.publisher.sent)) == (2, 1, 1)
    office.source.commits["capsule", TOPIC, 2] = office.source.commits["odyssey-reflex", TOPIC, 2] = 2_000
    again = office.fail_again(second)
    await office.desk.look()
    assert await office.standing() == {first.id: "RESOLVED", second.id: "SKIPPED", again.id: "PENDING"}


async def test_letters_of_other_groups_for_the_same_record_are_answered_too(office) -> None:
    chosen = office.fail(offset=5, group="capsule")
    other = office.fail(offset=5, group="odyssey-reflex")
    replay = await office.finished(await office.desk.replay(TOPIC, options(ids=(chosen.id,))))
    assert (replay["replayed"], replay["alsoReached"], replay["records"]) == (1, 1, 1)
    assert await office.standing() == {chosen.id: "RETRYING", other.id: "RETRYING"}
    (fact,) = office.facts.of("DlqRecordReplayed")
    assert fact.dlq_ids == (chosen.id, other.id)


async def test_a_dry_run_counts_the_same_and_changes_nothing(office) -> None:
    office.fail(offset=1)
    office.fail(offset=2, headers=(("dlq-retry-count", b"3"),))
    office.fail(None, offset=3, omitted_bytes=9)
    office.fail(offset=4, group="capsule")
    office.fail(offset=4, group="odyssey-reflex")
    before = await office.standing()
    dry = await office.desk.replay(TOPIC, options(dry_run=True, max_messages=4))
    assert (dry["state"], counts(dry), dry["records"], dry["alsoReached"]) == ("dry-run", (2, 0, 1, 1, 1), 2, 1)
    assert (await office.standing(), office.publisher.sent, office.publisher.audit, office.facts.all) == (
        before,
        [],
        [],
        [],
    )
    real = await office.finished(await office.desk.replay(TOPIC, options(max_messages=4)))
    assert (counts(real), real["records"], real["alsoReached"]) == (counts(dry), 2, 1)


async def test_a_shadow_replay_is_a_rehearsal(office) -> None:
    letter = office.fail(headers=(("dlq-retry-count", b"7"),))
    replay = await office.finished(await office.desk.replay(TOPIC, options(target="SHADOW")))
    (sent,) = office.publisher.sent
    assert (sent.topic, replay["targetTopic"], sent.partition) == (f"{TOPIC}.shadow", f"{TOPIC}.shadow", None)
    assert await office.standing() == {letter.id: "PENDING"}
    assert counts(replay) == (1, 0, 0, 0, 0)


async def test_a_replay_to_a_topic_of_choice_resolves(office) -> None:
    letter = office.fail()
    await office.finished(await office.desk.replay(TOPIC, options(target="elsewhere")))
    assert office.publisher.sent[0].topic == "elsewhere"
    assert await office.standing() == {letter.id: "RESOLVED"}


@pytest.mark.parametrize(("target", "kind"), [("nowhere", UnknownName), ("rim.fast-path.dlq", UsageError)])
async def test_a_target_that_will_not_do_is_refused_before_anything_happens(office, target, kind) -> None:
    letter = office.fail()
    with pytest.raises(kind):
        await office.desk.replay(TOPIC, options(target=target))
    assert await office.standing() == {letter.id: "PENDING"}


async def test_records_go_out_in_the_order_in_which_they_stood(office) -> None:
    for partition, offset in ((1, 9), (0, 7), (1, 3), (0, 2)):
        office.fail(b"%d-%d" % (partition, offset), partition=partition, offset=offset)
    await office.finished(await office.desk.replay(TOPIC, options()))
    assert [each.value for each in office.publisher.sent] == [b"0-2", b"0-7", b"1-3", b"1-9"]


@pytest.mark.parametrize(
    ("given", "ids"),
    [
        ({"categories": ("VALIDATION", "UNKNOWN")}, {"a-1"}),
        ({"tenant": "acme"}, {"b-2"}),
        ({"tenant": "default"}, {"a-1", "c-3"}),
        ({"key": "EURUSD"}, {"c-3"}),
        ({"group": "b"}, {"b-2"}),
        ({"from_ms": 1_733_220_001_000}, {"b-2", "c-3"}),
        ({"to_ms": 1_733_220_001_000}, {"a-1", "b-2"}),
        ({"ids": ("b-2", "c")}, {"b-2", "c-3"}),
        ({"key": "EURUSD", "tenant": "acme"}, set()),
    ],
)
async def test_only_what_fits_the_filter_is_replayed(office, given, ids) -> None:
    office.fail(group="a", offset=1, category="VALIDATION")
    office.clock.tick(1)
    office.fail(group="b", offset=2, headers=(("X-Tenant-ID", b"acme"),))
    office.clock.tick(1)
    office.fail(group="c", offset=3, key=b"EURUSD")
    replay = await office.finished(await office.desk.replay(TOPIC, options(**given)))
    assert replay["replayed"] == len(ids)
    assert {each for each, status in (await office.standing()).items() if status == "RETRYING"} == ids


async def test_at_most_so_many_are_replayed(office) -> None:
    for _ in range(5):
        office.fail()
    replay = await office.finished(await office.desk.replay(TOPIC, options(max_messages=2)))
    assert counts(replay) == (2, 0, 0, 0, 3)
    rest = await office.finished(await office.desk.replay(TOPIC, options()))
    assert counts(rest) == (3, 2, 0, 0, 0), "each letter is counted once: those of the first replay are skipped"


async def test_the_rate_is_kept(office) -> None:
    for _ in range(5):
        office.fail()
    replay = await office.desk.replay(TOPIC, options(rate_per_s=2))
    for second in range(5):
        await office.until(lambda: len(office.publisher.sent) == second + 1)  # noqa: B023
        await office.clock.advance(0.49)
        assert len(office.publisher.sent) == second + 1
        await office.clock.advance(0.01)
    assert (await office.finished(replay))["replayed"] == 5


async def test_what_cannot_be_replayed_is_counted_and_stays(office) -> None:
    office.fail(None, omitted_bytes=9_000, offset=1)
    office.source.write_raw(f"{TOPIC}.dlq", b"no letter")
    office.source.write_raw(f"{TOPIC}.dlq", b'{"originalTopic": "gone", "payload": "x"}')
    replay = await office.finished(await office.desk.replay(TOPIC, options()))
    assert counts(replay) == (0, 0, 3, 0, 0)
    assert any("9000 bytes" in each for each in replay["errors"])
    assert set((await office.standing()).values()) == {"PENDING"}


async def test_a_record_that_kafka_refuses_fails_and_the_others_go_out(office) -> None:
    first, second = office.fail(offset=1), office.fail(offset=2)
    office.publisher.failures = [UsageError("too large")]
    replay = await office.finished(await office.desk.replay(TOPIC, options()))
    assert (counts(replay), replay["errors"]) == ((1, 0, 1, 0, 0), ["too large"])
    assert await office.standing() == {first.id: "PENDING", second.id: "RETRYING"}


async def test_while_kafka_is_away_the_same_records_are_tried_again(office) -> None:
    for number in range(3):
        office.fail(b"%d" % number)
    office.publisher.failures = [None, AWAY, AWAY, AWAY, None]
    replay = await office.desk.replay(TOPIC, options())
    for _ in range(2):
        await office.clock.advance(1)
    replay = await office.finished(replay)
    assert counts(replay) == (3, 0, 0, 0, 0)
    assert sorted(each.value for each in office.publisher.sent) == [b"0", b"1", b"2"]
    assert len({dict(each.headers)["dlq-replay-id"] for each in office.publisher.sent}) == 3


async def test_an_interrupted_replay_goes_on_at_the_next_start_without_loss(office) -> None:
    for number in range(250):
        office.fail(b"%d" % number)
    office.publisher.shut_after = 150
    replay = await office.desk.replay(TOPIC, options())
    await office.until(lambda: len(office.publisher.sent) == 200)
    await office.restart()
    office.publisher.gate.set()
    replay = await office.finished(replay)
    assert counts(replay) == (250, 0, 0, 0, 0)
    assert {each.value for each in office.publisher.sent} == {b"%d" % number for number in range(250)}
    assert (replay["resent"], len(office.publisher.sent)) == (100, 350), "those that were under way, and only they"
    ids = {(each.value, dict(each.headers)["dlq-replay-id"]) for each in office.publisher.sent}
    assert len(ids) == 250, "sent again under the same id, so that they can be known as the same"


async def test_a_stopped_replay_leaves_the_rest_pending(office) -> None:
    for _ in range(250):
        office.fail()
    office.publisher.gate.clear()
    replay = await office.desk.replay(TOPIC, options())
    await office.until(lambda: len(office.publisher.sent) == 100)
    stopping = asyncio.ensure_future(office.desk.stop_replay(replay["replay"]))
    await asyncio.sleep(0)
    office.publisher.gate.set()
    assert (await stopping)["state"] == "stopped"
    assert counts(office.desk.replay_status(replay["replay"])) == (100, 0, 0, 0, 150)
    assert await office.depth() == 150
    rest = await office.finished(await office.desk.replay(TOPIC, options()))
    assert counts(rest) == (150, 100, 0, 0, 0)


async def test_a_replay_stopped_while_kafka_is_away_does_not_leave_letters_hanging(office) -> None:
    letter = office.fail()
    office.publisher.failures = [AWAY] * 3
    replay = await office.desk.replay(TOPIC, options())
    await office.until(lambda: len(office.publisher.failures) == 2)
    stopping = asyncio.ensure_future(office.desk.stop_replay(replay["replay"]))
    await asyncio.sleep(0)
    await office.clock.advance(1)
    assert (await stopping)["state"] == "stopped"
    assert await office.standing() == {letter.id: "PENDING"}
    office.publisher.failures = []
    await office.finished(await office.desk.replay(TOPIC, options()))
    (sent,) = office.publisher.sent
    assert dict(sent.headers)["dlq-replay-id"] == b"rpl_2", "the id under which it may have gone out before"


async def test_one_replay_at_a_time_for_a_topic(office) -> None:
    office.fail()
    office.publisher.gate.clear()
    going = await office.desk.replay(TOPIC, options())
    with pytest.raises(Conflict, match=going["replay"]):
        await office.desk.replay(TOPIC, options())
    assert (await office.desk.replay(TOPIC, options(dry_run=True)))["state"] == "dry-run"
    office.publisher.gate.set()
    await office.finished(going)


async def test_letters_written_meanwhile_are_not_of_the_replay(office) -> None:
    letter = office.fail()
    office.publisher.gate.clear()
    going = await office.desk.replay(TOPIC, options())
    await office.until(lambda: office.publisher.sent)
    office.fail_again(letter)
    office.publisher.gate.set()
    assert counts(await office.finished(going)) == (1, 0, 0, 0, 0)
    assert len(office.publisher.sent) == 1


async def test_each_replay_has_an_audit_record_with_reason_and_ticket(office) -> None:
    office.fail()
    office.publisher.audit_failures = [AWAY]
    replay = await office.desk.replay(TOPIC, options(reason="PLATO is back", ticket="OPS-7"))
    await office.until(lambda: not office.publisher.audit_failures)
    assert office.desk.replay_status(replay["replay"])["state"] == "running", "not over before it is written"
    await office.clock.advance(1)
    await office.finished(replay)
    (record,) = office.publisher.audit
    assert (record["auditType"], record["sourceTopic"], record["key"]) == (
        "DLQ_REPLAY",
        f"{TOPIC}.dlq",
        replay["replay"],
    )
    assert (record["details"]["reason"], record["details"]["ticket"]) == ("PLATO is back", "OPS-7")
    assert (record["details"]["replayed"], record["details"]["state"]) == (1, "finished")
    assert len(record["payloadSha256"]) == 64


async def test_contracts_without_audit_do_not_hold_up_a_replay(office) -> None:
    office.fail()
    office.publisher.audit_failures = [UnknownName("there is no topic 'audit.events'")]
    replay = await office.finished(await office.desk.replay(TOPIC, options()))
    assert replay["state"] == "finished"


async def test_the_story_is_told_as_facts_under_the_ids_of_the_record(office) -> None:
    letter = office.fail(headers=(("X-Request-ID", b"req-9"),))
    await office.finished(await office.desk.replay(TOPIC, options(reason="why")))
    kinds = [fact.kind for fact in office.facts.all]
    assert kinds == ["DlqReplayStarted", "DlqStatusChanged", "DlqRecordReplayed", "DlqReplayFinished"]
    (replayed,) = office.facts.of("DlqRecordReplayed")
    assert (replayed.request_id, replayed.dlq_ids, replayed.replays) == ("req-9", (letter.id,), 1)
    assert (replayed.topic, replayed.partition, replayed.offset) == (TOPIC, 2, 1_001)
    assert office.facts.of("DlqReplayFinished")[0].replayed == 1
    assert office.facts.of("DlqStatusChanged")[0].request_id == "req-9"
