"""How a state looks: a sign, a word and a colour, so that it can be told without colours too."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Sign", "sign_of"]


@dataclass(frozen=True, slots=True)
class Sign:
    """`tone` is a theme's variable: $good, $warn, $bad, $info or $dim."""

    mark: str
    word: str
    tone: str


_SIGNS = {
    # components
    "ready": Sign("●", "ready", "$good"),
    "starting": Sign("◌", "starting", "$info"),
    "degraded": Sign("◐", "degraded", "$warn"),
    "failed": Sign("✗", "failed", "$bad"),
    "stopping": Sign("◌", "stopping", "$dim"),
    "stopped": Sign("○", "stopped", "$dim"),
    "paused": Sign("‖", "paused", "$warn"),
    # the feed
    "connecting": Sign("◌", "connecting", "$info"),
    "live": Sign("●", "live", "$good"),
    "reconnecting": Sign("◐", "reconnecting", "$warn"),
    # breakers
    "CLOSED": Sign("●", "CLOSED", "$good"),
    "OPEN": Sign("✗", "OPEN", "$bad"),
    "FORCED_OPEN": Sign("✗", "FORCED_OPEN", "$bad"),
    "HALF_OPEN": Sign("◐", "HALF_OPEN", "$warn"),
    "DISABLED": Sign("○", "DISABLED", "$dim"),
    "METRICS_ONLY": Sign("◌", "METRICS_ONLY", "$info"),
    # steps and runs
    "running": Sign("▶", "running", "$info"),
    "passed": Sign("✓", "passed", "$good"),
    "skipped": Sign("–", "skipped", "$dim"),
    "interrupted": Sign("■", "interrupted", "$warn"),
    "waiting": Sign("·", "waiting", "$dim"),
    # dead letters
    "PENDING": Sign("◌", "PENDING", "$warn"),
    "RETRYING": Sign("▶", "RETRYING", "$info"),
    "RESOLVED": Sign("✓", "RESOLVED", "$good"),
    "DEAD": Sign("✗", "DEAD", "$bad"),
    "SKIPPED": Sign("–", "SKIPPED", "$dim"),
    # log levels
    "DEBUG": Sign("·", "DEBUG", "$dim"),
    "INFO": Sign("·", "INFO", "$info"),
    "WARNING": Sign("▲", "WARN", "$warn"),
    "WARN": Sign("▲", "WARN", "$warn"),
    "ERROR": Sign("✗", "ERROR", "$bad"),
    "CRITICAL": Sign("✗", "CRIT", "$bad"),
}


def sign_of(state: str) -> Sign:
    """The sign of a component's, breaker's, step's or dead letter's state; an unknown one shows as its own word."""
    return _SIGNS.get(state) or Sign("?", state, "$dim")
