"""Consumer groups as the control API shows and sets them: anybody's to look at, our services' to set while they run.

Kafka sets the offsets of a group only while it has no members. Those of our services are told to leave for it and to
join again (link 2); if the engine dies in between, their absence ends by itself. Anybody else's have to be stopped by
whoever runs them.
"""

from __future__ import annotations

import asyncio
import difflib
import logging
import time
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any

from sandbox.clock import Clock
from sandbox.errors import Conflict, UnknownName
from sandbox.events.facts import FactSink, GroupOffsetsSet
from sandbox.kafka.groups import GroupDescription, GroupMember, GroupsAdmin
from sandbox.observe.ledger import Ledger
from sandbox.runtime.begin_at import begin_at
from sandbox.runtime.services_link import ServicesLink

__all__ = ["GroupsView"]

log = logging.getLogger(__name__)

ABSENCE_S = 40.0
"""How long our members stay away at most. Longer than everything that happens while they do."""
EMPTY_LIMIT_S = 15.0
"""How long to wait for a member of ours that was killed: Kafka gives it up after its session timeout of 10 s."""
EMPTY_EVERY_S = 0.1


class GroupsView:
    """`connect` opens Kafka's admin, `processes` gives all processes of services, `running` those that run now. Raises
    KafkaUnavailable throughout."""

    def __init__(
        self,
        connect: Callable[[], AbstractAsyncContextManager[GroupsAdmin]],
        processes: Callable[[], Sequence[ServicesLink]],
        running: Callable[[], Sequence[ServicesLink]],
        ledger: Ledger,
        facts: FactSink,
        clock: Clock,
    ) -> None:
        self._connect = connect
        self._processes = processes
        self._running = running
        self._ledger = ledger
        self._facts = facts
        self._clock = clock
        self._turn = asyncio.Lock()

    async def all(self) -> list[dict[str, Any]]:
        """Every group in short, sorted by name."""
        ours = self._ours()
        async with self._connect() as admin:
            names = sorted({*await admin.names(), *ours})
            found = await asyncio.gather(*(self._described(admin, group) for group in names))
        return [_row(each, ours.get(each.group, {}).get("service")) for each in found]

    async def one(self, group: str) -> dict[str, Any]:
        """A group with its members and partitions. Raises UnknownName."""
        async with self._connect() as admin:
            return self._detail(await self._known(admin, group))

    async def reset(self, group: str, to: str, topics: Sequence[str] = (), *, dry_run: bool = False) -> dict[str, Any]:
        """Set the group's offsets on `topics` (default: all it reads) to earliest, latest, an instant or a time ago.

        Raises UsageError for a `to` that is none, UnknownName for a group or topic that is not there, and Conflict
        while members that are not our services' read on.
        """
        begin = begin_at(to, round(time.time() * 1000))
        async with self._turn, self._connect() as admin:
            known = await self._known(admin, group)
            wanted = tuple(topics) or tuple(dict.fromkeys(each.topic for each in known.partitions))
            plan = _outcome(known, to, await admin.positions(wanted, begin), dry_run=True)
            if dry_run:
                return plan
            self._refuse_strangers(known)
            async with self._members_away(group):
                stood = await self._until_empty(admin, group)
                offsets = await admin.positions(wanted, begin)
                await admin.set_offsets(group, offsets)
                outcome = _outcome(stood, to, offsets, dry_run=False)
                self._tell(group, to, wanted, outcome)
            return outcome

    @asynccontextmanager
    async def _members_away(self, group: str) -> AsyncIterator[None]:
        """Our services' members are out of the group while in here, and in again after, whatever happens."""
        processes = [each for each in self._running() if group in _groups_of(each)]
        try:
            left = await asyncio.gather(
                *(each.admin.leave_group(group, ABSENCE_S) for each in processes), return_exceptions=True
            )
            if failed := next((each for each in left if isinstance(each, BaseException)), None):
                raise failed
            yield
        finally:
            joined = await asyncio.gather(*(each.admin.join_group(group) for each in processes), return_exceptions=True)
            for process, each in zip(processes, joined, strict=True):
                if isinstance(each, BaseException):
                    log.warning("group %s: %s is away for %g s at most: %s", group, process.name, ABSENCE_S, each)

    async def _until_empty(self, admin: GroupsAdmin, group: str) -> GroupDescription:
        """The group once it has no members. Raises Conflict when it still has some at the limit."""
        try:
            async with asyncio.timeout(EMPTY_LIMIT_S):
                while (described := await self._described(admin, group)).members:
                    self._refuse_strangers(described)
                    await asyncio.sleep(EMPTY_EVERY_S)
        except TimeoutError:
            raise _conflict(group, described.members) from None
        return described

    def _refuse_strangers(self, group: GroupDescription) -> None:
        """Raises Conflict when the group has members that are not our services'."""
        mine = {f"{group.group}-{each.name}" for each in self._processes()}
        if strangers := [each for each in group.members if each.client_id not in mine]:
            raise _conflict(group.group, strangers)

    def _tell(self, group: str, to: str, topics: tuple[str, ...], outcome: Mapping[str, Any]) -> None:
        if self._ledger.account(group) is not None:
            for each in outcome["partitions"]:
                self._ledger.moved(group, each["topic"], each["partition"], each["to"])
        self._facts.record(
            GroupOffsetsSet(
                at_ms=self._clock.now_ms(),
                source="engine",
                group=group,
                to=to,
                topics=topics,
                again=outcome["again"],
                skipped=outcome["skipped"],
            )
        )

    async def _known(self, admin: GroupsAdmin, group: str) -> GroupDescription:
        ours = self._ours()
        known = {*await admin.names(), *ours}
        if group not in known:
            near = difflib.get_close_matches(group, known, 1)
            hint = f"did you mean {near[0]}?" if near else "`sandbox groups list` shows them all"
            raise UnknownName(f"there is no consumer group {group!r}", where=group, hint=hint)
        return await self._described(admin, group)

    async def _described(self, admin: GroupsAdmin, group: str) -> GroupDescription:
        (described,) = await admin.describe([group], topics=self._ours().get(group, {}).get("topics", ()))
        return described

    def _ours(self) -> dict[str, dict[str, Any]]:
        """Our services' groups as the processes report them, with the `service`."""
        return {group: each for process in self._processes() for group, each in _groups_of(process).items()}

    def _detail(self, group: GroupDescription) -> dict[str, Any]:
        owners = {at: each.client_id for each in group.members for at in each.partitions}
        return {
            **_row(group, self._ours().get(group.group, {}).get("service")),
            "members": [
                {
                    "member": each.member_id,
                    "client": each.client_id,
                    "host": each.host,
                    "partitions": len(each.partitions),
                }
                for each in group.members
            ],
            "partitions": [
                {
                    "topic": each.topic,
                    "partition": each.partition,
                    "committed": each.committed,
                    "begin": each.begin,
                    "end": each.end,
                    "lag": each.lag,
                    "client": owners.get((each.topic, each.partition)),
                }
                for each in group.partitions
            ],
        }


