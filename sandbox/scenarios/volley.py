"""Makes HTTP calls, each at its moment, whether or not the ones before have been answered."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator, Mapping
from typing import Any

from sandbox.clock import NANOS, Clock
from sandbox.errors import SandboxError, UpstreamUnavailable
from sandbox.scenarios.background import Work
from sandbox.scenarios.latencies import Latencies
from sandbox.scenarios.model.selection import Expectation, Observed
from sandbox.scenarios.outflow import YIELD_EVERY, wait_until
from sandbox.scenarios.ports import Answer
from sandbox.scenarios.result import ExpectationFailed, Failure

__all__ = ["Volley"]

NO_ANSWER = "no answer"
FIRST_ERROR = 400


class Volley(Work):
    """`call` makes call number n, which counts from 1; `moments` as for an `Outflow`.

    At most `at_once` calls are under way: one that is due while they are is not made, and counts as dropped, so that a
    slow service does not slow down what is asked of it unseen. With `waits` it is made as soon as one of them is done.
    """

    def __init__(
        self,
        clock: Clock,
        call: Callable[[int], Awaitable[Answer]],
        moments: Iterator[int],
        *,
        at_once: int,
        waits: bool = False,
        expectations: tuple[Expectation, ...] = (),
    ) -> None:
        self._clock = clock
        self._call = call
        self._moments = moments
        self._at_once = at_once
        self._waits = waits
        self._broken: SandboxError | None = None
        self._expectations = expectations
        self._under_way: set[asyncio.Task[None]] = set()
        self._stopping = False
        self._start_ns = self._last_ns = 0
        self._latencies = Latencies()
        self._statuses: Counter[str] = Counter()
        self._last_error = ""
        self.sent = 0
        self.dropped = 0

    def stop(self) -> None:
        self._stopping = True

    async def run(self) -> None:
        """Returns when every call has been answered or given up. Raises UsageError for one that cannot be made."""
        self._start_ns = self._last_ns = start_ns = self._clock.monotonic_ns()
        try:
            for moment_ns in self._moments:
                await wait_until(self._clock, start_ns + moment_ns, lambda: self._stopping)
                if self._stopping:
                    break
                if self._waits and len(self._under_way) >= self._at_once:
                    await asyncio.wait(self._under_way, return_when=asyncio.FIRST_COMPLETED)
                if len(self._under_way) >= self._at_once:
                    self.dropped += 1
                else:
                    self._begin()
                if self.sent % YIELD_EVERY == 0:
                    await asyncio.sleep(0)
            if self._under_way:
                await asyncio.wait(self._under_way)
            if self._broken is not None:
                raise self._broken
        finally:
            for task in self._under_way:
                task.cancel()

    def _begin(self) -> None:
        self.sent += 1
        self._last_ns = self._clock.monotonic_ns()
        task = asyncio.create_task(self._one(self.sent))
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)

    async def _one(self, number: int) -> None:
        try:
            answer = await self._call(number)
        except UpstreamUnavailable as error:
            self._statuses[NO_ANSWER] += 1
            self._last_error = error.message
            return
        except SandboxError as error:
            self._broken = self._broken or error
            self.stop()
            return
        self._latencies.add(answer.took_ms)
        self._statuses[str(answer.status)] += 1
        if answer.status >= FIRST_ERROR:
            self._last_error = f"{answer.status} {answer.body[:200].decode(errors='replace')}"

    @property
    def errors(self) -> int:
        """Calls without an answer, and those answered by a status of 400 or more."""
        return sum(self._wrong().values())

    def _wrong(self) -> dict[str, int]:
        return {
            status: count
            for status, count in sorted(self._statuses.items())
            if status == NO_ANSWER or int(status) >= FIRST_ERROR
        }

    def result(self) -> Mapping[str, Any]:
        took_s = (self._last_ns - self._start_ns) / NANOS
        percentile = self._latencies.percentile_ms
        return {
            "sent": self.sent,
            "answered": self._latencies.count,
            "errors": self.errors,
            "dropped": self.dropped,
            "rate": (self.sent - 1) / took_s if self.sent > 1 and took_s > 0 else None,
            "p50_ms": percentile(50),
            "p95_ms": percentile(95),
            "p99_ms": percentile(99),
            "max_ms": self._latencies.max_ms if self._latencies.count else None,
            "statuses": dict(sorted(self._statuses.items())),
        }

    @property
    def told(self) -> str:
        """`600 calls, 100/s, p50 3 ms, p95 9 ms, p99 12 ms, 4 errors: 3 × 503, 1 × no answer`."""
        found = self.result()
        parts = [f"{self.sent:,} call{'' if self.sent == 1 else 's'}"]
        if found["rate"] is not None:
            parts.append(f"{found['rate']:.4g}/s")
        if self._latencies.count:
            parts += [f"p{percent} {found[f'p{percent}_ms']:.3g} ms" for percent in (50, 95, 99)]
        if wrong := self._wrong():
            kinds = ", ".join(f"{count} × {status}" for status, count in wrong.items())
            parts.append(f"{self.errors} error{'' if self.errors == 1 else 's'}: {kinds}")
        if self.dropped:
            parts.append(f"{self.dropped} not made, since {self._at_once} were under way")
        return ", ".join(parts)

    def check(self) -> None:
        found = self.result()
        observed = Observed(document=found, parts={name: value for name, value in found.items() if value is not None})
        wrong = [mismatch for each in self._expectations if (mismatch := each.mismatch(observed)) is not None]
        if wrong:
            expected = ", ".join(each.describe() for each in self._expectations)
            evidence = (("calls", self.told), ("last error", self._last_error))
            raise ExpectationFailed(Failure(expected, ", ".join(each.describe() for each in wrong), evidence))
