"""The routes about records that a person looks at."""

from __future__ import annotations

from sandbox.control.overview_models import PartitionCounts
from sandbox.control.records_models import Look, RecordPage, RecordsQuery, WatchQuery
from sandbox.control.route import Route

__all__ = ["RECORDS_ROUTES"]

RECORDS_ROUTES = (
    Route(
        "GET", "/v1/topics/{topic}/partitions", "partitions", "A topic's partitions with each group's lag",
        PartitionCounts, tag="kafka",
    ),
    Route(
        "GET", "/v1/topics/{topic}/records", "records", "A page of records, from anywhere, with a filter", RecordPage,
        query=RecordsQuery, tag="kafka",
    ),
    Route(
        "GET", "/v1/topics/{topic}/watch", "watch", "The newest records as they come; each message is a look", Look,
        query=WatchQuery, websocket=True, tag="kafka",
    ),
)  # fmt: skip
