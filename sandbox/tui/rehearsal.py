"""What a replay will come to, in a few lines, before anything is sent."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from textual.content import Content

from sandbox.control.dlq_models import Replay
from sandbox.tui.figures import count_text

__all__ = ["Rehearsal", "plural", "result_text"]


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """`dry_runs` by topic; `hopeless` are reasons why the same bytes fail again now, each with how many records."""

    dry_runs: Mapping[str, Replay]
    hopeless: Mapping[str, int]

    @property
    def records(self) -> int:
        return sum(each.records for each in self.dry_runs.values())

    def lines(self) -> list[Content]:
        lines = []
        for topic, each in sorted(self.dry_runs.items()):
            if self.records and not each.records:
                continue
            to = getattr(each, "targetTopic", None) or topic
            lines.append(Content.assemble((f"{plural(each.records, 'record'):>12}", "bold"), (" → ", "$dim"), to))
        total: Counter[str] = Counter()
        for each in self.dry_runs.values():
            for name in ("skipped", "failed", "markedDead", "left", "alsoReached"):
                total[name] += getattr(each, name, 0) or 0
        for name, tone, text in (
            ("alsoReached", "$dim", "letters of other groups for the same records are answered too"),
            ("skipped", "$dim", "are skipped: their status says that there is nothing to do"),
            ("markedDead", "$bad", "are marked DEAD instead: they were replayed too often already"),
            ("failed", "$bad", "cannot be sent: their original was not kept"),
            ("left", "$warn", "are left for another time"),
        ):
            if total[name]:
                lines.append(Content.assemble((f"{count_text(total[name]):>12}", tone), f" {text}"))
        for reason, count in self.hopeless.items():
            text = f" will fail again: {reason}"
            lines.append(Content.assemble((f"{count_text(count):>12}", "$warn"), (text, "$warn")))
        return lines


def plural(count: int, noun: str) -> str:
    return f"{count_text(count)} {noun}" if count == 1 else f"{count_text(count)} {noun}s"


def result_text(replays: Sequence[Replay], settled: Mapping[str, int]) -> Content:
    """How replays ended: what went out, and how their letters stand now (status → letters)."""
    sent = sum(each.records for each in replays)
    parts = [Content.assemble(("✓ ", "$good"), f"{plural(sent, 'record')} sent")]
    for status, tone, text in (
        ("RETRYING", "$info", "waiting for the group"),
        ("RESOLVED", "$good", "handled"),
        ("SKIPPED", "$bad", "failed again"),
        ("DEAD", "$bad", "marked DEAD"),
    ):
        if settled.get(status):
            parts.append(Content.styled(f"{count_text(settled[status])} {text}", tone))
    failed = sum(each.failed for each in replays)
    if failed:
        parts.append(Content.styled(f"{count_text(failed)} could not be sent", "$bad"))
    if any(each.state == "stopped" for each in replays):
        parts.append(Content.styled("stopped; the rest is PENDING", "$warn"))
    return Content(" · ").join(parts)
