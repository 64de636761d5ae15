"""Proof that a sandbox is ready: every link is used once for real, and timed."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Coroutine, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sandbox.contracts.catalog import Topic
from sandbox.errors import UpstreamUnavailable
from sandbox.kafka.probe import prove_round_trip
from sandbox.runtime.kafka_clients import KafkaClients
from sandbox.runtime.plan import EnginePlan
from sandbox.runtime.replaced import Sighting

__all__ = ["Proof", "prove"]

CALL_LIMIT_S = 10.0


@dataclass(frozen=True, slots=True)
class Proof:
    """`what` was done, and how long it took."""

    what: str
    took_ms: float


async def prove(
    plan: EnginePlan, clients: KafkaClients, groups: dict[str, Any], replaced: Mapping[str, Sighting]
) -> list[Proof]:
    """Produce and consume a record with acks=all, register and fetch a schema, call every service of ours.

    `groups` are the consumer groups that the services reported joined, `replaced` what was seen of the services that
    stand in for ours: one that is away keeps nobody from being ready. Raises UpstreamUnavailable naming the link that
    does not hold.
    """
    import aiohttp

    steps = [_timed("record produced and consumed", prove_round_trip(clients.cluster, producer=clients.producer))]
    topic, schema = next(clients.contracts.avro_topics(), (None, {}))
    if topic is not None and plan.url("schema-registry"):
        steps.append(_timed("schema registered and fetched", _schema(clients, topic, schema)))
    timeout = aiohttp.ClientTimeout(total=CALL_LIMIT_S)
    async with aiohttp.ClientSession(timeout=timeout) as session:
        for service in ("capsule", "odyssey", "plato"):
            if service in plan.services and (url := plan.local_url(service)):
                steps.append(_timed(f"{service} answered", _health(session, service, url)))
        proofs = await _side_by_side(steps)
    for service in ("capsule", "odyssey", "plato"):
        if (seen := replaced.get(service)) and seen.trouble is None:
            proofs.append(Proof(f"your {service} reached", seen.took_ms))
    if groups:
        counted = "1 consumer group" if len(groups) == 1 else f"{len(groups)} consumer groups"
        proofs.append(Proof(f"{counted} joined", max(each["took_ms"] for each in groups.values())))
    return proofs


async def _side_by_side(steps: Sequence[Coroutine[Any, Any, Proof]]) -> list[Proof]:
    """What all of them found, in their order. Raises what the first that fails does."""
    try:
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(step) for step in steps]
    except BaseExceptionGroup as failed:
        raise failed.exceptions[0] from None
    return [task.result() for task in tasks]


async def _timed(what: str, work: Awaitable[object]) -> Proof:
    started = time.perf_counter()
    await work
    return Proof(what, round((time.perf_counter() - started) * 1000, 1))


async def _schema(clients: KafkaClients, topic: Topic, schema: dict[str, Any]) -> None:
    """Register a contract's schema (a known one keeps its id) and fetch it by that id."""
    registry = clients.fresh_registry()
    try:
        await registry.schema(await registry.register(clients.names.value_subject(topic.name), schema))
    finally:
        await registry.close()


async def _health(session: Any, service: str, url: str) -> None:
    found = await _json(session.get(f"{url}/actuator/health"), service)
    if found.get("status") != "UP":
        raise UpstreamUnavailable(f"{service} says it is {found.get('status')}", where=url)


async def _json(call: Any, service: str) -> Any:
    import aiohttp

    try:
        async with call as answer:
            if answer.status >= 400:
                raise UpstreamUnavailable(f"{service} answered {answer.status}", where=str(answer.url))
            return await answer.json(content_type=None)
    except (aiohttp.ClientError, TimeoutError) as error:
        raise UpstreamUnavailable(f"{service} did not answer: {error or 'time limit'}", where=service) from error
