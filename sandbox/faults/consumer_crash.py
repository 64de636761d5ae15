from __future__ import annotations

from pydantic import Field

from sandbox.faults.points import DueDelivery, Moment
from sandbox.faults.record_fault import DeliveryFault

__all__ = ["ConsumerCrash"]


class ConsumerCrash(DeliveryFault):
    """Ends the service's consumer at a record, before that is handled, as a bug would; then it joins again.

    It commits nothing more and leaves its group, which deals its partitions anew; what it had handled since its last
    commit comes again. The process and its other groups go on: `service-crash` kills it. Once, unless `first`, `nth` or
    `every` is given.
    """

    kind = "consumer-crash"

    away: int = Field(default=1_000, ge=0, le=600_000)
    """Milliseconds of the sandbox's clock before it joins again."""

    def counts(self, number: int) -> bool:
        """Once, unless it is told how often: the record that it crashes on comes again."""
        return super().counts(number) and (number == 1 or not self._is_once)

    def is_spent(self, seen: int) -> bool:
        return super().is_spent(seen) or (seen >= 1 and self._is_once)

    @property
    def _is_once(self) -> bool:
        return (self.first, self.nth, self.every) == (None, None, None)

    async def act(self, point: DueDelivery, moment: Moment) -> None:
        raise point.crash(lambda: moment.wait(self.away / 1000))
