"""A letter's record sent with changes: what goes out, what it settles, what is written down about it."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from sandbox.errors import Conflict, UsageError
from sandbox.runtime.dlq.replay import ReplayOptions

TOPIC = "perception.events"


async def sent_edited(office: Any, letter: Any, changes: dict[str, Any], **options: Any) -> dict[str, Any]:
    began = await office.desk.replay_edited(TOPIC, letter.id, changes, ReplayOptions(**options))
    return began if began["dryRun"] else await office.finished(began)


async def test_what_is_not_changed_goes_out_byte_for_byte(office) -> None:
    letter = office.fail(
        b"\xff poison", key=b"\xfe", headers=(("X-Request-ID", b"req-1"), ("bin", b"\x80")), partition=4
    )
    shown = await office.desk.show(TOPIC, letter.id)
    headers = [["X-Request-ID", "req-2"], *shown["headers"][1:]]
    replay = await sent_edited(office, letter, {"value": {"speed": 7}, "headers": headers})
    (sent,) = office.publisher.sent
    assert (sent.topic, sent.partition, sent.key, sent.value) == (TOPIC, 4, b"\xfe", b'{"speed": 7}')
    assert sent.headers[:2] == [("X-Request-ID", b"req-2"), ("bin", b"\x80")]
    assert [name for name, _ in sent.headers[2:]] == ["dlq-replay-id", "dlq-retry-count"]
    assert (replay["replayed"], replay["edited"]) == (1, ["value", "headers"])


async def test_the_letter_is_settled_by_what_was_sent_for_it(office) -> None:
    letter = office.fail()
    await sent_edited(office, letter, {"valueBase64": base64.b64encode(b"better").decode()})
    assert await office.standing() == {letter.id: "RETRYING"}
    office.source.commits["capsule", TOPIC, 2] = 1_002
    await office.desk.look()
    assert await office.standing() == {letter.id: "RESOLVED"}


async def test_another_key_goes_to_the_partition_of_its_own_records(office) -> None:
    await sent_edited(office, office.fail(partition=4), {"key": "another"})
    (sent,) = office.publisher.sent
    assert (sent.key, sent.partition) == (b"another", None)


async def test_the_audit_record_says_what_was_changed_and_why(office) -> None:
    await sent_edited(office, office.fail(), {"key": "k2"}, reason="wrong entity", ticket="T-2")
    (record,) = office.publisher.audit
    assert (record["auditType"], record["details"]["edited"]) == ("DLQ_REPLAY", ["key"])
    assert (record["details"]["reason"], record["details"]["ticket"]) == ("wrong entity", "T-2")


async def test_a_letter_without_its_payload_can_be_sent_with_one(office) -> None:
    letter = office.fail(None, omitted_bytes=9)
    await sent_edited(office, letter, {"value": {"a": 1}})
    assert office.publisher.sent[0].value == b'{"a": 1}'


async def test_a_dead_letter_may_be_corrected_however_often_it_was_replayed(office) -> None:
    letter = office.fail(headers=(("dlq-retry-count", b"3"),))
    await office.finished(await office.desk.replay(TOPIC, ReplayOptions()))
    assert await office.standing() == {letter.id: "DEAD"}
    replay = await sent_edited(office, letter, {"value": {}})
    assert (replay["replayed"], replay["markedDead"]) == (1, 0)


async def test_a_dry_run_encodes_and_sends_nothing(office) -> None:
    letter = office.fail()
    dry = await sent_edited(office, letter, {"value": {"a": 1}}, dry_run=True)
    assert (dry["state"], dry["replayed"], office.publisher.sent) == ("dry-run", 1, [])
    with pytest.raises(UsageError, match="no field of the schema"):
        await sent_edited(office, letter, {"value": {"bad": 1}}, dry_run=True)


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({}, "nothing differs"),
        ({"key": "k", "headers": []}, "nothing differs"),
        ({"value": [1]}, "must be an object"),
        ({"valueBase64": "§"}, "not base64"),
    ],
)
async def test_what_cannot_be_sent_is_refused(office, changes: dict[str, Any], text: str) -> None:
    with pytest.raises(UsageError, match=text):
        await sent_edited(office, office.fail(), changes)
    assert await office.depth() == 1


async def test_a_letter_that_is_settled_is_not_sent_again(office) -> None:
    letter = office.fail(consumer_group=None)
    await office.finished(await office.desk.replay(TOPIC, ReplayOptions()))
    with pytest.raises(Conflict, match="RESOLVED"):
        await sent_edited(office, letter, {"key": "x"})


async def test_an_interrupted_one_goes_on_with_the_changes(office) -> None:
    letter = office.fail()
    office.publisher.gate.clear()
    await office.desk.replay_edited(TOPIC, letter.id, {"value": {"a": 1}}, ReplayOptions())
    await office.until(lambda: office.publisher.sent)
    office.publisher.gate.set()
    await office.restart()
    await office.until(lambda: not office.desk.replays.running())
    assert {sent.value for sent in office.publisher.sent} == {b'{"a": 1}'}


async def test_a_letter_is_shown_with_its_original_decoded_or_with_the_reason(office) -> None:
    good, poison = office.fail(b'{"a": 1}'), office.fail(b"\xff\x00")
    assert (await office.desk.show(TOPIC, good.id))["original"]["value"] == {"a": 1}
    shown = (await office.desk.show(TOPIC, poison.id))["original"]
    assert (shown["value"], shown["reason"], shown["hex"]) == (None, "the value is not JSON", "ff 00")
