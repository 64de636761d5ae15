"""What the desk knows: depth, lists, single letters, purging, and what it does without being asked."""

from __future__ import annotations

from typing import Any

import pytest

from sandbox.contracts.dead_letter import DlqStatus
from sandbox.errors import UnknownName, UsageError
from sandbox.kafka.cluster import KafkaUnavailable
from sandbox.runtime.dlq.automatic import Automatic
from sandbox.runtime.dlq.letter_filter import LetterFilter
from sandbox.runtime.dlq.replay import ReplayOptions

TOPIC = "perception.events"
ALL = LetterFilter()


async def rows(office, **wanted: Any) -> list[dict[str, Any]]:
    return (await office.desk.list(TOPIC, LetterFilter(**wanted)))["letters"]


async def test_depth_counts_pending_letters_by_topic_and_category(office) -> None:
    office.fail()
    office.fail(category="VALIDATION")
    office.fail(topic="rim.fast-path", category="VALIDATION", status=DlqStatus.DEAD)
    office.source.topics["odyssey.paths.dlq"] = []
    paths, perception, rim = await office.desk.topics()
    assert [paths["topic"], perception["topic"], rim["topic"]] == ["odyssey.paths", TOPIC, "rim.fast-path"]
    assert (perception["depth"], perception["letters"]) == (2, 2)
    assert perception["categories"] == {"DOWNSTREAM_FAILURE": 1, "VALIDATION": 1}
    assert (rim["depth"], rim["dead"], rim["letters"]) == (0, 1, 1)
    assert (paths["depth"], paths["letters"]) == (0, 0)


async def test_a_letter_written_twice_is_one_letter(office) -> None:
    office.fail(offset=1)
    office.fail(offset=1)
    (row,) = await rows(office)
    assert (row["copies"], await office.depth()) == (2, 1)


async def test_letters_come_page_by_page_in_the_order_of_writing(office) -> None:
    written = [office.fail().id for _ in range(7)]
    seen: list[str] = []
    after = 0
    while page := (await office.desk.list(TOPIC, ALL, after=after, limit=3))["letters"]:
        seen += [each["id"] for each in page]
        after = (await office.desk.list(TOPIC, ALL, after=after, limit=3))["next"]
    assert seen == written
    assert (await office.desk.list(f"{TOPIC}.dlq", ALL, limit=3))["matching"] == 7


@pytest.mark.spec("DLQ-INVESTIGATE")
async def test_a_letter_is_shown_with_its_content_by_the_beginning_of_its_id(office) -> None:
    office.fail(b"\xff\x00", offset=41, headers=(("X-Request-ID", b"req-1"),))
    office.fail(offset=52)
    found = await office.desk.show(TOPIC, "capsule-4")
    assert (found["id"], found["status"], found["letter"]["originalTopic"]) == ("capsule-41", "PENDING", TOPIC)
    assert (found["sizeBytes"], found["headers"]) == (2, [["X-Request-ID", "req-1"]])
    with pytest.raises(UsageError, match=r"several ids"):
        await office.desk.show(TOPIC, "capsule-")
    for unknown in ("nobody", "", "capsule%"):
        with pytest.raises((UnknownName, UsageError)):
            await office.desk.show(TOPIC, unknown)


async def test_the_history_of_a_letter_tells_its_replays(office) -> None:
    letter = office.fail()
    replay = await office.finished(await office.desk.replay(TOPIC, ReplayOptions()))
    (entry,) = (await office.desk.show(TOPIC, letter.id))["history"]
    assert (entry["replay"], entry["state"], entry["topic"], entry["offset"]) == (
        replay["replay"],
        "sent",
        TOPIC,
        1_001,
    )


async def test_an_unknown_topic_is_named_with_the_nearest(office) -> None:
    with pytest.raises(UnknownName) as caught:
        await office.desk.list("perception.event", ALL)
    assert caught.value.hint == "did you mean perception.events?"


async def test_statuses_outlive_the_engine_and_the_topics_retention(office) -> None:
    letter = office.fail(b"content")
    await office.finished(await office.desk.replay(TOPIC, ReplayOptions()))
    await office.restart()
    assert await office.standing() == {letter.id: "RETRYING"}
    office.source.commits["capsule", TOPIC, 2] = 1_002
    await office.desk.look()
    assert await office.standing() == {letter.id: "RESOLVED"}


async def test_a_topic_that_was_made_anew_begins_anew(office) -> None:
    for _ in range(4):
        office.fail()
    assert await office.depth() == 4
    office.source.topics[f"{TOPIC}.dlq"].clear()
    fresh = office.fail()
    assert await office.standing() == {fresh.id: "PENDING"}


