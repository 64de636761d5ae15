"""How much of the broker's disk each topic takes: DescribeLogDirs, which aiokafka 0.14 does not know."""

from __future__ import annotations

from typing import Any

from aiokafka.protocol.api import Request, RequestStruct, Response
from aiokafka.protocol.types import Array, Boolean, Int16, Int32, Int64, Schema, String

__all__ = ["LogSizesRequest", "sizes_of"]


class _LogSizesResponse(Response):
    API_KEY = 35
    API_VERSION = 1
    SCHEMA = Schema(
        ("throttle_time_ms", Int32),
        (
            "results",
            Array(
                ("error_code", Int16),
                ("log_dir", String("utf-8")),
                (
                    "topics",
                    Array(
                        ("topic", String("utf-8")),
                        (
                            "partitions",
                            Array(
                                ("partition", Int32),
                                ("size_bytes", Int64),
                                ("offset_lag", Int64),
                                ("is_future", Boolean),
                            ),
                        ),
                    ),
                ),
            ),
        ),
    )


class _LogSizesRequest(RequestStruct):
    API_KEY = 35
    API_VERSION = 1
    RESPONSE_TYPE = _LogSizesResponse
    SCHEMA = Schema(("topics", Array(("topic", String("utf-8")), ("partitions", Array(Int32)))))


class LogSizesRequest(Request[_LogSizesRequest]):
    """Of all topics, on the broker that is asked."""

    API_KEY = 35

    def build(self, request_struct_class: type[_LogSizesRequest]) -> _LogSizesRequest:
        return request_struct_class(None)


def sizes_of(answer: Any) -> dict[str, int]:
    """Real topic name → bytes, over the broker's folders; those that it could not read are left out."""
    sizes: dict[str, int] = {}
    for error_code, _, topics in answer.results:
        if error_code == 0:
            for topic, partitions in topics:
                sizes[topic] = sizes.get(topic, 0) + sum(size for _, size, _, is_future in partitions if not is_future)
    return sizes
