"""The asynchronous client of the control API, used by the TUI, the scenario command and test plugins."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Collection, Mapping
from typing import Any
from urllib.parse import quote

from sandbox.control import (
    dlq_models,
    fault_models,
    groups_models,
    logs_models,
    models,
    overview_models,
    records_models,
    reset_models,
    scenario_models,
    traffic_models,
)
from sandbox.control.wire import Wire
from sandbox.errors import NotRunning

__all__ = ["ControlClient"]

BACKOFF_S = (0.1, 0.2, 0.5, 1.0, 2.0)


class ControlClient(Wire):
    """One running sandbox at `url`. Calls wait at most `timeout_s` seconds.

    Every call raises NotRunning when nothing answers there as a sandbox does, and what the engine raised when it
    refuses. Use as an async context manager, or `close` it.
    """

    async def status(self) -> models.Status:
        return await self._ask(models.Status, "GET", "/v1/status")

    async def overview(self) -> overview_models.Overview:
        """All that changes from moment to moment, in one answer that is cheap to ask for."""
        return await self._ask(overview_models.Overview, "GET", "/v1/overview")

    async def operate_component(self, name: str, operation: str) -> models.Component:
        """Start, stop, restart, kill, pause or resume. Raises UnknownName."""
        return await self._ask(models.Component, "POST", _path("/v1/components", name, operation))

    async def shutdown(self, *, purge: bool = False) -> None:
        await self._ask(models.Stopping, "POST", "/v1/shutdown", body={"purge": purge})

    # Facts

    async def facts(
        self,
        after: int = 0,
        *,
        limit: int = 500,
        kinds: Collection[str] = (),
        sources: Collection[str] = (),
        under: str | None = None,
        wait_s: float = 0,
    ) -> models.FactPage:
        """One page of the journal; a negative `after` counts from the end."""
        query = [*_query(after, kinds, sources, under), ("limit", str(limit)), ("wait_s", str(wait_s))]
        return await self._ask(models.FactPage, "GET", "/v1/facts", query=query)

    async def counts(self) -> models.Counts:
        return await self._ask(models.Counts, "GET", "/v1/counts")

    async def ledger(self) -> models.Ledger:
        return await self._ask(models.Ledger, "GET", "/v1/ledger")

    async def trace(self, identity: str) -> models.Trace:
        """Everything under a request, correlation or trace id."""
        return await self._ask(models.Trace, "GET", _path("/v1/traces", identity))

    async def stream(
        self,
        after: int | None = None,
        *,
        kinds: Collection[str] = (),
        sources: Collection[str] = (),
        under: str | None = None,
        patience_s: float | None = 10.0,
    ) -> AsyncGenerator[models.FactPage, None]:
        """Pages of facts as they come, the first one at once (it may be empty); without `after`, from now on.

        When the connection ends it connects again and goes on by sequence number, so nothing comes twice and what is
        gone shows as `gap`. A new engine's journal is read from its start. Raises NotRunning once nothing has answered
        for `patience_s` seconds; None waits for ever.
        """
        journal: str | None = None
        failures, away_since_ns = 0, self._clock.monotonic_ns()
        while True:
            pages = self._connected("/v1/stream", _query(after, kinds, sources, under))
            try:
                async for message in pages:
                    failures, away_since_ns = 0, self._clock.monotonic_ns()
                    page = models.FactPage.model_validate_json(message)
                    if journal not in (None, page.journal):
                        journal, after = page.journal, 0
                        break
                    journal, after = page.journal, page.next
                    yield page
                    away_since_ns = self._clock.monotonic_ns()
                else:
                    failures += 1
            except NotRunning:
                failures += 1
                away_s = (self._clock.monotonic_ns() - away_since_ns) / 1e9
                if patience_s is not None and away_s >= patience_s:
                    raise
            finally:
                await pages.aclose()
            if failures:
                await self._clock.sleep(BACKOFF_S[min(failures, len(BACKOFF_S)) - 1])

    # Kafka

    async def topics(self) -> list[models.Topic]:
        return (await self._ask(models.TopicList, "GET", "/v1/topics")).topics

    async def topic(self, name: str) -> models.Topic:
        return await self._ask(models.Topic, "GET", _path("/v1/topics", name))

    async def create_topic(self, name: str, *, partitions: int = 1) -> models.Topic:
        """Make a topic that no contract has, if it is missing. Raises Conflict."""
        body = {"name": name, "partitions": partitions}
        return await self._ask(models.Topic, "POST", "/v1/topics", body=body)

    async def delete_topic(self, name: str) -> models.Topic:
        """Raises UnknownName, or Conflict for a topic of the contracts."""
        return await self._ask(models.Topic, "DELETE", _path("/v1/topics", name))

    async def publish_record(self, topic: str, record: models.PublishRequest) -> models.Published:
        body = record.model_dump(exclude_unset=True)
        return await self._ask(models.Published, "POST", _path("/v1/topics", topic, "records"), body=body)

    async def tail(self, topic: str, *, start: str | int = "latest") -> AsyncGenerator[models.TailedRecord, None]:
        """Records of a topic from `latest`, `earliest` or a time (epoch ms) on, until the connection ends. Close it
        when done."""
        records = self._connected(_path("/v1/topics", topic, "tail"), [("from", str(start))])
        try:
            async for message in records:
                yield models.TailedRecord.model_validate_json(message)
        finally:
            await records.aclose()

    async def partitions(self, topic: str) -> list[overview_models.PartitionCount]:
        """A topic's partitions with each group's lag. Raises UnknownName."""
        path = _path("/v1/topics", topic, "partitions")
        return (await self._ask(overview_models.PartitionCounts, "GET", path)).partitions

    async def records(
        self,
        topic: str,
        *,
        begin: str = "latest",
        after: str = "",
        match: str = "",
        partition: int | None = None,
        limit: int = 100,
    ) -> records_models.RecordPage:
        """A page of records from `begin` on, or `after` an earlier page's `next`. Raises UnknownName, or UsageError
        for a `match` that is none."""
        query = [("from", begin), ("after", after), ("match", match), ("limit", str(limit))]
        if partition is not None:
            query.append(("partition", str(partition)))
        return await self._ask(records_models.RecordPage, "GET", _path("/v1/topics", topic, "records"), query=query)

    async def watch(
        self, topic: str, *, match: str = "", partition: int | None = None, after: str = "", limit: int = 50
    ) -> AsyncGenerator[records_models.Look, None]:
        """The newest records as they come, sampled where they come too fast, until the connection ends: from now on, or
        `after` a page's `next`. Close it."""
        query = [("match", match), ("after", after), ("limit", str(limit))]
        if partition is not None:
            query.append(("partition", str(partition)))
        looks = self._connected(_path("/v1/topics", topic, "watch"), query)
        try:
            async for message in looks:
                yield records_models.Look.model_validate_json(message)
        finally:
            await looks.aclose()

    # Logs

    async def logs(
        self,
        after: str | None = None,
        *,
        limit: int = 200,
        components: Collection[str] = (),
        level: str | None = None,
        match: str | None = None,
        under: str | None = None,
    ) -> logs_models.LogPage:
        """The last lines that all components logged, or those after a page's `next`; `level` and above."""
        query = [("limit", str(limit)), *(("component", name) for name in components)]
        given = {"after": after, "level": level, "match": match, "under": under}
        query += [(name, value) for name, value in given.items() if value is not None]
        return await self._ask(logs_models.LogPage, "GET", "/v1/logs", query=query)

    # Consumer groups and resets

    async def groups(self) -> list[groups_models.GroupRow]:
        return (await self._ask(groups_models.GroupList, "GET", "/v1/groups")).groups

    async def group(self, group: str) -> groups_models.Group:
        """Raises UnknownName."""
        return await self._ask(groups_models.Group, "GET", _path("/v1/groups", group))

    async def reset_group(self, group: str, request: groups_models.GroupResetRequest) -> groups_models.GroupReset:
        """Raises UnknownName, or Conflict while members that are not this sandbox's read on."""
        body = request.model_dump(exclude_defaults=True)
        return await self._ask(groups_models.GroupReset, "POST", _path("/v1/groups", group, "reset"), body=body)

    async def reset_services(self, services: Collection[str] = ()) -> list[str]:
        """Empty the stores of these services (default: all); whose it were. Raises UnknownName."""
        body = {"services": list(services)}
        return (await self._ask(reset_models.ServicesReset, "POST", "/v1/reset", body=body)).services

    async def reset_everything(self) -> reset_models.EverythingReset:
        """The whole sandbox as at its first start; what was removed, and what could not be reset."""
        return await self._ask(reset_models.EverythingReset, "POST", "/v1/reset/everything")

    # Dead letters

    async def dlq_topics(self) -> list[dlq_models.DlqTopic]:
        """Every DLQ topic with its depth."""
        return (await self._ask(dlq_models.DlqTopicList, "GET", "/v1/dlq")).topics

    async def dead_letters(self, topic: str, query: dlq_models.DlqQuery | None = None) -> dlq_models.DeadLetterPage:
        """One page of a topic's dead letters."""
        given = query.model_dump(mode="json", by_alias=True, exclude_defaults=True) if query else {}
        pairs = [(name, str(each)) for name, value in given.items() for each in _several(value)]
        return await self._ask(dlq_models.DeadLetterPage, "GET", _path("/v1/dlq", topic), query=pairs)

    async def dead_letter(self, topic: str, identity: str) -> dlq_models.DeadLetter:
        """One dead letter by its id or the beginning of it. Raises UnknownName."""
        return await self._ask(dlq_models.DeadLetter, "GET", _path("/v1/dlq", topic, identity))

    async def replay_dead_letters(self, topic: str, request: dlq_models.ReplayRequest) -> dlq_models.Replay:
        """Begin a replay, or get its dry run. Raises Conflict while one of the topic is going on."""
        body = request.model_dump(mode="json", by_alias=True, exclude_defaults=True)
        return await self._ask(dlq_models.Replay, "POST", _path("/v1/dlq", topic, "replay"), body=body)

    async def replay_edited_letter(
        self, topic: str, identity: str, request: dlq_models.EditedReplayRequest
    ) -> dlq_models.Replay:
        """Replay one letter with changes, or get the dry run. Raises UsageError when the value does not fit."""
        body = request.model_dump(mode="json", by_alias=True, exclude_unset=True)
        return await self._ask(dlq_models.Replay, "POST", _path("/v1/dlq", topic, identity, "replay"), body=body)

    async def purge_dead_letters(self, topic: str, request: dlq_models.PurgeRequest) -> dlq_models.Purged:
        body = request.model_dump(mode="json", by_alias=True, exclude_defaults=True)
        return await self._ask(dlq_models.Purged, "POST", _path("/v1/dlq", topic, "purge"), body=body)

    async def replay(self, replay: str) -> dlq_models.Replay:
        return await self._ask(dlq_models.Replay, "GET", _path("/v1/dlq-replays", replay))

    async def stop_replay(self, replay: str) -> dlq_models.Replay:
        """What it has not reached stays PENDING."""
        return await self._ask(dlq_models.Replay, "DELETE", _path("/v1/dlq-replays", replay))

    # Scenarios and breakers

    async def run_scenario(self, document: Mapping[str, Any]) -> str:
        """Start a run of a resolved document; its id."""
        return (await self._ask(models.RunStarted, "POST", "/v1/scenarios/runs", body=document)).run

    async def scenario_run(self, run: str) -> models.ScenarioRun:
        return await self._ask(models.ScenarioRun, "GET", _path("/v1/scenarios/runs", run))

    async def stop_scenario(self, run: str) -> models.ScenarioRun:
        return await self._ask(models.ScenarioRun, "DELETE", _path("/v1/scenarios/runs", run))

    async def next_step(self, run: str, *, to_end: bool = False) -> models.ScenarioRun:
        """Let a run that waits before a step go on. Raises Conflict when it does not wait."""
        path = _path("/v1/scenarios/runs", run, "next")
        return await self._ask(models.ScenarioRun, "POST", path, body={"to_end": to_end})

    async def scenario_library(self) -> list[scenario_models.LibraryScenario]:
        """The scenarios that ship and the project's own."""
        return (await self._ask(scenario_models.ScenarioLibraryList, "GET", "/v1/scenarios/library")).scenarios

    async def library_scenario(self, name: str) -> scenario_models.ScenarioDocument:
        """One of them, with its text. Raises UnknownName, or InvalidFile for one that cannot be read."""
        return await self._ask(scenario_models.ScenarioDocument, "GET", _path("/v1/scenarios/library", name))

    async def breakers(self) -> dict[str, models.BreakerState]:
        """Every breaker by `service/name`."""
        return (await self._ask(models.Breakers, "GET", "/v1/breakers")).breakers

    async def operate_breaker(self, service: str, name: str, operation: str) -> models.BreakerState:
        return await self._ask(models.BreakerState, "POST", _path("/v1/breakers", service, name, operation))

    async def limits(self) -> dict[str, models.Limits]:
        """The request limits of each service."""
        return (await self._ask(models.LimitsByService, "GET", "/v1/limits")).limits

    async def change_limits(self, service: str, **change: int | bool) -> models.Limits:
        """Set query, command, admin (requests per window) or enabled; the limits afterwards."""
        return await self._ask(models.Limits, "PUT", _path("/v1/limits", service), body=change)

    async def reset_limits(self, service: str) -> models.Limits:
        """Back to what was configured, with no window open."""
        return await self._ask(models.Limits, "DELETE", _path("/v1/limits", service))

    # Faults

    async def traffic(self) -> traffic_models.TrafficState:
        return await self._ask(traffic_models.TrafficState, "GET", "/v1/traffic")

    async def start_traffic(
        self, rate_per_s: float | None = None, seed: int | None = None
    ) -> traffic_models.TrafficState:
        """Raises Conflict while it runs."""
        body = {"rate_per_s": rate_per_s, "seed": seed}
        given = {name: value for name, value in body.items() if value is not None}
        return await self._ask(traffic_models.TrafficState, "POST", "/v1/traffic", body=given)

    async def stop_traffic(self) -> traffic_models.TrafficState:
        """How it stood; nothing happens when it does not run."""
        return await self._ask(traffic_models.TrafficState, "DELETE", "/v1/traffic")

    async def faults(self) -> list[fault_models.AppliedFault]:
        return (await self._ask(fault_models.FaultList, "GET", "/v1/faults")).faults

    async def fault_kinds(self) -> list[fault_models.FaultKind]:
        return (await self._ask(fault_models.FaultKindList, "GET", "/v1/faults/kinds")).kinds

    async def add_fault(
        self, kind: str, on: str, parameters: Mapping[str, Any], *, identity: str | None = None
    ) -> fault_models.AppliedFault:
        """Make a fault of the service `on`. Raises UnknownName, Conflict, or UsageError that names the parameter."""
        body = {"kind": kind, "on": on, "parameters": dict(parameters), "id": identity}
        return await self._ask(fault_models.AppliedFault, "POST", "/v1/faults", body=body)

    async def remove_fault(self, identity: str) -> fault_models.AppliedFault:
        return await self._ask(fault_models.AppliedFault, "DELETE", _path("/v1/faults", identity))

    async def remove_faults(self) -> list[fault_models.AppliedFault]:
        """Remove every fault; those that there were."""
        return (await self._ask(fault_models.FaultList, "DELETE", "/v1/faults")).faults


def _path(base: str, *parts: str) -> str:
    return "/".join([base, *(quote(part, safe="") for part in parts)])


def _several(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _query(
    after: int | None, kinds: Collection[str], sources: Collection[str], under: str | None
) -> list[tuple[str, str]]:
    query = [("kind", kind) for kind in kinds] + [("source", source) for source in sources]
    if after is not None:
        query.append(("after", str(after)))
    if under is not None:
        query.append(("under", under))
    return query