async def test_purging_gives_letters_up_and_says_so_in_the_audit(office) -> None:
    first, second = office.fail(category="VALIDATION"), office.fail()
    purged = await office.desk.purge(TOPIC, LetterFilter(categories=("VALIDATION",)), reason="test data", ticket="T-1")
    assert (purged["purged"], await office.depth()) == (1, 1)
    assert await office.standing() == {first.id: "SKIPPED", second.id: "PENDING"}
    assert (await rows(office))[0]["note"] == "purged: test data"
    (record,) = office.publisher.audit
    assert (record["auditType"], record["details"]["ticket"], record["details"]["purged"]) == ("DLQ_PURGE", "T-1", 1)
    assert len(office.source.topics[f"{TOPIC}.dlq"]) == 2, "the topic is append-only"
    assert (await office.desk.purge(TOPIC, ALL))["purged"] == 1
    replay = await office.finished(await office.desk.replay(TOPIC, ReplayOptions()))
    assert (replay["replayed"], replay["skipped"], office.publisher.sent) == (0, 2, [])


async def test_an_unknown_replay_is_refused(office) -> None:
    with pytest.raises(UnknownName):
        office.desk.replay_status("rep_0")
    with pytest.raises(UnknownName):
        await office.desk.stop_replay("rep_0")


async def test_replays_are_listed_newest_first(office) -> None:
    for _ in range(2):
        await office.finished(await office.desk.replay(TOPIC, ReplayOptions()))
        office.clock.tick(1)
    first, second = office.desk.newest_replays()
    assert first["start"] > second["start"]


async def test_kafka_away_is_said_as_it_is(office) -> None:
    office.source.is_away = True
    with pytest.raises(KafkaUnavailable):
        await office.desk.topics()


async def test_nothing_is_replayed_automatically_unless_switched_on(office) -> None:
    letter = office.fail()
    office.clock.tick(3_600)
    await office.desk.look()
    assert (office.desk.automatic.enabled, await office.standing()) == (False, {letter.id: "PENDING"})


@pytest.mark.spec("DLQ-REPLAY-AUTOMATIC")
async def test_only_the_categories_that_allow_it_are_replayed_automatically(office) -> None:
    office.desk.set_automatic(Automatic(enabled=True, wait_s=30))
    for category in ("DESERIALIZATION", "VALIDATION", "DOWNSTREAM_FAILURE", "PERSISTENCE", "UNKNOWN"):
        office.fail(category=category, group=category.lower(), offset=1 + len(category))
    await office.desk.look()
    assert office.publisher.sent == [], "they rest first"
    office.clock.tick(30)
    await office.desk.look()
    await office.until(lambda: len(office.publisher.sent) == 2)
    replayed = {each["failureCategory"] for each in await rows(office, statuses=("RETRYING",))}
    assert replayed == {"DOWNSTREAM_FAILURE", "PERSISTENCE"}
    assert office.desk.newest_replays()[0]["automatic"] is True


async def test_automatic_replays_wait_for_recovery(office) -> None:
    office.desk.set_automatic(Automatic(enabled=True, wait_s=1))
    office.fail(group="capsule", offset=1)
    office.fail(group="odyssey", offset=2)
    office.clock.tick(5)
    office.health.found = None
    await office.desk.look()
    assert office.publisher.sent == [], "a component is not ready"
    office.health.found = {"odyssey"}
    await office.desk.look()
    await office.until(lambda: len(office.publisher.sent) == 1)
    assert {each["id"] for each in await rows(office, statuses=("PENDING",))} == {"odyssey-2"}


async def test_what_fails_again_rests_longer_each_time_and_ends_as_dead(office) -> None:
    office.desk.set_automatic(Automatic(enabled=True, wait_s=10))
    letter = office.fail()
    for number, rest_s in enumerate((10, 20, 40), start=1):
        office.clock.tick(rest_s - 1)
        await office.desk.look()
        assert len(office.publisher.sent) == number - 1
        office.clock.tick(1)
        await office.desk.look()
        await office.until(lambda: not office.desk.replays.running())
        assert len(office.publisher.sent) == number
        letter = office.fail_again(letter)
    office.clock.tick(80)
    await office.desk.look()
    await office.until(lambda: not office.desk.replays.running())
    assert (len(office.publisher.sent), (await office.standing())[letter.id]) == (3, "DEAD")


async def test_the_switch_outlives_the_engine(office) -> None:
    office.desk.set_automatic(Automatic(enabled=True, wait_s=5))
    await office.restart()
    assert office.desk.automatic == Automatic(enabled=True, wait_s=5)


async def test_the_desk_looks_around_by_itself_and_outlives_an_outage(office) -> None:
    letter = office.fail()
    await office.finished(await office.desk.replay(TOPIC, ReplayOptions()))
    office.source.commits["capsule", TOPIC, 2] = 1_002
    office.source.is_away = True
    await office.clock.advance(1)
    office.source.is_away = False
    await office.clock.advance(1)
    assert (await office.standing())[letter.id] == "RESOLVED"
