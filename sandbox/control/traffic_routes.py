"""The routes about ambient traffic."""

from __future__ import annotations

from sandbox.control.route import Route
from sandbox.control.traffic_models import TrafficRequest, TrafficState

__all__ = ["TRAFFIC_ROUTES"]

TRAFFIC_ROUTES = (
    Route("GET", "/v1/traffic", "traffic", "Whether ambient traffic runs", TrafficState, tag="traffic"),
    Route(
        "POST", "/v1/traffic", "start_traffic", "Publish ambient traffic until it is stopped", TrafficState,
        body=TrafficRequest, status=201, tag="traffic",
    ),
    Route("DELETE", "/v1/traffic", "stop_traffic", "Stop it; how it stood", TrafficState, tag="traffic"),
)  # fmt: skip
