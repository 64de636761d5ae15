"""Who wants to hear of events."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any, TypeAlias

__all__ = ["Listener", "Listeners"]

Listener: TypeAlias = Callable[[Any], object]

_log = logging.getLogger(__name__)


class Listeners:
    """Listeners by type of event, called in the order in which they came: those of all events first.

    `active` says whether there are any. A listener that raises is logged and the event ends there; what caused the
    event is not disturbed.
    """

    __slots__ = ("_by_type", "_of_all", "active")

    def __init__(self) -> None:
        self._of_all: tuple[Listener, ...] = ()
        self._by_type: dict[type, tuple[Listener, ...]] = {}
        self.active = False

    def add(self, listener: Listener, event_type: type | None = None) -> None:
        """Call `listener` with each event (of `event_type`). Adding it twice is adding it once."""
        if event_type is None:
            if listener not in self._of_all:
                self._of_all = (*self._of_all, listener)
        elif listener not in self._by_type.get(event_type, ()):
            self._by_type[event_type] = (*self._by_type.get(event_type, ()), listener)
        self.active = True

    def remove(self, listener: Listener) -> None:
        """No longer call `listener` with anything; nothing happens if it was never added."""
        self._of_all = tuple(each for each in self._of_all if each != listener)
        left = {kind: tuple(each for each in them if each != listener) for kind, them in self._by_type.items()}
        self._by_type = {kind: them for kind, them in left.items() if them}
        self.active = bool(self._of_all or self._by_type)

    def wants(self, event_type: type) -> bool:
        return bool(self._of_all) or event_type in self._by_type

    def publish(self, event: object) -> None:
        try:
            for listener in self._of_all:
                listener(event)
            for listener in self._by_type.get(type(event), ()):
                listener(event)
        except Exception:  # noqa: BLE001 - as Resilience4j: a listener's bug must not change what the breaker records
            _log.warning("A listener of %s raised", type(event).__name__, exc_info=True)
