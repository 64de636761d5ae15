"""The table of what services read and write says the truth."""

from __future__ import annotations

import pytest

from sandbox.clock import ManualClock
from sandbox.contracts.avro_type import AvroTypes
from sandbox.contracts.catalog import Contracts
from sandbox.contracts.uses import uses_of_services
from sandbox.resilience import CircuitBreakerConfig, CircuitBreakerRegistry
from sandbox.services.audit.entry import AUDITED
from sandbox.services.odyssey.entity import Entity
from sandbox.services.odyssey.path import NarrativePath
from sandbox.services.plato.plan import Plan
from sandbox.services.plato.plan_run import plan_event

READS = [(service, topic) for service, uses in uses_of_services().items() for topic in uses.reads]


@pytest.mark.parametrize(("service", "topic"), READS)
def test_every_field_that_is_read_is_in_the_built_in_schema(service: str, topic: str) -> None:
    reads, types = uses_of_services()[service].reads[topic], AvroTypes(Contracts.load().schema_of(topic))
    for field in (*reads.needs, *reads.uses):
        assert types.field(field) is not None, field


def test_every_topic_that_is_written_is_in_the_built_in_contracts() -> None:
    contracts = Contracts.load()
    for uses in uses_of_services().values():
        for topic, writes in uses.writes.items():
            assert (contracts.topics[topic].format == "json") == (writes.fields is not None), topic


def test_audit_reads_what_the_table_says() -> None:
    assert set(uses_of_services()["audit"].reads) == set(AUDITED)


def test_services_fill_every_field_of_the_schemas_that_they_write() -> None:
    schema_of = Contracts.load().schema_of
    node = "rim:entity:finance:EURUSD"
    path = NarrativePath.open(Entity(tenant="t", entity_id=node)).to_update(capsule_ids=[], plan_id=None)
    plan = plan_event(Plan(tenant="t", plan_id="p", name="n", steps=(), created_at_ms=0), "PLAN_CREATED", 0, None)
    for topic, written in (("odyssey.paths", path), ("plato.plans", plan)):
        assert set(AvroTypes(schema_of(topic)).fields()) == set(written), topic


def test_breaker_events_have_the_members_of_the_table() -> None:
    told: set[str] = set()
    registry = CircuitBreakerRegistry(ManualClock())
    breaker = registry.circuit_breaker("capsule", CircuitBreakerConfig())
    breaker.event_publisher.on_state_transition(lambda event: told.update(event.to_json("odyssey")))
    breaker.transition_to_open_state()
    writes = uses_of_services()["odyssey"].writes["ecosystem.circuit-breaker.events"]
    assert told <= set(writes.fields or ())
