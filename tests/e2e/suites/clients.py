"""A team's tests: what the fixtures offer, one by one. Run by tests/e2e/test_pytest_plugin.py."""

from __future__ import annotations

import pytest

from sandbox.errors import UsageError

NODE = "rim:entity:finance:EURUSD"


def test_a_record_is_followed_through_the_services(sandbox_lease) -> None:
    sent = sandbox_lease.publish("rim.fast-path", {"stress": 0.95, "status": "ALERT"}, key=NODE)
    snapshot = sandbox_lease.expect("capsule.snapshots", {"scope_id": NODE}, correlation_id=sent.correlation_id)
    path = sandbox_lease.expect("odyssey.paths", {"rim_node_id": NODE, "weight": lambda weight: weight > 0.9})
    assert snapshot.tenant == path.tenant == sandbox_lease.tenant
    assert [each["scopeId"] for each in sandbox_lease.capsule.get("/api/v1/capsules").data] == [NODE]
    both = {"capsule", "odyssey"}
    story = sandbox_lease.trace(
        sent.correlation_id, until=lambda trace: both <= {fact["source"] for fact in trace.facts}
    )
    assert story.id == sent.correlation_id
    with pytest.raises(AssertionError, match=r"not as wanted within 0\.1 s; there is .*RecordProduced"):
        sandbox_lease.trace(sent.correlation_id, until=lambda trace: len(trace.facts) > 1_000, within=0.1)
    assert sandbox_lease.records("odyssey.actors") == []
    sandbox_lease.expect_none("capsule.snapshots", {"scope_id": "another"}, within=0.1)


def test_answers_of_the_services_know_the_envelope(sandbox_lease) -> None:
    made = sandbox_lease.capsule.get("/api/v1/capsules", size=1, page=0)
    assert (made.status, made.data, made.meta["pagination"]["totalElements"]) == (200, [], 0)
    missing = sandbox_lease.capsule.get("/api/v1/capsules/cap_00000000000000000000")
    assert (missing.status, missing.error["code"]) == (404, "NOT_FOUND")
    with pytest.raises(AssertionError, match="→ 404: NOT_FOUND"):
        _ = missing.data
    assert sandbox_lease.odyssey.get("/api/v1/entities").ok and sandbox_lease.plato.get("/api/v1/plans").ok
    refused = sandbox_lease.capsule.as_caller("read:specs").get("/api/v1/capsules")
    assert (refused.status, refused.error["code"]) == (403, "FORBIDDEN")
    assert sandbox_lease.plato.as_caller().get("/api/v1/plans").ok, "no credential is asked for"


def test_a_fault_lasts_as_long_as_its_block_and_strikes_its_lease_alone(sandbox, sandbox_lease) -> None:
    history = f"/api/v1/entities/{NODE}/history"
    with sandbox_lease.fault("http-status", on="capsule", status=503, retry_after=7):
        answer = sandbox_lease.capsule.get("/api/v1/capsules")
        assert (answer.status, answer.headers["retry-after"]) == (503, "7")
        assert sandbox_lease.odyssey.get(history).meta["degraded"], "ODYSSEY asks CAPSULE on its behalf"
        assert sandbox.capsule.get("/api/v1/capsules").ok
    assert sandbox_lease.capsule.get("/api/v1/capsules").ok
    with sandbox_lease.fault("http-status", on="capsule", everybody=True, status=503):
        assert sandbox.capsule.get("/api/v1/capsules").status == 503
    sandbox.breaker("odyssey/capsule").operate("reset")


def test_a_breaker_is_waited_for(sandbox) -> None:
    breaker = sandbox.breaker("odyssey/capsule")
    breaker.operate("open")
    breaker.wait_for("OPEN")
    with pytest.raises(AssertionError, match="is OPEN, and not HALF_CLOSED within"):
        breaker.wait_for("HALF_CLOSED", within=0.1)
    breaker.operate("close")
    breaker.wait_for("CLOSED")
    assert breaker.state == "CLOSED"


def test_a_poison_record_becomes_a_dead_letter_and_is_sent_again(sandbox_lease) -> None:
    sandbox_lease.publish("rim.fast-path", b"no Avro at all", key=NODE)
    letter = sandbox_lease.dlq.expect("rim.fast-path", category="DESERIALIZATION", key=NODE)
    assert letter.status == "PENDING" and sandbox_lease.dlq.depth("rim.fast-path") >= 1
    assert sandbox_lease.dlq.replay("rim.fast-path", dryRun=True).state == "dry-run"
    groups = sandbox_lease.ledger.groups()
    sandbox_lease.ledger.wait_for(next(iter(groups)), in_flight=0)


def test_a_topic_of_ones_own_is_apart(sandbox_lease) -> None:
    assert sandbox_lease.publish("orders", {"number": 1}, key="a").topic == sandbox_lease.name("orders")
    assert sandbox_lease.expect("orders", {"number": 1}).key == "a"
    assert sandbox_lease.name("orders") == f"{sandbox_lease.tenant}.orders" != sandbox_lease.name("my-group")
    assert sandbox_lease.name("rim.fast-path") == "rim.fast-path"


def test_a_leases_topics_go_with_it(sandbox) -> None:
    with sandbox.lease() as lease:
        real = lease.create_topic("orders", partitions=3)
        assert lease.create_topic(real, partitions=3) == real
    assert real not in sandbox.topics() and "rim.fast-path" in sandbox.topics()


def test_what_does_not_fit_the_contract_is_told(sandbox_lease) -> None:
    with pytest.raises(UsageError, match="prise"):
        sandbox_lease.publish("rim.fast-path", {"prise": 1.0}, key=NODE)


async def test_all_of_it_can_be_awaited(async_sandbox, async_sandbox_lease) -> None:
    await async_sandbox_lease.publish("rim.fast-path", {"price": 1.05}, key=NODE)
    assert (await async_sandbox_lease.expect("capsule.snapshots", key=NODE)).value["scope_id"] == NODE
    async with async_sandbox_lease.fault("latency", on="odyssey", ms=1):
        assert (await async_sandbox_lease.odyssey.get("/api/v1/entities")).ok
    async with async_sandbox.lease() as other:
        assert (await other.capsule.get("/api/v1/capsules")).data == []
    await async_sandbox.breaker("odyssey/capsule").wait_for("CLOSED")
    assert (await async_sandbox.status()).ready


def test_a_scenario_is_run_by_its_name(sandbox) -> None:
    outcome = sandbox.run_scenario("golden-path")
    assert outcome.result["outcome"] == "passed" and "passed" in outcome.story


@pytest.mark.sandbox_scenario("calm.yaml")
def test_a_scenario_beside_the_test_runs_before_its_body(sandbox) -> None:
    assert "FaultApplied" not in sandbox.aio.backend.contracts.topics
