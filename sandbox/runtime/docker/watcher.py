"""The Docker engine's events about one sandbox's containers, brought into the event loop."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Callable, Mapping
from typing import Any

from sandbox.runtime.docker.labels import SERVICE_LABEL

__all__ = ["Watcher"]

AGAIN_S = 0.5


class Watcher:
    """A thread on the stream of events. `on_event(service, event)` is called in the loop of `start`.

    `on_gap` too, each time the stream was begun anew: events may have been missed.
    """

    def __init__(
        self,
        client: Any,
        labels: list[str],
        *,
        on_event: Callable[[str, Mapping[str, Any]], None],
        on_gap: Callable[[], None],
    ) -> None:
        self._client = client
        self._labels = labels
        self._on_event = on_event
        self._on_gap = on_gap
        self._over = threading.Event()
        self._listening = threading.Event()
        self._stream: Any = None

    async def start(self, limit_s: float = 10.0) -> None:
        """Begin to listen, and return once the engine has the subscription."""
        loop = asyncio.get_running_loop()
        threading.Thread(target=self._watch, args=(loop,), name="docker events", daemon=True).start()
        await asyncio.to_thread(self._listening.wait, limit_s)

    def stop(self) -> None:
        self._over.set()
        if self._stream is not None:
            with contextlib.suppress(OSError, ValueError, AttributeError):  # gone already
                self._stream.close()

    def _watch(self, loop: asyncio.AbstractEventLoop) -> None:
        import docker
        import requests
        import urllib3

        broken = (docker.errors.DockerException, requests.RequestException, urllib3.exceptions.HTTPError, OSError)
        while not self._over.is_set():
            try:
                self._stream = self._client.events(decode=True, filters={"type": "container", "label": self._labels})
                if self._listening.is_set():
                    loop.call_soon_threadsafe(self._on_gap)
                self._listening.set()
                for event in self._stream:
                    self._tell(loop, event)
            except (*broken, ValueError, AttributeError, RuntimeError):
                pass  # closed by `stop` or by the engine; in the second case it is asked again
            self._over.wait(AGAIN_S)

    def _tell(self, loop: asyncio.AbstractEventLoop, event: Mapping[str, Any]) -> None:
        service = event.get("Actor", {}).get("Attributes", {}).get(SERVICE_LABEL)
        if service and not self._over.is_set():
            loop.call_soon_threadsafe(self._on_event, service, event)
