"""How one of our services copes with a team's contracts: what they lack is neither read nor written, nor fatal."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from sandbox.contracts.catalog import Contracts
from sandbox.contracts.delivery import Published, Subscription
from sandbox.contracts.field_check import FieldCheck
from sandbox.contracts.tracing import TraceContext
from sandbox.services.ports import Posted, Publisher

__all__ = ["Decode", "SwappedContracts"]

_log = logging.getLogger("sandbox.contracts")
Decode = Callable[[str, bytes | None], Awaitable[dict[str, Any]]]


class SwappedContracts:
    """Stands between `service` and the Kafka clients."""

    def __init__(self, service: str, contracts: Contracts) -> None:
        self._service = service
        self._contracts = contracts
        self._check = FieldCheck(service, contracts)

    def subscription(self, wanted: Subscription) -> Subscription | None:
        """The subscription without topics that do not exist; None when nothing is left of it."""
        topics = tuple(topic for topic in wanted.topics if topic in self._contracts.topics)
        for topic in wanted.topics:
            if topic not in topics:
                _log.warning("%s does not read %s, which the contracts have not", self._service, topic)
        return replace(wanted, topics=topics) if topics else None

    def decode(self, decode: Decode) -> Decode:
        """Raises RecordFailure VALIDATION for a value that the service could not read."""
        if not self._check:
            return decode

        async def checked(topic: str, data: bytes | None) -> dict[str, Any]:
            value = await decode(topic, data)
            self._check.check(topic, value)
            return value

        return checked

    def publisher(self, publisher: Publisher) -> Publisher:
        return _KnownTopicsPublisher(self._service, publisher, self._contracts)


class _KnownTopicsPublisher:
    """Publishes to the topics that there are; a record for another one goes nowhere, said once a topic."""

    def __init__(self, service: str, publisher: Publisher, contracts: Contracts) -> None:
        self._service = service
        self._publisher = publisher
        self._contracts = contracts
        self._told: set[str] = set()

    async def publish(
        self,
        topic: str,
        value: Mapping[str, Any],
        *,
        key: str | None,
        trace: TraceContext,
        headers: Sequence[tuple[str, bytes]] = (),
    ) -> Published:
        posted = await self.post(topic, value, key=key, trace=trace, headers=headers)
        return await posted.published()

    async def post(
        self,
        topic: str,
        value: Mapping[str, Any],
        *,
        key: str | None,
        trace: TraceContext,
        headers: Sequence[tuple[str, bytes]] = (),
    ) -> Posted:
        if topic in self._contracts.topics:
            return await self._publisher.post(topic, value, key=key, trace=trace, headers=headers)
        if topic not in self._told:
            self._told.add(topic)
            _log.warning("%s publishes nothing to %s, which the contracts have not", self._service, topic)
        return _Nowhere(topic)


class _Nowhere:
    """What is said to be published to a topic that there is not."""

    def __init__(self, topic: str) -> None:
        self._topic = topic

    async def published(self) -> Published:
        return Published(self._topic, partition=-1, offset=-1)
