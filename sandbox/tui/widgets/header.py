"""The line on top: which sandbox, on what, how it is, how much flows, what is wrong on purpose, what the story does."""

from __future__ import annotations

from textual.content import Content
from textual.widgets import Static

from sandbox.tui.figures import rate_text, span_text
from sandbox.tui.signs import sign_of
from sandbox.tui.state import Snapshot

__all__ = ["Header"]


class Header(Static):
    DEFAULT_CSS = """
    Header { dock: top; height: 1; padding: 0 1; background: $surface; color: $foreground; text-wrap: nowrap; }
    """

    def show(self, now: Snapshot) -> None:
        self.update(header_line(now, self.size.width - 2), layout=False)


def header_line(now: Snapshot, width: int) -> Content:
    """What is furthest right goes first when the line is short."""
    first = Content.assemble(("BUTTERFLY", "bold $info"), (" sandbox", "$dim"), (f" · {now.name or '…'}", "bold"))
    parts = [first]
    if now.read_only:
        parts.append(Content.styled("read-only", "$warn"))
    if now.runtime:
        kafka = f"{now.runtime} · Kafka {now.kafka_version}" if width >= 100 else now.runtime
        parts.append(Content.styled(kafka, "$dim"))
    parts.append(_state(now))
    if now.is_live:
        parts.append(Content.assemble(("▶ ", "$info"), f"{rate_text(now.rate):>6} rec/s"))
    if now.faults:
        plural = "s" if len(now.faults) > 1 else ""
        parts.append(Content.styled(f"⚑ {len(now.faults)} fault{plural}", "$warn"))
    if now.run is not None and now.run.state == "running":
        parts.append(Content.assemble(("▣ ", "$info"), f"{now.run.scenario} {now.run.done}/{now.run.total}"))
    while len(parts) > 2 and sum(part.cell_length for part in parts) + 3 * (len(parts) - 1) > width:
        del parts[-1]
    room = width - sum(part.cell_length for part in parts)
    gap = max(2, min(6, room // max(1, len(parts) - 1)))
    return Content(" " * gap).join(parts)


def _state(now: Snapshot) -> Content:
    if not now.is_live:
        sign = sign_of(now.link.state)
        return Content.styled(f"{sign.mark} {sign.word}", sign.tone)
    sign = sign_of(now.state)
    return Content.assemble((f"{sign.mark} {sign.word}", sign.tone), (f" {span_text(now.uptime_ms)}", "$dim"))
