"""`sandbox serve NAME…`: the composition root of a service process, the same on every runtime."""

from __future__ import annotations

import asyncio
import gc
import logging
import os
import signal
import sys
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

from sandbox.config.serve import ServeConfig
from sandbox.contracts.fault_request import FaultRequest
from sandbox.contracts.limits import LimitsChange
from sandbox.errors import SandboxError, UnknownName, UsageError
from sandbox.events.log import log_json_lines
from sandbox.runtime.collector import collector_at_rest
from sandbox.runtime.late_authorities import import_aiohttp
from sandbox.runtime.membership import Membership

__all__ = ["ServicesProcess", "main"]

_log = logging.getLogger("sandbox.serve")
START_LIMIT_S = 60.0
JOIN_LIMIT_S = 10.0
GC_THRESHOLDS = (20_000, 20, 100)
"""Records make many small objects that are gone in milliseconds: at Python's own 700 a tenth of the time goes into
looking for garbage among them."""


def main(names: Sequence[str]) -> None:
    """Run services until SIGTERM or SIGINT. Exits 2 on a configuration that cannot be used, 3 when a start fails."""
    lines = log_json_lines(sys.stderr.fileno())
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)
    gc.set_threshold(*GC_THRESHOLDS)
    with collector_at_rest():
        import_aiohttp()
        process = ServicesProcess(_configuration(names), access_log=lines.write_line)
    asyncio.run(process.run())


def _configuration(names: Sequence[str]) -> ServeConfig:
    from pydantic import ValidationError

    try:
        return ServeConfig.from_environment(tuple(names))
    except ValidationError as error:
        first = error.errors()[0]
        place = "SANDBOX_SERVE_" + ".".join(str(part) for part in first["loc"][:1]).upper()
        raise UsageError(str(first["msg"]).removeprefix("Value error, "), where=place) from None


