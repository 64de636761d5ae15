"""How often a client may call (seed: Rate Limiting): a fixed window per client and class, from its first request.

The window runs on the sandbox's clock; `X-RateLimit-Reset` and `Retry-After` are wall time, as clients wait for real.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping
from dataclasses import replace

from sandbox.clock import NANOS, Clock
from sandbox.contracts.envelope import ApiError, ErrorCode
from sandbox.services.http.authentication import Authenticator
from sandbox.services.http.cors import is_preflight
from sandbox.services.http.exchange import Exchange
from sandbox.services.http.limit_class import limit_class
from sandbox.services.settings import RateLimits

__all__ = ["Admission", "RateLimiter", "client_of"]

WINDOWS_LIMIT = 4096


def client_of(headers: Mapping[str, str], address: str | None) -> str:
    """Who is counted: the credential (as a digest), else the tenant, else the address."""
    credential = headers.get("Authorization") or headers.get("X-API-Key")
    if credential:
        return "credential:" + hashlib.sha256(credential.encode(errors="replace")).hexdigest()[:16]
    if tenant := headers.get("X-Tenant-ID"):
        return f"tenant:{tenant}"
    return f"address:{address}"


class Admission:
    """`reset_epoch_s` is wall time, `wait_s` the real seconds until then (at least 1)."""

    __slots__ = ("admitted", "limit", "remaining", "reset_epoch_s", "wait_s")

    def __init__(self, admitted: bool, limit: int, remaining: int, reset_epoch_s: int, wait_s: int) -> None:
        self.admitted = admitted
        self.limit = limit
        self.remaining = remaining
        self.reset_epoch_s = reset_epoch_s
        self.wait_s = wait_s


class _Window:
    __slots__ = ("end_ns", "reset_epoch_s", "speed", "start_ns", "used")

    def __init__(self, start_ns: int) -> None:
        self.start_ns = start_ns
        self.used = 0
        self.end_ns = self.reset_epoch_s = 0
        self.speed = 0.0


class RateLimiter:
    """Counts requests per client. `limits` and `enabled` may be changed at any time, also within running windows."""

    def __init__(self, clock: Clock, limits: RateLimits, *, enabled: bool = True) -> None:
        self.limits = limits
        self.enabled = enabled
        self._configured = (limits, enabled)
        self._clock = clock
        self._has_speed = hasattr(clock, "speed")
        self._windows: dict[tuple[str, str], _Window] = {}

    def change(
        self,
        *,
        query: int | None = None,
        command: int | None = None,
        admin: int | None = None,
        enabled: bool | None = None,
    ) -> None:
        """Set what is given; the rest stays, running windows too."""
        given = {"query": query, "command": command, "admin": admin}
        self.limits = replace(self.limits, **{name: limit for name, limit in given.items() if limit is not None})
        if enabled is not None:
            self.enabled = enabled

    def reset(self) -> None:
        """Back to the start: the limits that were configured, and no window."""
        self.limits, self.enabled = self._configured
        self._windows.clear()

    def to_json(self) -> dict[str, int | bool]:
        limits = self.limits
        return {
            "query": limits.query,
            "command": limits.command,
            "admin": limits.admin,
            "windowSeconds": limits.window_s,
            "enabled": self.enabled,
        }

    def windows(self) -> list[dict[str, str | int | float]]:
        """The running windows: who has used how much of which class, and the real seconds until each ends."""
        now_ns, window_ns = self._clock.monotonic_ns(), self.limits.window_s * NANOS
        speed = self._clock.speed if self._has_speed else 1.0
        return [
            {
                "client": client,
                "kind": kind,
                "used": window.used,
                "limit": getattr(self.limits, kind),
                "left_s": round((window.start_ns + window_ns - now_ns) / NANOS / speed, 1),
            }
            for (client, kind), window in self._windows.items()
            if now_ns - window.start_ns < window_ns
        ]

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
                self._keep((client, kind), window, now_ns, window_ns)
        admitted = not counted or window.used < limit
        if counted and admitted:
            window.used += 1
        speed = self._clock.speed if self._has_speed else 1.0
        end_ns = window.start_ns + window_ns
        if window.speed != speed or window.end_ns != end_ns:
            # Once a window, and again when clock or window length are changed: the end in wall time.
            left_s = (end_ns - now_ns) / NANOS / speed
            window.speed, window.end_ns = speed, end_ns
            window.reset_epoch_s = math.ceil(self._clock.now_ms() / 1000 + left_s)
        wait_s = 0 if admitted else max(1, math.ceil((end_ns - now_ns) / NANOS / speed))
        return Admission(admitted, limit, max(0, limit - window.used), window.reset_epoch_s, wait_s)

    def check(self, authenticator: Authenticator):
        """The boundary's check. The three headers go on every answer; the services' calls to each other are exempt."""

        def check_rate(exchange: Exchange) -> None:
            request = exchange.request
            headers = request.headers
            exchange.client = client = client_of(headers, request.remote)
            limiters = exchange.limiters
            if limiters is None and (not self.enabled or authenticator.is_service(headers)):
                return
            kind, counted = exchange.endpoint.limit_class or limit_class(request.method, request.path)
            limiter = self
            if limiters is not None:
                if kind in limiters:
                    limiter = limiters[kind]
                elif not self.enabled or authenticator.is_service(headers):
                    return
            admission = limiter.admit(client, kind, counted=counted and not is_preflight(exchange))
            shown = exchange.response_headers
            shown["X-RateLimit-Limit"] = str(admission.limit)
            shown["X-RateLimit-Remaining"] = str(admission.remaining)
            shown["X-RateLimit-Reset"] = str(admission.reset_epoch_s)
            if not admission.admitted:
                raise ApiError(ErrorCode.RATE_LIMITED, retry_after_s=admission.wait_s)

        return check_rate

    def _keep(self, key: tuple[str, str], window: _Window, now_ns: int, window_ns: int) -> None:
        """Windows stand in the order of their start; there is room for so many, ended ones make it, else the oldest."""
        self._windows.pop(key, None)
        if len(self._windows) >= WINDOWS_LIMIT:
            ended = [each for each, kept in self._windows.items() if now_ns - kept.start_ns >= window_ns]
            for each in ended or [next(iter(self._windows))]:
                del self._windows[each]
        self._windows[key] = window
