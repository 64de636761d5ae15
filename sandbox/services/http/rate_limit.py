"""How often a client may call (seed: Rate Limiting): a fixed window per client and class, from its first request.

The window runs on the sandbox's clock; `X-RateLimit-Reset` and `Retry-After` are wall time, as clients wait for real.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

from sandbox.clock import NANOS, Clock
from sandbox.services.settings import RateLimits

__all__ = ["Admission", "RateLimiter", "limit_class"]

QUERY_METHODS = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})
ADMIN_PREFIX = "/api/v1/admin/"
ACTUATOR_PREFIX = "/actuator"
WINDOWS_LIMIT = 4096


def limit_class(method: str, path: str) -> tuple[str, bool]:
    """`(query|command|admin, counted)`: reads of the actuator are shown the limits and not counted."""
    if path.startswith(ACTUATOR_PREFIX):
        return "admin", method not in QUERY_METHODS
    if path.startswith(ADMIN_PREFIX):
        return "admin", True
    return ("query" if method in QUERY_METHODS else "command"), True


@dataclass(frozen=True, slots=True)
class Admission:
    """`reset_epoch_s` is wall time, `wait_s` the real seconds until then (at least 1)."""

    admitted: bool
    limit: int
    remaining: int
    reset_epoch_s: int
    wait_s: int

    def headers(self) -> dict[str, str]:
        return {
            "X-RateLimit-Limit": str(self.limit),
            "X-RateLimit-Remaining": str(self.remaining),
            "X-RateLimit-Reset": str(self.reset_epoch_s),
        }


class _Window:
    __slots__ = ("start_ns", "used")

    def __init__(self, start_ns: int) -> None:
        self.start_ns = start_ns
        self.used = 0


class RateLimiter:
    """Counts requests per client. `limits` and `enabled` may be changed at any time, also within running windows."""

    def __init__(self, clock: Clock, limits: RateLimits, *, enabled: bool = True) -> None:
        self.limits = limits
        self.enabled = enabled
        self._clock = clock
        self._windows: dict[tuple[str, str], _Window] = {}

    def change(self, *, query: int | None = None, command: int | None = None, admin: int | None = None) -> None:
        """Set the limits that are given; the others stay."""
        given = {"query": query, "command": command, "admin": admin}
        self.limits = replace(self.limits, **{name: limit for name, limit in given.items() if limit is not None})

    def reset(self) -> None:
        """Forget every window."""
        self._windows.clear()

    def admit(self, client: str, kind: str, *, counted: bool = True) -> Admission:
        """Whether `client` may make one more request of class `kind`; one exactly at a window's end opens the next."""
        limits = self.limits
        limit: int = getattr(limits, kind)
        window_ns = limits.window_s * NANOS
        now_ns = self._clock.monotonic_ns()
        window = self._windows.get((client, kind))
        if window is None or now_ns - window.start_ns >= window_ns:
            window = _Window(now_ns)
            if counted:
                self._windows.pop((client, kind), None)
                if len(self._windows) >= WINDOWS_LIMIT:
                    self._make_room(now_ns, window_ns)
                self._windows[(client, kind)] = window
        admitted = not counted or window.used < limit
        if counted and admitted:
            window.used += 1
        left_s = (window.start_ns + window_ns - now_ns) / NANOS / getattr(self._clock, "speed", 1.0)
        reset_epoch_s = math.ceil(self._clock.now_ms() / 1000 + left_s)
        return Admission(admitted, limit, max(0, limit - window.used), reset_epoch_s, max(1, math.ceil(left_s)))

    def _make_room(self, now_ns: int, window_ns: int) -> None:
        """Drop ended windows, else the oldest: they stand in the order of their start."""
        ended = [key for key, window in self._windows.items() if now_ns - window.start_ns >= window_ns]
        for key in ended or [next(iter(self._windows))]:
            del self._windows[key]
