"""One event loop in a thread of its own, for whoever has another one or none."""

from __future__ import annotations

import asyncio
import functools
import threading
from collections.abc import Callable, Coroutine
from typing import Any, Concatenate, ParamSpec, Protocol, TypeVar

from sandbox.errors import SandboxError

__all__ = ["HasLoop", "LoopThread", "hide_told", "in_loop"]

TOLD = (AssertionError, SandboxError)
"""What is said to the author of a test: where in here it was raised means nothing to them."""


def hide_told(info: Any) -> bool:
    """For a module's `__tracebackhide__`: pytest leaves its frames out of the traceback of such an error."""
    return bool(info.errisinstance(TOLD))


__tracebackhide__ = hide_told

Result = TypeVar("Result")
Given = ParamSpec("Given")


class LoopThread:
    """All network use of a test process goes through it, so that connections outlive the loops of single tests."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="sandbox", daemon=True)
        self._thread.start()

    def run(self, work: Coroutine[Any, Any, Result]) -> Result:
        """Do it there and wait for it here."""
        if threading.current_thread() is self._thread:
            work.close()
            raise RuntimeError("a predicate must not ask the sandbox itself")
        future = asyncio.run_coroutine_threadsafe(work, self._loop)
        try:
            return future.result()
        except TOLD as error:
            raise error.with_traceback(None)  # noqa: B904 -- it is the same error, without the way through the loop
        except BaseException:
            future.cancel()
            raise

    async def reach(self, work: Coroutine[Any, Any, Result]) -> Result:
        """Do it there and wait for it in the caller's own loop."""
        if asyncio.get_running_loop() is self._loop:
            return await work
        try:
            return await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(work, self._loop))
        except TOLD as error:
            raise error.with_traceback(None)  # noqa: B904

    def close(self) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(timeout=10)
        self._loop.close()


class HasLoop(Protocol):
    @property
    def loop(self) -> LoopThread: ...


Owner = TypeVar("Owner", bound=HasLoop)


def in_loop(
    method: Callable[Concatenate[Owner, Given], Coroutine[Any, Any, Result]],
) -> Callable[Concatenate[Owner, Given], Coroutine[Any, Any, Result]]:
    """A method that may be awaited in any loop and runs in its owner's."""

    @functools.wraps(method)
    async def there(self: Owner, *args: Given.args, **kwargs: Given.kwargs) -> Result:
        return await self.loop.reach(method(self, *args, **kwargs))

    return there
