"""Dead letters and replays as lines for people."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

__all__ = ["detail_lines", "letter_lines", "replay_lines", "replays_lines", "topic_lines"]

ID_SHOWN = 8
ERROR_SHOWN = 60
PAYLOAD_SHOWN = 2_000


def topic_lines(topics: Sequence[dict[str, Any]]) -> Iterator[str]:
    width = max((len(each["topic"]) for each in topics), default=5)
    counts = f"{'depth':>6}  {'retrying':>8}  {'resolved':>8}  {'dead':>6}  {'skipped':>7}"
    yield f"{'topic':<{width}}  {counts}  pending by category"
    for each in topics:
        categories = ", ".join(f"{name} {count}" for name, count in each["categories"].items())
        yield (
            f"{each['topic']:<{width}}  {each['depth']:>6}  {each['retrying']:>8}  {each['resolved']:>8}"
            f"  {each['dead']:>6}  {each['skipped']:>7}  {categories}"
        ).rstrip()


def letter_lines(letters: Sequence[dict[str, Any]]) -> Iterator[str]:
    ids = _short_ids([each["id"] for each in letters])
    width = max((len(each) for each in ids), default=2)
    yield f"{'id':<{width}}  {'status':<8}  {'category':<18}  {'group':<16}  {'replays':>7}  {'key':<28}  why"
    for short, each in zip(ids, letters, strict=True):
        why = each["problem"] or each["note"] or each["errorMessage"] or each["errorType"] or ""
        who = f"{each['consumerGroupId'] or '-':<16}  {each['replays']:>7}  {_printable(each['key'] or '-'):<28}"
        yield f"{short:<{width}}  {each['status']:<8}  {each['failureCategory']:<18}  {who}  {_clip(why)}".rstrip()


def detail_lines(letter: dict[str, Any]) -> Iterator[str]:
    body = letter["letter"]
    place = f"{letter['originalTopic']}-{letter['partition']}@{letter['offset']}"
    yield f"{letter['id']}  {letter['status']}  {letter['failureCategory']}"
    if letter["note"]:
        yield f"  {letter['note']}"
    if letter["problem"]:
        yield f"  cannot be replayed: {letter['problem']}"
    for label, value in (
        ("original", place),
        ("key", _printable(str(letter["key"]))),
        ("group", letter["consumerGroupId"]),
        ("service", letter["sourceService"]),
        ("retries", letter["retryCount"]),
        ("replays", letter["replays"]),
        ("written", letter["dlqTimestamp"]),
        ("on", f"{letter['dlqTopic']}-{letter['dlqPartition']}@{letter['dlqOffset']}"),
        ("error", f"{letter['errorType']}: {letter['errorMessage']}"),
    ):
        yield f"  {label:<9} {value}"
    yield "  headers"
    for name, value in letter["headers"]:
        yield f"    {name}: {_printable(value)}"
    yield f"  payload   {letter['sizeBytes']} bytes"
    yield f"    {_printable(str(body.get('payload'))[:PAYLOAD_SHOWN])}"
    if body.get("stackTrace"):
        yield "  stack trace"
        yield from (f"    {line}" for line in str(body["stackTrace"]).splitlines())
    for each in letter["history"]:
        where = f" {each['topic']}-{each['partition']}@{each['offset']}" if each["topic"] else ""
        yield f"  {each['replay']}  {each['state']}{where}{'  ' + each['error'] if each['error'] else ''}"


def replay_lines(replay: dict[str, Any]) -> Iterator[str]:
    target = replay["targetTopic"] or replay["topic"]
    yield f"{replay['replay']}  {replay['state']}  {replay['topic']}.dlq → {target}"
    done = "would replay" if replay["dryRun"] else "replayed"
    yield (
        f"  {done} {replay['replayed']}  skipped {replay['skipped']}  failed {replay['failed']}"
        f"  marked dead {replay['markedDead']}  left {replay['left']}"
    )
    if replay["alsoReached"]:
        yield f"  {replay['alsoReached']} letters of other groups for the same records are answered too"
    if replay["resent"]:
        yield f"  {replay['resent']} records may be there twice: an interruption left open whether they had arrived"
    for error in replay["errors"]:
        yield f"  failed: {error}"
    yield f"  {replay['start']} – {replay['end'] or '…'}"


def replays_lines(replays: Sequence[dict[str, Any]]) -> Iterator[str]:
    yield f"{'replay':<20}  {'state':<8}  {'start':<24}  {'replayed':>8}  {'failed':>6}  {'dead':>5}  topic"
    for each in replays:
        reason = f"  ({each['reason']})" if each["reason"] else ""
        yield (
            f"{each['replay']:<20}  {each['state']:<8}  {each['start']:<24}  {each['replayed']:>8}"
            f"  {each['failed']:>6}  {each['markedDead']:>5}  {each['topic']}{reason}"
        )


def _short_ids(ids: Sequence[str]) -> list[str]:
    """As short as they can be and still be told apart, at least some characters."""
    for length in range(ID_SHOWN, max(map(len, ids), default=0)):
        short = [each[:length] for each in ids]
        if len(set(short)) == len(ids):
            return short
    return list(ids)


def _printable(text: str) -> str:
    """Without what would make a terminal do something."""
    return "".join(each if each.isprintable() else repr(each)[1:-1] for each in text)


def _clip(text: str) -> str:
    line = _printable(" ".join(text.split()))
    return line if len(line) <= ERROR_SHOWN else f"{line[: ERROR_SHOWN - 1]}…"
