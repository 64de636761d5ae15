"""Spring Boot's actuator as the platform's operators know it: health, info, circuit breakers, Prometheus."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

from aiohttp import web

from sandbox.contracts.envelope import ApiError
from sandbox.services.http.exchange import Exchange
from sandbox.services.http.fields import ApiModel
from sandbox.services.http.prometheus import RequestMeters
from sandbox.services.http.route import Route

__all__ = ["Actuator", "Breaker", "Health"]

UP, DOWN, UNKNOWN = "UP", "DOWN", "UNKNOWN"


class Breaker(Protocol):
    """What the actuator needs of a circuit breaker."""

    def to_actuator(self) -> Mapping[str, Any]:
        """`{"state": "CLOSED", "failureRate": …, "bufferedCalls": …, …}`."""

    def transition_to_closed_state(self) -> None: ...

    def transition_to_disabled_state(self) -> None: ...

    def transition_to_forced_open_state(self) -> None: ...


UPDATES: Mapping[str, Callable[[Breaker], None]] = {
    "CLOSE": lambda breaker: breaker.transition_to_closed_state(),
    "DISABLE": lambda breaker: breaker.transition_to_disabled_state(),
    "FORCE_OPEN": lambda breaker: breaker.transition_to_forced_open_state(),
}
"""The states that Resilience4j's actuator can bring a breaker to."""


class UpdateRequest(ApiModel):
    update_state: Literal["CLOSE", "DISABLE", "FORCE_OPEN"]


@dataclass(frozen=True, slots=True)
class Health:
    """One component's health; `details` are shown with it."""

    up: bool
    details: Mapping[str, Any] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        status = UP if self.up else DOWN
        return {"status": status, "details": dict(self.details)} if self.details else {"status": status}


@dataclass(slots=True)
class Actuator:
    """What a service shows of itself. Everything is asked for at the moment of the request.

    `components` maps a name (`db`, `kafka`) to its health, `breakers` gives the breakers by name, `ready` whether the
    service takes requests yet, `info` members of /actuator/info, `metrics` Prometheus lines of the service's own
    (breakers: `sandbox.resilience.Meters.render`).
    """

    components: dict[str, Callable[[], Health]] = field(default_factory=dict)
    breakers: Callable[[], Mapping[str, Breaker]] = dict
    ready: Callable[[], bool] = lambda: True
    info: Callable[[], Mapping[str, Any]] = dict
    metrics: Callable[[], str] = str

    def health(self) -> Mapping[str, Any]:
        components = {name: ask().to_json() for name, ask in self.components.items()}
        breakers = self.circuit_breakers()
        if breakers:
            components["circuitBreakers"] = _breakers_health(breakers)
        components["ping"] = {"status": UP}
        up = self.ready() and all(each["status"] != DOWN for each in components.values())
        return {"status": UP if up else DOWN, "components": components, "groups": ["liveness", "readiness"]}

    def circuit_breakers(self) -> dict[str, dict[str, Any]]:
        return {name: dict(breaker.to_actuator()) for name, breaker in self.breakers().items()}

    def routes(self, name: str, meters: RequestMeters) -> list[Route]:
        async def health(exchange: Exchange) -> web.Response:
            return _plain(exchange, self.health())

        async def part_of_health(exchange: Exchange) -> web.Response:
            part = exchange.path["part"]
            if part == "liveness":
                return _plain(exchange, {"status": UP})
            if part == "readiness":
                return _plain(exchange, {"status": UP if self.ready() else DOWN})
            if part == "circuitBreakers":
                return _plain(exchange, _breakers_health(self.circuit_breakers()))
            if part not in self.components:
                raise ApiError.not_found(f"Health component {part}")
            return _plain(exchange, self.components[part]().to_json())

        async def circuit_breakers(exchange: Exchange) -> web.Response:
            return _plain(exchange, {"circuitBreakers": self.circuit_breakers()})

        def breaker_of(exchange: Exchange) -> Breaker:
            breaker = self.breakers().get(exchange.path["name"])
            if breaker is None:
                raise ApiError.not_found(f"Circuit breaker {exchange.path['name']}")
            return breaker

        async def circuit_breaker(exchange: Exchange) -> web.Response:
            return _plain(exchange, breaker_of(exchange).to_actuator())

        async def update(exchange: Exchange) -> web.Response:
            breaker = breaker_of(exchange)
            request = await exchange.body(UpdateRequest)
            UPDATES[request.update_state](breaker)
            state = breaker.to_actuator()["state"]
            text = f"Circuit breaker {exchange.path['name']} is {state}"
            return _plain(
                exchange, {"circuitBreakerName": exchange.path["name"], "currentState": state, "message": text}
            )

        async def info(exchange: Exchange) -> web.Response:
            return _plain(exchange, {"app": {"name": name}, **self.info()})

        async def prometheus(_: Exchange) -> web.Response:
            text = meters.render() + self.metrics()
            return web.Response(
                body=text.encode(), headers={"Content-Type": "text/plain; version=0.0.4; charset=utf-8"}
            )

        async def index(exchange: Exchange) -> web.Response:
            links = {path.removeprefix("/actuator/").replace("/", "-"): {"href": path} for path in paths}
            return _plain(exchange, {"_links": {"self": {"href": "/actuator"}, **links}})

        paths = {
            "/actuator/health": health,
            "/actuator/health/{part}": part_of_health,
            "/actuator/circuitbreakers": circuit_breakers,
            "/actuator/circuitbreakers/{name}": circuit_breaker,
            "/actuator/info": info,
            "/actuator/prometheus": prometheus,
        }
        paths_and_index = {**paths, "/actuator": index}
        reads = [Route("GET", path, handler, is_open=True, hidden=True) for path, handler in paths_and_index.items()]
        return [*reads, Route("POST", "/actuator/circuitbreakers/{name}", update, "admin", hidden=True)]


def _breakers_health(breakers: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """As CircuitBreakersHealthIndicator of Resilience4j says it: an open breaker shows in its own entry and does not
    make the service DOWN, and Spring's aggregator knows neither of the statuses of its own: UP is what one UP makes it.
    """
    details = {
        name: {"status": _BREAKER_HEALTH.get(each["state"], UNKNOWN), "details": dict(each)}
        for name, each in breakers.items()
    }
    is_up = not details or any(each["status"] == UP for each in details.values())
    return {"status": UP if is_up else UNKNOWN, "details": details}


_BREAKER_HEALTH = {"CLOSED": UP, "OPEN": "CIRCUIT_OPEN", "HALF_OPEN": "CIRCUIT_HALF_OPEN"}


def _plain(exchange: Exchange, body: Mapping[str, Any]) -> web.Response:
    """The actuator speaks Spring's own shapes in every dialect; DOWN is a 503."""
    return exchange.plain(body, 503 if body.get("status") == DOWN else 200)
