"""Faults of ODYSSEY's calls: the other service is well, ODYSSEY does not reach it."""

import pytest

from sandbox.faults.applied import AppliedFault
from sandbox.faults.reading import read_fault
from sandbox.services.odyssey.call_fault import AppliedCallFault
from tests.services.odyssey.conftest import EURUSD

HISTORY = f"/api/v1/entities/{EURUSD}/history"


@pytest.fixture
def fault(odyssey):
    def stand(kind, **parameters):
        applied = AppliedFault("f1", read_fault(kind, parameters), "odyssey", odyssey.clock, odyssey.facts)
        odyssey.service.call_faults.append(AppliedCallFault(applied))
        return applied

    return stand


async def degraded(odyssey):
    status, body = await odyssey.call("GET", HISTORY)
    assert status == 200
    return body["meta"].get("degraded", False)


async def test_a_partition_is_felt_by_odyssey_alone_and_trips_its_breaker(odyssey, fault):
    applied = fault("edge-partition", to="capsule")
    breaker = odyssey.service.breakers["capsule"]
    while breaker.state.value == "CLOSED":
        assert await degraded(odyssey)
    assert odyssey.capsule.requests == []
    assert "connection refused" in odyssey.facts.of("DownstreamCalled")[0].error
    applied.remove()
    breaker.reset()
    assert not await degraded(odyssey)
    assert len(odyssey.capsule.requests) == 1


async def test_a_black_hole_lasts_until_the_time_limit(odyssey, fault):
    fault("edge-partition", how="black-hole")
    assert await degraded(odyssey)
    assert odyssey.facts.of("DownstreamCalled")[0].error == "ended by its time limit"


async def test_the_other_edge_is_left_alone(odyssey, fault):
    applied = fault("edge-partition", to="plato")
    assert not await degraded(odyssey)
    assert applied.hits == 0


async def test_latency_holds_a_call_up(odyssey, fault):
    fault("edge-latency", to="capsule", ms=80)
    assert not await degraded(odyssey)
    assert odyssey.facts.of("DownstreamCalled")[0].took_ms >= 80
