"""Setting a group's offsets: our services step aside and come back, strangers are asked to, and the ledger knows."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Any

import pytest

from sandbox.clock import ManualClock
from sandbox.errors import Conflict, UnknownName, UpstreamUnavailable, UsageError
from sandbox.events.facts import RecordConsumed
from sandbox.kafka.groups import GroupDescription, GroupMember, PartitionLag
from sandbox.kafka.reader import From
from sandbox.observe.journal import Journal
from sandbox.observe.ledger import Ledger
from sandbox.runtime.groups_view import GroupsView
from sandbox.runtime.resets import Resets

TOPIC, END = "rim.fast-path", 5


def member_of(group: str, instance: str) -> GroupMember:
    return GroupMember(f"{instance}-1", f"{group}-{instance}", "127.0.0.1", ((TOPIC, 0),))


class Kafka:
    """Two groups on one topic of two partitions, with the first partition read to its end. Commits are refused while a
    group has members."""

    def __init__(self) -> None:
        self.members: dict[str, list[GroupMember]] = {"capsule": [member_of("capsule", "services")], "mine": []}
        self.committed: dict[tuple[str, str, int], int] = {("capsule", TOPIC, 0): END, ("mine", TOPIC, 0): 2}
        self.refuses = False
        self.looks, self.session_ends_at_look = 0, 0

    async def __aenter__(self) -> Kafka:
        return self

    async def __aexit__(self, *_: object) -> None: ...

    async def names(self) -> tuple[str, ...]:
        return tuple(self.members)

    async def describe(self, groups: Collection[str], *, topics: Collection[str] = ()) -> list[GroupDescription]:
        return [self._described(group) for group in groups]

    def _described(self, group: str) -> GroupDescription:
        self.looks += 1
        if self.looks == self.session_ends_at_look:
            self.members[group] = []
        members = self.members.get(group, [])
        partitions = []
        for partition in range(2):
            committed = self.committed.get((group, TOPIC, partition))
            lag = END - (committed or 0)
            partitions.append(PartitionLag(TOPIC, partition, committed, 0, END, lag))
        return GroupDescription(group, "Stable" if members else "Empty", tuple(members), tuple(partitions))

    async def positions(self, topics: Collection[str], begin: From) -> dict[tuple[str, int], int]:
        if unknown := set(topics) - {TOPIC}:
            raise UnknownName(f"there is no topic {unknown.pop()!r}", where="topic")
        return {(TOPIC, partition): END if begin.end else 1 if begin.timestamp_ms else 0 for partition in range(2)}

    async def set_offsets(self, group: str, offsets: dict[tuple[str, int], int]) -> None:
        if self.members[group]:
            raise Conflict(f"group {group} has members", where=group)
        if self.refuses:
            raise UpstreamUnavailable("Kafka went away")
        self.committed.update({(group, *at): offset for at, offset in offsets.items()})


class Process:
    """A process of services with its admin API, in group `capsule`."""

    def __init__(self, kafka: Kafka, instance: str = "services") -> None:
        self.name = instance
        self.services = ("schema-registry", "capsule") if instance == "services" else ("audit",)
        self.admin = self
        self.did: list[Any] = []
        self.is_dead = self.is_killed = False
        self._kafka = kafka
        groups = {"capsule": {"topics": [TOPIC]}} if instance == "services" else {}
        self.status = {"services": {self.services[-1]: {"groups": groups}}}

    async def leave_group(self, group: str, for_s: float) -> None:
        if self.is_dead:
            raise UpstreamUnavailable("the service process cannot be reached")
        self.did.append(("leave", group))
        self._kafka.members[group] = [each for each in self._kafka.members[group] if "services" not in each.client_id]

    async def join_group(self, group: str) -> bool:
        if self.is_dead:
            raise UpstreamUnavailable("the service process cannot be reached")
        self.did.append(("join", group))
        self._kafka.members[group].append(member_of(group, "services"))
        return True

    async def reset(self, services: Collection[str]) -> dict[str, Any]:
        self.did.append(("reset", *services))
        return {}


@pytest.fixture
def kafka() -> Kafka:
    return Kafka()


@pytest.fixture
def process(kafka: Kafka) -> Process:
    return Process(kafka)


@pytest.fixture
def journal() -> Journal:
    return Journal()


@pytest.fixture
def ledger(journal: Journal) -> Ledger:
    """Knows that `capsule` has read the first partition."""
    ledger = Ledger(journal)
    for offset in range(END):
        journal.append(consumed(offset, "processed"))
    return ledger


def consumed(offset: int, outcome: str) -> RecordConsumed:
    return RecordConsumed(
        at_ms=1, source="capsule", group="capsule", topic=TOPIC, partition=0, offset=offset, outcome=outcome, took_ms=1
    )


@pytest.fixture
def view(kafka: Kafka, process: Process, ledger: Ledger, journal: Journal) -> GroupsView:
    connect: Callable[[], Any] = lambda: kafka  # noqa: E731
    running: Callable[[], Any] = lambda: [] if process.is_killed else [process]  # noqa: E731
    return GroupsView(connect, lambda: [process], running, ledger, journal, ManualClock())  # type: ignore[list-item]


async def test_groups_are_listed_with_the_service_that_consumes_in_them(view: GroupsView) -> None:
    capsule, mine = await view.all()
    assert capsule == {
        "group": "capsule", "state": "Stable", "service": "capsule", "memberCount": 1, "topics": [TOPIC], "lag": 5,
    }  # fmt: skip
    assert (mine["group"], mine["state"], mine["service"], mine["lag"]) == ("mine", "Empty", None, 8)


async def test_a_group_is_shown_with_who_has_which_partition(view: GroupsView) -> None:
    found = await view.one("capsule")
    assert [each["client"] for each in found["members"]] == ["capsule-services"]
    assert [(each["committed"], each["lag"], each["client"]) for each in found["partitions"]] == [
        (5, 0, "capsule-services"),
        (None, 5, None),
    ]


@pytest.mark.spec("KAFKA-REPLAY")
async def test_our_services_leave_for_it_and_join_again(view: GroupsView, kafka: Kafka, process: Process) -> None:
    outcome = await view.reset("capsule", "earliest")
    assert process.did == [("leave", "capsule"), ("join", "capsule")]
    assert kafka.committed[("capsule", TOPIC, 0)] == 0
    assert (outcome["again"], outcome["skipped"]) == (5, 0), "what was never committed is not read again"
    assert outcome["partitions"][0] == {
        "topic": TOPIC, "partition": 0, "committed": 5, "to": 0, "again": 5, "skipped": 0,
    }  # fmt: skip


async def test_the_ledger_counts_from_there_and_what_comes_again_as_such(
    view: GroupsView, ledger: Ledger, journal: Journal
) -> None:
    await view.reset("capsule", "earliest")
    assert ledger.lag("capsule") == END
    for offset in range(END):
        journal.append(consumed(offset, "duplicate"))
    row = ledger.to_json()["groups"]["capsule"]
    assert (row["in_flight"], row["redelivered"], row["duplicate"], row["lost"]) == (0, END, END, 0)
    assert journal.counters.to_json()["kinds"]["GroupOffsetsSet"] == 1


async def test_a_dry_run_moves_nothing_and_disturbs_nobody(view: GroupsView, kafka: Kafka, process: Process) -> None:
    outcome = await view.reset("capsule", "latest", dry_run=True)
    assert (outcome["dryRun"], outcome["again"], outcome["skipped"]) == (True, 0, 5)
    assert (process.did, kafka.committed[("capsule", TOPIC, 0)]) == ([], 5)


async def test_a_group_without_members_is_simply_set(view: GroupsView, kafka: Kafka, process: Process) -> None:
    assert (await view.reset("mine", "10m"))["partitions"][0]["to"] == 1
    assert (kafka.committed[("mine", TOPIC, 0)], process.did) == (1, [])


async def test_strangers_are_named_and_nobody_is_disturbed(view: GroupsView, kafka: Kafka, process: Process) -> None:
    kafka.members["mine"] = [member_of("mine", "laptop")]
    kafka.members["capsule"].append(GroupMember("x-1", "capsule-ide", "10.0.0.7", ()))
    for group, named in (("mine", "mine-laptop on 127.0.0.1"), ("capsule", "capsule-ide on 10.0.0.7")):
        with pytest.raises(Conflict, match=named) as raised:
            await view.reset(group, "earliest")
        assert "stop these consumers" in str(raised.value.hint)
    assert process.did == []


async def test_a_failure_in_between_leaves_the_group_consuming(
    view: GroupsView, kafka: Kafka, process: Process, ledger: Ledger
) -> None:
    kafka.refuses = True
    with pytest.raises(UpstreamUnavailable, match="went away"):
        await view.reset("capsule", "earliest")
    assert process.did == [("leave", "capsule"), ("join", "capsule")]
    assert (kafka.members["capsule"] != [], ledger.lag("capsule")) == (True, 0)


async def test_a_process_that_cannot_be_reached_is_said_and_nothing_moves(
    view: GroupsView, kafka: Kafka, process: Process
) -> None:
    process.is_dead = True
    with pytest.raises(UpstreamUnavailable, match="cannot be reached"):
        await view.reset("capsule", "earliest")
    assert kafka.committed[("capsule", TOPIC, 0)] == 5


async def test_a_member_of_ours_that_was_killed_is_waited_for_until_kafka_gives_it_up(
    view: GroupsView, kafka: Kafka, process: Process
) -> None:
    process.is_killed, kafka.session_ends_at_look = True, 3
    assert (await view.reset("capsule", "earliest"))["again"] == 5
    assert (kafka.committed[("capsule", TOPIC, 0)], process.did) == (0, [])


async def test_what_is_not_there_is_refused_with_the_nearest_name(view: GroupsView, process: Process) -> None:
    with pytest.raises(UnknownName) as raised:
        await view.one("capsul")
    assert raised.value.hint == "did you mean capsule?"
    with pytest.raises(UsageError, match="cannot begin at 'soon'"):
        await view.reset("capsule", "soon")
    with pytest.raises(UnknownName, match=r"no\.such"):
        await view.reset("capsule", "earliest", ["no.such"])
    assert process.did == []


async def test_services_are_reset_where_they_run(kafka: Kafka, process: Process, journal: Journal) -> None:
    other = Process(kafka, "audits")
    resets = Resets(lambda: [process, other], journal, ManualClock())  # type: ignore[list-item]
    assert await resets.reset(["capsule"]) == {"services": ["capsule"]}
    assert (process.did, other.did) == ([("reset", "capsule")], [])
    assert await resets.reset() == {"services": ["capsule", "audit"]}
    assert (process.did[1:], other.did) == ([("reset", "capsule")], [("reset", "audit")])
    with pytest.raises(UnknownName) as raised:
        await resets.reset(["capsule", "schema-registry"])
    assert raised.value.hint == "choose from capsule, audit"
    assert journal.counters.to_json()["kinds"]["ServiceReset"] == 3
