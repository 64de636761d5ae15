"""Records that go out together carry and leave behind what each would on its own."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from sandbox.clock import ManualClock
from sandbox.contracts.tracing import TraceContext
from sandbox.events.facts import RecordProduced
from sandbox.kafka.producer import Keyed
from sandbox.observe.journal import Journal
from sandbox.runtime.scenario_batch import ScenarioBatch
from sandbox.scenarios.ports import Outgoing


class Publisher:
    """Takes records and delivers them in two batches when told to."""

    def __init__(self) -> None:
        self.records: list[Keyed] = []

    async def post_many(self, topic: str, records: Any, on_delivered: Any) -> Any:
        self.records += records
        self.deliver = on_delivered
        return SimpleNamespace(done=False)


def outgoing(number: int, **more: Any) -> Outgoing:
    trace = TraceContext(f"req-{number}", "trace-1", f"{number:032x}", f"{number:016x}")
    return Outgoing(**{"topic": "rim.fast-path", "key": "k", "value": b"123", "trace": trace, **more})


async def test_each_record_has_its_headers_and_its_fact() -> None:
    publisher, journal, clock = Publisher(), Journal(), ManualClock()
    own = (("x-request-id", b"mine"), ("X-Number", b"3"))
    records = [outgoing(1), outgoing(2, key=None, value=None, partition=4), outgoing(3, headers=own)]
    await ScenarioBatch(records, "scenario", journal, clock).send(publisher)  # type: ignore[arg-type]
    first, second, third = publisher.records
    assert dict(first.headers) == {
        "X-Request-ID": b"req-1",
        "X-Correlation-ID": b"trace-1",
        "traceparent": b"00-" + b"0" * 31 + b"1-" + b"0" * 15 + b"1-01",
        "X-Source-Service": b"scenario",
    }
    assert (first.key, second.key, second.value, second.partition) == (b"k", None, None, 4)
    assert [name for name, _ in third.headers] == ["X-Correlation-ID", "traceparent", "X-Source-Service", *dict(own)]

    publisher.deliver([0, 2], SimpleNamespace(partition=1, offset=7))
    publisher.deliver([1], SimpleNamespace(partition=4, offset=0))
    facts = [entry.fact() for entry in journal.read().entries]
    assert facts[0] == RecordProduced(
        at_ms=clock.now_ms(), source="scenario", topic="rim.fast-path", partition=1, offset=7, key="k", size_bytes=4,
        request_id="req-1", correlation_id="trace-1", trace_id=f"{1:032x}", span_id=f"{1:016x}",
    )  # fmt: skip
    assert [(each.partition, each.offset, each.request_id) for each in facts] == [  # type: ignore[attr-defined]
        (1, 7, "req-1"), (1, 8, "req-3"), (4, 0, "req-2"),
    ]  # fmt: skip


async def test_size_is_in_bytes() -> None:
    publisher, journal = Publisher(), Journal()
    await ScenarioBatch([outgoing(1, key="é")], "scenario", journal, ManualClock()).send(publisher)  # type: ignore[arg-type]
    publisher.deliver([0], SimpleNamespace(partition=0, offset=0))
    assert journal.read().entries[0].data["size_bytes"] == 5
