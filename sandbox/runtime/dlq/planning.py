"""Which letters a replay is for, and what it would come to."""

from __future__ import annotations

from dataclasses import dataclass, replace

from sandbox.contracts.dead_letter import DlqStatus
from sandbox.runtime.dlq.letters import Letter, Letters
from sandbox.runtime.dlq.replay import RAW, Replay, ReplayOptions

__all__ = ["REPLAYED_STATUSES", "Planned"]

REPLAYED_STATUSES = (DlqStatus.PENDING.value,)


@dataclass(frozen=True, slots=True)
class Planned:
    """`chosen` letters are asked for, `skipped` fit but for their status, `beyond` are more than were wanted.

    A bundle is one original record: it goes out once, whatever number of groups had failed on it.
    """

    chosen: tuple[Letter, ...]
    bundles: tuple[tuple[Letter, ...], ...]
    skipped: int
    beyond: int

    @classmethod
    def of(cls, letters: Letters, dlq_topic: str, options: ReplayOptions) -> Planned:
        statuses = options.wanted.statuses or REPLAYED_STATUSES
        matching = letters.in_original_order(dlq_topic, replace(options.wanted, statuses=()))
        fitting = [each for each in matching if each.status in statuses]
        chosen = fitting[: options.max_messages]
        bundles: dict[object, list[Letter]] = {}
        for letter in chosen:
            place = (letter.topic, letter.partition, letter.position) if letter.position >= 0 else letter.number
            bundles.setdefault(place, []).append(letter)
        if options.target == RAW:
            for members in bundles.values():
                members += _reached_too(letters, members)
        return cls(
            chosen=tuple(chosen),
            bundles=tuple(tuple(members) for members in bundles.values()),
            skipped=len(matching) - len(fitting),
            beyond=len(fitting) - len(chosen),
        )

    @property
    def asked(self) -> frozenset[int]:
        return frozenset(each.number for each in self.chosen)

    def rehearsed(self, replay: Replay, letters: Letters, now_ms: int) -> Replay:
        """The dry run of `replay`: the counts it would end with if nothing went wrong."""
        asked, options = self.asked, replay.options
        replayed = failed = dead = records = also_reached = 0
        for members in self.bundles:
            own = sum(each.number in asked for each in members)
            if options.edited is None and letters.content(members[0]).problem is not None:
                failed += own
            elif options.moves_statuses and max(each.replays for each in members) >= options.retry_limit:
                dead += own
            else:
                replayed += own
                records += 1
                also_reached += len(members) - own
        return replace(
            replay,
            state="dry-run",
            ended_ms=now_ms,
            replayed=replayed,
            failed=failed,
            marked_dead=dead,
            records=records,
            also_reached=also_reached,
        )


def _reached_too(letters: Letters, members: list[Letter]) -> list[Letter]:
    """Letters of other groups for the same record: on its original topic it reaches them too."""
    known = {each.number for each in members}
    same = letters.of_same_original(members[0])
    return [each for each in same if each.number not in known and each.status == DlqStatus.PENDING]
