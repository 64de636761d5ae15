"""What the services' REST and WebSocket sides share: ids, limits, authentication, errors, paging, actuator."""

from sandbox.contracts.envelope import ApiError, ErrorCode, FieldError, Pagination
from sandbox.services.http.actuator import Actuator, Health
from sandbox.services.http.application import INTERCEPTORS, RATE_LIMITER, create_application
from sandbox.services.http.events import ConsumedEvent, EventLog, RecentEvents
from sandbox.services.http.exchange import Exchange, encode_json
from sandbox.services.http.fields import ApiModel, Instant, PageQuery, ScopeId, VantageMode
from sandbox.services.http.interception import Interceptor, Proceed
from sandbox.services.http.principal import Principal
from sandbox.services.http.route import Route

__all__ = [
    "INTERCEPTORS",
    "RATE_LIMITER",
    "Actuator",
    "ApiError",
    "ApiModel",
    "ConsumedEvent",
    "ErrorCode",
    "EventLog",
    "Exchange",
    "FieldError",
    "Health",
    "Instant",
    "Interceptor",
    "PageQuery",
    "Pagination",
    "Principal",
    "Proceed",
    "RecentEvents",
    "Route",
    "ScopeId",
    "VantageMode",
    "create_application",
    "encode_json",
]