def _groups_of(process: ServicesLink) -> dict[str, dict[str, Any]]:
    services = process.status.get("services", {})
    return {
        group: {**each, "service": name}
        for name, service in services.items()
        for group, each in service["groups"].items()
    }


def _row(group: GroupDescription, service: str | None) -> dict[str, Any]:
    return {
        "group": group.group,
        "state": group.state,
        "service": service,
        "memberCount": len(group.members),
        "topics": list(dict.fromkeys(each.topic for each in group.partitions)),
        "lag": group.lag,
    }


def _outcome(
    stood: GroupDescription, to: str, offsets: Mapping[tuple[str, int], int], *, dry_run: bool
) -> dict[str, Any]:
    """What the group had committed and where it begins now; nothing committed is where the partition begins."""
    known = {(each.topic, each.partition): each for each in stood.partitions}
    partitions = []
    for (topic, partition), offset in sorted(offsets.items()):
        before = known.get((topic, partition))
        committed = before.committed if before else None
        came_to = committed if committed is not None else before.begin if before else 0
        partitions.append(
            {
                "topic": topic,
                "partition": partition,
                "committed": committed,
                "to": offset,
                "again": max(0, came_to - offset),
                "skipped": max(0, offset - came_to),
            }
        )
    again, skipped = (sum(each[name] for each in partitions) for name in ("again", "skipped"))
    return {
        "group": stood.group, "to": to, "dryRun": dry_run, "again": again, "skipped": skipped, "partitions": partitions,
    }  # fmt: skip


def _conflict(group: str, members: Iterable[GroupMember]) -> Conflict:
    named = ", ".join(f"{each.client_id} on {each.host}" for each in members)
    return Conflict(
        f"group {group} is in use by {named}: Kafka sets the offsets of a group only while it has no members",
        where=group,
        hint="stop these consumers, set the offsets, and start them again",
    )
