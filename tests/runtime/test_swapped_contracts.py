"""What a team's contracts lack is neither read nor written, and what they allow is checked."""

from __future__ import annotations

import copy
import logging
from typing import Any

import pytest

from sandbox.contracts.catalog import Contracts
from sandbox.contracts.dead_letter import RecordFailure
from sandbox.contracts.delivery import Published, Subscription
from sandbox.contracts.tracing import TraceContext
from sandbox.runtime.swapped_contracts import SwappedContracts


def without(*topics: str) -> Contracts:
    contracts = Contracts.load()
    left = {name: topic for name, topic in contracts.topics.items() if name not in topics}
    return Contracts(left, copy.deepcopy(contracts.schemas))


async def nothing(_: Any) -> None:
    return None


class Sent:
    def __init__(self) -> None:
        self.topics: list[str] = []

    async def post(self, topic: str, value: Any, *, key: Any, trace: Any, headers: Any = ()) -> Sent:
        self.topics.append(topic)
        return self

    async def published(self) -> Published:
        return Published(self.topics[-1], 0, 0)


def test_a_topic_that_is_not_there_is_not_subscribed_to(caplog: pytest.LogCaptureFixture) -> None:
    swapped = SwappedContracts("odyssey", without("perception.signals"))
    wanted = Subscription("odyssey-reflex", ("rim.fast-path", "perception.signals"), nothing)
    found = swapped.subscription(wanted)
    assert found is not None and found.topics == ("rim.fast-path",) and found.handle is nothing
    assert "odyssey does not read perception.signals" in caplog.text


def test_a_subscription_without_topics_is_none() -> None:
    swapped = SwappedContracts("plato", without("odyssey.paths"))
    assert swapped.subscription(Subscription("plato", ("odyssey.paths",), nothing)) is None


async def test_a_record_for_a_topic_that_is_not_there_goes_nowhere_and_that_is_said_once(
    caplog: pytest.LogCaptureFixture,
) -> None:
    sent = Sent()
    publisher = SwappedContracts("odyssey", without("odyssey.actors")).publisher(sent)
    with caplog.at_level(logging.WARNING):
        for topic in ("odyssey.actors", "odyssey.paths", "odyssey.actors"):
            assert (await publisher.publish(topic, {}, key="k", trace=TraceContext.start())).topic == topic
            posted = await publisher.post(topic, {}, key="k", trace=TraceContext.start())
            assert (await posted.published()).topic == topic
    assert sent.topics == ["odyssey.paths", "odyssey.paths"]
    assert caplog.text.count("odyssey.actors") == 1


async def test_a_value_that_the_service_cannot_read_fails_as_it_is_decoded() -> None:
    contracts = without()
    (stress,) = (each for each in contracts.schemas["RimFastEvent"]["fields"] if each["name"] == "stress")
    stress["type"] = ["null", "string"]

    async def decode(topic: str, data: bytes | None) -> dict[str, Any]:
        return {"stress": data.decode() if data else None}

    checked = SwappedContracts("odyssey", contracts).decode(decode)
    assert await checked("rim.fast-path", None) == {"stress": None}
    with pytest.raises(RecordFailure, match="stress is '0"):
        await checked("rim.fast-path", b"0.9")
    assert SwappedContracts("odyssey", Contracts.load()).decode(decode) is decode, "nothing to check costs nothing"
