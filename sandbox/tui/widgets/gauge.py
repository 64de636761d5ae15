"""How full something is."""

from __future__ import annotations

from textual.content import Content

__all__ = ["gauge", "tone_of"]


def tone_of(part: float) -> str:
    """Calm up to 70 %, a warning above, alarm when full."""
    return "$bad" if part >= 1 else "$warn" if part >= 0.7 else "$info"


def gauge(used: float, limit: float, width: int, tone: str | None = None) -> Content:
    """`▓▓▓▓░░░░`; a limit of nought is full."""
    part = min(1.0, used / limit) if limit > 0 else 1.0
    filled = round(part * width) if part < 1 else width
    filled = max(1, filled) if used > 0 else filled
    return Content.assemble(("▓" * filled, tone or tone_of(part)), ("░" * (width - filled), "$faint"))
