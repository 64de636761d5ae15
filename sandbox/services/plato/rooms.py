"""Each tenant has a room of its own in the store, furnished with the seeded state when it is first entered."""

from __future__ import annotations

from sandbox.clock import Clock
from sandbox.contracts.envelope import ApiError, FieldError
from sandbox.services.plato.seed import plant
from sandbox.services.plato.store import Store

__all__ = ["Rooms"]


class Rooms:
    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._entered: set[str] = set()

    def enter(self, tenant: str) -> str:
        """The tenant, whose state is there from now on."""
        if tenant not in self._entered:
            plant(self._store, tenant, self._clock.now_ms())
            self._entered.add(tenant)
        return tenant

    def leave_all(self) -> None:
        """Forget who was here: the store was cleared."""
        self._entered.clear()

    @staticmethod
    def unknown(field: str, value: str) -> ApiError:
        return ApiError.invalid([FieldError(field, f"names nothing that exists: {value}")])
