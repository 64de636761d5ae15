"""Consumer groups as lines for people."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

__all__ = ["detail_lines", "group_lines", "reset_lines"]


def group_lines(groups: Sequence[dict[str, Any]]) -> Iterator[str]:
    width = max((len(each["group"]) for each in groups), default=5)
    yield f"{'group':<{width}}  {'state':<19}  {'members':>7}  {'lag':>8}  topics"
    for each in groups:
        counts = f"{each['memberCount']:>7}  {each['lag']:>8}"
        yield f"{each['group']:<{width}}  {each['state']:<19}  {counts}  {', '.join(each['topics'])}".rstrip()


def detail_lines(group: dict[str, Any]) -> Iterator[str]:
    whose = f"  consumed by {group['service']}" if group["service"] else ""
    yield f"{group['group']}  {group['state']}  lag {group['lag']}{whose}"
    for member in group["members"]:
        yield f"  {member['client']} on {member['host']}  {_count(member['partitions'], 'partition')}"
    if not group["members"]:
        yield "  no members"
    place = max((len(_place(each)) for each in group["partitions"]), default=9)
    yield f"  {'partition':<{place}}  {'committed':>10}  {'end':>10}  {'lag':>8}  member"
    for each in group["partitions"]:
        numbers = f"{_shown(each['committed']):>10}  {each['end']:>10}  {each['lag']:>8}"
        yield f"  {_place(each):<{place}}  {numbers}  {each['client'] or '-'}"


def reset_lines(reset: dict[str, Any]) -> Iterator[str]:
    """Only the partitions that move."""
    again, leaves = ("would read", "would leave") if reset["dryRun"] else ("reads", "leaves")
    moved = [each for each in reset["partitions"] if each["again"] or each["skipped"]]
    told = [f"{again} {_count(reset['again'], 'record')} again"] if reset["again"] else []
    told += [f"{leaves} {_count(reset['skipped'], 'record')} out"] if reset["skipped"] else []
    yield f"{reset['group']} to {reset['to']}: {', '.join(told) or 'stands there already'}"
    place = max((len(_place(each)) for each in moved), default=0)
    for each in moved:
        yield f"  {_place(each):<{place}}  {_shown(each['committed']):>10} → {each['to']}"


def _place(partition: dict[str, Any]) -> str:
    return f"{partition['topic']}-{partition['partition']}"


def _shown(committed: int | None) -> str:
    return "-" if committed is None else str(committed)


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"
