"""A control client of canned answers, and what it was asked to change."""

from __future__ import annotations

from typing import Any

from sandbox.control import models
from sandbox.control.overview_models import PartitionCount
from sandbox.control.records_models import Look, RecordPage
from sandbox.errors import UnknownName, UsageError
from tests.tui.canned_controls import CannedControls
from tests.tui.canned_letters import CannedLetters
from tests.tui.canned_logs import CannedLogs
from tests.tui.canned_scenarios import CannedScenarios
from tests.tui.canned_traces import CannedTraces
from tests.tui.fake_feed import AT_MS

NAMES = ("BRENT", "EURUSD", "TTF-GAS", "WTI", "XAUUSD")


def record(number: int, **more: Any) -> models.TailedRecord:
    name = NAMES[number % len(NAMES)]
    told = {
        "topic": "rim.fast-path",
        "partition": number % 3,
        "offset": 1_200 + number // 3,
        "timestamp_ms": AT_MS - 60_000 + number * 731,
        "key": f"rim:entity:finance:{name}",
        "headers": {
            "X-Correlation-ID": f"trace-{number:04}",
            "X-Tenant-ID": "desk-7",
            "X-Source-Service": "perception",
        },
        "format": "avro",
        "schemaId": 1,
        "sizeBytes": 114,
        "value": {
            "rim_node_id": f"rim:entity:finance:{name}",
            "event_id": f"evt-{number:04}",
            "vector_timestamp": {"event_ts_ms": AT_MS + number, "ingest_ts_ms": AT_MS + number + 4, "logical_clock": 0},
            "critical_metrics": {"spread": 4.2, "depth": 12},
            "price": None,
            "stress": 0.95 if number % 5 == 0 else 0.21,
            "status": "ALERT" if number % 5 == 0 else "NORMAL",
            "tags": ["energy", "live"],
        },
    }
    return models.TailedRecord.model_validate({**told, **more})


POISON = record(
    40, key=None, value="0000000000ff", hex="00000000ff7b226e6f223a20226176726f227d0a00112233445566778899",
    error="schema id 255 is unknown to the registry", format="binary", sizeBytes=29,
)  # fmt: skip
RECORDS = tuple(record(number) for number in range(40))


class CannedClient(CannedScenarios, CannedControls, CannedLetters, CannedLogs, CannedTraces):
    """Three partitions of one topic; records by `pages`, in turn."""

    def __init__(self) -> None:
        super().__init__()
        self.published: list[tuple[str, models.PublishRequest]] = []
        self.asked: list[dict[str, Any]] = []
        self.refuse: str | None = None
        self.traffic_running = False

    async def partitions(self, topic: str) -> list[PartitionCount]:
        return [
            PartitionCount(partition=number, begin=0, end=94_000 + number * 811, lag={"capsule": 120 if number == 1 else 0, "audit": 0})
            for number in range(3)
        ]  # fmt: skip

    async def topic(self, name: str) -> models.Topic:
        if name == "gone":
            raise UnknownName("there is no topic 'gone'")
        example = {"rim_node_id": "", "event_id": "", "status": "NORMAL"}
        contract = {"key": "rim node id", "format": "avro", "schema": "RimFastEvent", "example": example}
        return models.Topic.model_validate({"name": name, "partitions": [], "contract": contract})

    async def records(self, topic: str, **asked: Any) -> RecordPage:
        self.asked.append({"topic": topic, **asked})
        if asked.get("match") == "$[":
            raise UsageError("$[ is no JSONPath", where="match")
        found = [each for each in (*RECORDS, POISON) if asked.get("match", "") in each.model_dump_json()]
        return RecordPage(records=found, next="0:1", looked_at=len(found), done=asked.get("after") != "")

    async def start_traffic(self) -> None:
        self.traffic_running = True

    async def stop_traffic(self) -> None:
        self.traffic_running = False

    async def publish_record(self, topic: str, request: models.PublishRequest) -> models.Published:
        if self.refuse:
            raise UsageError(self.refuse)
        self.published.append((topic, request))
        return models.Published(topic=topic, partition=1, offset=77)


FAST = (
    Look(published=0, skipped=0, looked_at=0, records=[]),
    Look(published=2_500, skipped=2_450, looked_at=50, records=[]),
)
"""What the watch of a topic with 10,000 records a second says."""
