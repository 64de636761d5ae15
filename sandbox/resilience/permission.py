"""A call as a block: `async with breaker.permission() as call:`."""

from __future__ import annotations

from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    from sandbox.resilience.circuit_breaker import CircuitBreaker

__all__ = ["Permission"]


class Permission:
    """Permission for one call, which is the block. Entering raises CallNotPermitted.

    The end of the block is the outcome: `on_error` for an error, `on_result` for what `result` was set to, else
    `on_success`; a cancelled block gives the permission back. Works with `with` too. Not for reuse.
    """

    __slots__ = ("_breaker", "_start_ns", "result")

    def __init__(self, breaker: CircuitBreaker) -> None:
        self._breaker = breaker
        self._start_ns = 0
        self.result: Any = None

    def __enter__(self) -> Self:
        self._breaker.acquire_permission()
        self._start_ns = self._breaker.clock.monotonic_ns()
        return self

    def __exit__(
        self, error_type: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        duration_ns = self._breaker.clock.monotonic_ns() - self._start_ns
        if error is None:
            self._end(duration_ns)
        elif isinstance(error, Exception):
            self._breaker.on_error(duration_ns, error)
        else:
            self._breaker.release_permission()

    def _end(self, duration_ns: int) -> None:
        try:
            self._breaker.on_result(duration_ns, self.result)
        except Exception as error:
            # A predicate raised: as if the call had, so that the permission does not get lost.
            self._breaker.on_error(duration_ns, error)
            raise

    async def __aenter__(self) -> Self:
        return self.__enter__()

    async def __aexit__(
        self, error_type: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.__exit__(error_type, error, traceback)
