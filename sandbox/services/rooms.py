"""Each tenant has a room of its own in the store, furnished with the seeded state when it is first entered."""

from __future__ import annotations

from collections.abc import Callable

__all__ = ["Rooms"]


class Rooms:
    """`plant` gives a tenant its first state; it is called at most once per process and tenant."""

    def __init__(self, plant: Callable[[str], None]) -> None:
        self._plant = plant
        self._entered: set[str] = set()

    def enter(self, tenant: str) -> str:
        """The tenant, whose state is there from now on."""
        if tenant not in self._entered:
            self._plant(tenant)
            self._entered.add(tenant)
        return tenant

    def leave_all(self) -> None:
        """Forget who was here: the store was cleared."""
        self._entered.clear()
