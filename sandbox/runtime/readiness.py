"""Proof that a sandbox is ready: every link is used once for real, and timed."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Mapping
from dataclasses import dataclass
from typing import Any

from sandbox.contracts.catalog import Contracts
from sandbox.errors import UpstreamUnavailable
from sandbox.kafka.probe import prove_round_trip
from sandbox.runtime.kafka_clients import KafkaClients
from sandbox.runtime.plan import EnginePlan

__all__ = ["Proof", "prove"]

CALL_LIMIT_S = 10.0


@dataclass(frozen=True, slots=True)
class Proof:
    """`what` was done, and how long it took."""

    what: str
    took_ms: float


async def prove(plan: EnginePlan, clients: KafkaClients, groups: dict[str, Any]) -> list[Proof]:
    """Produce and consume a record with acks=all, register and fetch a schema, call every service.

    `groups` are the consumer groups that the services reported joined. Raises UpstreamUnavailable naming the link that
    does not hold.
    """
    import aiohttp

    proofs = [
        await _timed("record produced and consumed", prove_round_trip(clients.cluster, producer=clients.producer))
    ]
    timeout = aiohttp.ClientTimeout(total=CALL_LIMIT_S)
    async with aiohttp.ClientSession(timeout=timeout) as session:
        if registry := plan.local_url("schema-registry"):
            registering = _schema(session, registry, clients.contracts, plan.registry_users)
            proofs.append(await _timed("schema registered and fetched", registering))
        for service in ("capsule", "odyssey", "plato"):
            if url := plan.local_url(service):
                proofs.append(await _timed(f"{service} answered", _health(session, service, url)))
    proofs.append(
        Proof(f"{len(groups)} consumer groups joined", max((each["took_ms"] for each in groups.values()), default=0.0))
    )
    return proofs


async def _timed(what: str, work: Awaitable[object]) -> Proof:
    started = time.perf_counter()
    await work
    return Proof(what, round((time.perf_counter() - started) * 1000, 1))


async def _schema(session: Any, registry: str, contracts: Contracts, users: Mapping[str, str]) -> None:
    """Register a contract's schema (a known one keeps its id) and fetch it by that id, as the first of `users`."""
    import json

    import aiohttp

    auth = next((aiohttp.BasicAuth(user, password, "utf-8") for user, password in users.items()), None)
    topic, schema = next(contracts.avro_topics())
    url, body = f"{registry}/subjects/{topic.name}-value/versions", {"schema": json.dumps(schema)}
    registered = await _json(session.post(url, json=body, auth=auth), "schema-registry")
    await _json(session.get(f"{registry}/schemas/ids/{registered['id']}", auth=auth), "schema-registry")


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
