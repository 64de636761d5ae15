"""Every route of the control API, as data: the server is built from it, and the OpenAPI document too."""

from __future__ import annotations

from sandbox.contracts.limits import LimitsChange
from sandbox.control import models
from sandbox.control.dlq_routes import DLQ_ROUTES
from sandbox.control.fault_routes import FAULT_ROUTES
from sandbox.control.groups_routes import GROUPS_ROUTES
from sandbox.control.logs_routes import LOGS_ROUTES
from sandbox.control.overview_models import Overview
from sandbox.control.recording_routes import RECORDING_ROUTES
from sandbox.control.records_routes import RECORDS_ROUTES
from sandbox.control.reset_routes import RESET_ROUTES
from sandbox.control.route import Route
from sandbox.control.scenario_routes import SCENARIO_ROUTES
from sandbox.control.topic_models import NewTopicRequest
from sandbox.control.traffic_routes import TRAFFIC_ROUTES

__all__ = ["OPENAPI_PATH", "ROUTES", "Route"]

OPENAPI_PATH = "/openapi.json"


ROUTES = (
    Route("GET", "/v1/status", "status", "What runs, where to reach it and what proved it ready", models.Status),
    Route("GET", "/v1/overview", "overview", "All that changes from moment to moment, cheaply", Overview),
    Route(
        "GET", "/v1/facts", "facts", "Read the journal by sequence number", models.FactPage,
        query=models.FactQuery, tag="facts",
    ),
    Route(
        "POST", "/v1/facts", "push_facts", "Take a batch of facts from a service process", models.NextFact,
        body=models.FactBatchBody, tag="facts",
    ),
    Route(
        "GET", "/v1/stream", "stream", "Follow the journal; each message is a page of facts", models.FactPage,
        query=models.StreamQuery, websocket=True, tag="facts",
    ),
    Route("GET", "/v1/counts", "counts", "Exact counts of facts", models.Counts, tag="facts"),
    Route("GET", "/v1/ledger", "ledger", "What each consumer group did with its records", models.Ledger, tag="facts"),
    Route("GET", "/v1/traces/{id}", "trace", "Every fact under one id, in order", models.Trace, tag="facts"),
    Route(
        "POST", "/v1/components/{name}/{operation}", "operate_component",
        "Start, stop, restart, kill, pause, resume, disconnect or connect a component", models.Component,
        tag="components",
    ),
    Route("GET", "/v1/topics", "topics", "List topics", models.TopicList, tag="kafka"),
    Route(
        "POST", "/v1/topics", "create_topic", "Make a topic that no contract has", models.Topic,
        body=NewTopicRequest, status=201, tag="kafka",
    ),
    Route("GET", "/v1/topics/{topic}", "topic", "Describe a topic", models.Topic, tag="kafka"),
    Route(
        "DELETE", "/v1/topics/{topic}", "delete_topic", "Delete a topic that no contract has", models.Topic,
        tag="kafka",
    ),
    Route(
        "GET", "/v1/topics/{topic}/tail", "tail", "Follow a topic; each message is a record", models.TailedRecord,
        query=models.TailQuery, websocket=True, tag="kafka",
    ),
    Route(
        "POST", "/v1/topics/{topic}/records", "publish_record", "Publish a record with acks=all", models.Published,
        body=models.PublishRequest, status=201, tag="kafka",
    ),
    *SCENARIO_ROUTES,
    Route("GET", "/v1/breakers", "breakers", "Every circuit breaker", models.Breakers, tag="breakers"),
    Route(
        "POST", "/v1/breakers/{service}/{name}/{operation}", "operate_breaker", "Operate a circuit breaker",
        models.BreakerState, tag="breakers",
    ),
    Route("GET", "/v1/limits", "limits", "The request limits of each service", models.LimitsByService, tag="limits"),
    Route(
        "PUT", "/v1/limits/{service}", "change_limits", "Change a running service's limits", models.Limits,
        body=LimitsChange, tag="limits",
    ),
    Route(
        "DELETE", "/v1/limits/{service}", "reset_limits", "Back to the configured limits, all counts at nought",
        models.Limits, tag="limits",
    ),
    *RECORDS_ROUTES,
    *LOGS_ROUTES,
    *GROUPS_ROUTES,
    *RESET_ROUTES,
    *FAULT_ROUTES,
    *TRAFFIC_ROUTES,
    *DLQ_ROUTES,
    *RECORDING_ROUTES,
    Route(
        "POST", "/v1/shutdown", "shutdown", "Stop everything, in reverse order", models.Stopping,
        body=models.ShutdownRequest, status=202,
    ),
)  # fmt: skip
