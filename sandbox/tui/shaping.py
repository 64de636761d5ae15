"""From the engine's answers to what is shown. Pure: no clock, no waiting, nothing kept but the series given."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sandbox.contracts.instants import parse_instant
from sandbox.control.overview_models import Overview
from sandbox.tui.series import RateSeries
from sandbox.tui.state import (
    BreakerLine,
    ComponentLine,
    DeadLetterLine,
    FaultLine,
    LimitLine,
    Segment,
    ServiceLine,
    Snapshot,
    TopicLine,
    TrafficLine,
)

__all__ = ["Shaping"]

SERVICE_ORDER = ("capsule", "odyssey", "plato")


class Shaping:
    """Turns each overview into a snapshot; keeps the rate series of what grows, by kind and name."""

    def __init__(self) -> None:
        self._series: dict[tuple[str, str], RateSeries] = {}

    def forget(self) -> None:
        """A new engine counts from nought."""
        self._series.clear()

    def snapshot(self, now: Overview, **more: Any) -> Snapshot:
        status = now.status
        components = tuple(
            ComponentLine(each.name, each.state, each.detail, each.process, each.restarts, each.pid)
            for each in status.components
        )
        endpoints = {name: value for name, value in status.endpoints.model_dump().items() if value}
        return Snapshot(
            epoch=now.journal,
            at_ms=now.at_ms,
            name=status.name,
            runtime=status.runtime,
            kafka_version=status.versions.get("kafka", ""),
            state=status.state,
            detail=status.detail,
            uptime_ms=status.uptime_ms or 0,
            endpoints=endpoints,
            components=components,
            services=self._services(now, components),
            breakers=tuple(_breaker(name, each.model_dump()) for name, each in sorted(now.breakers.items())),
            limits=tuple(
                LimitLine(each.service, each.kind, each.client, each.used, each.limit, each.left_s)
                for each in now.limits
            ),
            topics=self._topics(now),
            letters=self._letters(now),
            traffic=TrafficLine(now.traffic.running, now.traffic.rate_per_s or 0.0, now.traffic.sent, now.traffic.run),
            faults=tuple(_fault(each.model_dump(), now.at_ms) for each in now.faults),
            **more,
        )

    def _services(self, now: Overview, components: tuple[ComponentLine, ...]) -> tuple[ServiceLine, ...]:
        lines = []
        for each in components:
            if each.name not in SERVICE_ORDER:
                continue
            found = now.requests.get(each.name)
            served = self._rates("requests", each.name, now.at_ms, found.total if found else 0)
            failed = self._rates("errors", each.name, now.at_ms, found.errors if found else 0)
            rate, errors = served.rate(10), failed.rate(10)
            lines.append(
                ServiceLine(
                    each.name, each.state, each.detail, served.rate(), served.rates,
                    100.0 * errors / rate if rate else 0.0, found.p95_ms if found else None,
                    found.total if found else 0,
                )
            )  # fmt: skip
        return tuple(lines)

    def _topics(self, now: Overview) -> tuple[TopicLine, ...]:
        lines = []
        for each in now.topics or ():
            rates = self._rates("produced", each.name, now.at_ms, each.produced)
            sizes = self._rates("size", each.name, now.at_ms, each.size_bytes or 0)
            lags = tuple(sorted(each.lag.items()))
            lines.append(
                TopicLine(
                    each.name, each.partitions, each.records, rates.rate(), rates.rates,
                    None if each.size_bytes is None else sizes.rate(), each.size_bytes, lags, each.internal,
                    each.produced,
                )
            )  # fmt: skip
        return tuple(lines)

    def _letters(self, now: Overview) -> tuple[DeadLetterLine, ...]:
        lines = []
        for each in now.dlq:
            rates = self._rates("dlq", each.topic, now.at_ms, each.total).rates
            categories = tuple(sorted(each.categories.items(), key=lambda pair: (-pair[1], pair[0])))
            lines.append(DeadLetterLine(each.topic, each.dlq_topic, each.depth, each.total, rates, categories))
        return tuple(lines)

    def _rates(self, kind: str, name: str, at_ms: int, count: int) -> RateSeries:
        series = self._series.setdefault((kind, name), RateSeries())
        series.add(at_ms, count)
        return series


def _breaker(name: str, given: Mapping[str, Any]) -> BreakerLine:
    """Rates below the minimum number of calls are -1 there."""
    wait_ms = given.get("timeUntilHalfOpenMs")
    return BreakerLine(
        name=name,
        state=given["state"],
        failure_rate=_measured(given.get("failureRate")),
        slow_rate=_measured(given.get("slowCallRate")),
        failure_threshold=given.get("failureRateThreshold", 50.0),
        slow_threshold=given.get("slowCallRateThreshold", 100.0),
        calls=given.get("bufferedCalls", 0),
        failed=given.get("failedCalls", 0),
        not_permitted=given.get("notPermittedCalls", 0),
        wait_left_s=None if wait_ms is None else wait_ms / 1000,
        lane=tuple(Segment(each["state"], parse_instant(each["at"])) for each in given.get("timeline", ())),
    )


def _measured(rate: float | None) -> float | None:
    return None if rate is None or rate < 0 else rate


def _fault(given: Mapping[str, Any], now_ms: int) -> FaultLine:
    until_ms = given.get("until_ms")
    return FaultLine(
        given["id"], given["kind"], given["on"], given["text"], given.get("hits", 0),
        None if until_ms is None else max(0, until_ms - now_ms) / 1000, given.get("acting", True),
    )  # fmt: skip