class ServicesProcess:
    """The services of one process over one set of Kafka clients, with an admin API for the engine."""

    def __init__(self, config: ServeConfig, *, access_log: Callable[[str], None] | None = None) -> None:
        from sandbox.runtime.service_parts import ServiceParts

        self.config = config
        self._parts = ServiceParts(config, access_log=access_log)
        self._stopping = asyncio.Event()

    async def run(self) -> None:
        """Serve until told to stop. A service that fails to start is a state in the admin status."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._stopping.set)
        _log.info("starting %s, with Kafka at %s", ", ".join(self.config.services), self.config.bootstrap_servers)
        async with self._parts.admin_api(self):
            starting = asyncio.create_task(self._start())
            await self._stopping.wait()
            starting.cancel()
            await asyncio.gather(starting, return_exceptions=True)
            await self._parts.stop()

    async def _start(self) -> None:
        """Everything in the order in which one needs the other: Kafka, topics, registry, schemas, services."""
        try:
            async with asyncio.timeout(START_LIMIT_S):
                await self._parts.start()
            gc.freeze()  # what a start leaves behind stays: it need not be looked through again
        except* SandboxError as errors:
            for error in errors.exceptions:
                _log.error(str(error))
            self._parts.fail(str(errors.exceptions[0]))
        except* TimeoutError:
            self._parts.fail(f"not started within {START_LIMIT_S:.0f} s")

    def status(self) -> Mapping[str, Any]:
        return {
            "instance": self.config.instance,
            "pid": os.getpid(),
            "clock": {"speed": self._parts.clock.speed},
            "services": {name: served.status() for name, served in self._parts.served.items()},
            "breakers": {name: breaker.to_status() for name, breaker in self._parts.breakers().items()},
            "limit_windows": [
                {"service": name, **window}
                for name, limiter in self._limiters().items()
                if limiter.enabled
                for window in limiter.windows()
            ],
        }

    async def operate_breaker(self, service: str, name: str, operation: str) -> Mapping[str, Any]:
        from sandbox.resilience import OPERATIONS

        breakers = self._parts.breakers()
        breaker = breakers.get(f"{service}/{name}")
        if breaker is None:
            raise UnknownName(f"there is no breaker {service}/{name}", hint=f"known: {', '.join(breakers) or 'none'}")
        OPERATIONS[operation](breaker)
        return breaker.to_status()

    def limits(self) -> Mapping[str, Any]:
        return {name: limiter.to_json() for name, limiter in self._limiters().items()}

    def change_limits(self, service: str, change: LimitsChange) -> Mapping[str, Any]:
        limiter = self._limiter(service)
        limiter.change(**change.model_dump())
        return limiter.to_json()

    def reset_limits(self, service: str) -> Mapping[str, Any]:
        limiter = self._limiter(service)
        limiter.reset()
        return limiter.to_json()

    def _limiters(self) -> dict[str, Any]:
        return {name: limiter for name, served in self._parts.served.items() if (limiter := served.limiter)}

    def _limiter(self, service: str) -> Any:
        limiters = self._limiters()
        if service not in limiters:
            hint = "choose from capsule, odyssey, plato"
            raise UnknownName(f"{service!r} has no request limits", where="service", hint=hint)
        return limiters[service]

    def faults(self) -> list[dict[str, Any]]:
        return self._parts.faults.list()

    def add_fault(self, request: FaultRequest) -> dict[str, Any]:
        return self._parts.faults.add(request)

    def remove_fault(self, identity: str) -> dict[str, Any]:
        return self._parts.faults.remove(identity)

    def remove_faults(self) -> list[dict[str, Any]]:
        return self._parts.faults.remove_all()

    def capture(self, for_s: float, limit_bytes: int) -> list[str]:
        return self._parts.captures.capture(for_s, limit_bytes)

    async def set_speed(self, speed: float) -> None:
        self._parts.clock.set_speed(speed)

    async def reset(self, services: Collection[str]) -> None:
        """Topics, schemas and offsets are the engine's to reset."""
        resettable = {name: served for name, served in self._parts.served.items() if served.can_reset}
        if unknown := [name for name in services if name not in resettable]:
            raise UnknownName(
                f"there is no store of {unknown[0]!r} to reset here", hint=f"choose from {', '.join(resettable)}"
            )
        chosen = {name: served for name, served in resettable.items() if not services or name in services}
        self._parts.faults.remove_all(services)
        await asyncio.gather(*(served.reset() for served in chosen.values()))
        self._calm(chosen)
        if not services:
            self._parts.clock.set_speed(1.0)

    async def begin_reset(self, for_s: float) -> None:
        services = {name: served for name, served in self._parts.served.items() if name != "schema-registry"}
        self._parts.faults.remove_all()
        await asyncio.gather(*(served.rest(for_s) for served in services.values()))
        self._calm(services)
        self._parts.clock.set_speed(1.0)
        await self._parts.flush_records()
        await self._parts.flush_facts()

    async def end_reset(self) -> bool:
        return all(await asyncio.gather(*(served.rise() for served in self._parts.served.values())))

    def _calm(self, services: Collection[str]) -> None:
        """Breakers and request limits of these services as at their first start."""
        from sandbox.resilience import OPERATIONS

        for name, breaker in self._parts.breakers().items():
            if name.partition("/")[0] in services:
                OPERATIONS["reset"](breaker)
        for name, limiter in self._limiters().items():
            if name in services:
                limiter.reset()

    async def leave_group(self, group: str, for_s: float) -> None:
        await self._member(group).leave(for_s)
        await self._parts.flush_facts()

    async def join_group(self, group: str) -> bool:
        return await self._member(group).join(JOIN_LIMIT_S)

    def _member(self, group: str) -> Membership:
        for served in self._parts.served.values():
            if member := served.member(group):
                return member
        raise UnknownName(f"no service of this process is in a group {group!r}", where="group")


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except SandboxError as error:
        sys.stderr.write(f"{error.render()}\n")
        sys.exit(error.exit_code)
