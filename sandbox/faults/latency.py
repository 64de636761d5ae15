from __future__ import annotations

from typing import Any

from pydantic import Field, model_validator

from sandbox.faults.fault import HttpFault
from sandbox.faults.points import HttpExchange, Moment

__all__ = ["Latency"]

LONGEST_MS = 600_000


class Latency(HttpFault):
    """Holds requests up before the service sees them; those that wait go on at once when it is removed.

    By `ms`, more or less `jitter`; evenly from `lower` to `upper`; or lognormal by `median` and `sigma`.
    """

    kind = "latency"

    ms: int | None = Field(default=None, ge=0, le=LONGEST_MS)
    """How long, in milliseconds of the sandbox's clock."""
    jitter: int = Field(default=0, ge=0, le=LONGEST_MS)
    """Milliseconds by which `ms` is more or less, evenly spread."""
    lower: int | None = Field(default=None, ge=0, le=LONGEST_MS)
    """The shortest, in milliseconds; evenly spread up to `upper`."""
    upper: int | None = Field(default=None, ge=0, le=LONGEST_MS)
    """The longest, in milliseconds; with `lower`."""
    median: int | None = Field(default=None, ge=1, le=LONGEST_MS)
    """Half of the requests wait less, in milliseconds, and few much longer (lognormal); with `sigma`."""
    sigma: float | None = Field(default=None, gt=0, le=4)
    """How long the tail is: at 0.4 one of a hundred waits 2.5 × the median, at 1 ten times."""

    @model_validator(mode="after")
    def _one_distribution(self) -> Latency:
        if (self.lower is None) != (self.upper is None):
            raise ValueError("lower and upper go together")
        if (self.median is None) != (self.sigma is None):
            raise ValueError("median and sigma go together")
        if sum(each is not None for each in (self.ms, self.lower, self.median)) != 1:
            raise ValueError("needs ms, or lower and upper, or median and sigma")
        if self.jitter and self.ms is None:
            raise ValueError("jitter goes with ms")
        if self.lower is not None and self.upper is not None and self.lower > self.upper:
            raise ValueError(f"lower must not be above upper, {self.upper}")
        return self

    async def act(self, point: HttpExchange, moment: Moment) -> Any:
        await moment.wait(self._wait_ms(moment) / 1000)
        return await point.proceed()

    def _wait_ms(self, moment: Moment) -> float:
        if self.ms is not None:
            return max(0.0, self.ms + moment.uniform(-self.jitter, self.jitter))
        if self.lower is not None and self.upper is not None:
            return moment.uniform(self.lower, self.upper)
        assert self.median is not None and self.sigma is not None
        return min(moment.lognormal(self.median, self.sigma), LONGEST_MS)
