"""The engine's own faults: of the broker, of the services' processes, and of what the engine itself publishes."""

from __future__ import annotations

import asyncio
import itertools
import logging
from collections.abc import Callable, Collection
from typing import Any

from sandbox.clock import Clock
from sandbox.contracts.fault_request import FaultRequest
from sandbox.errors import CapabilityMissing, Conflict, SandboxError
from sandbox.events.facts import FactSink
from sandbox.faults.applied import AppliedFault
from sandbox.faults.component_fault import ComponentFault
from sandbox.faults.fault import Fault
from sandbox.faults.reading import check_service, read_fault
from sandbox.kafka.publishing_fault import AppliedPublishingFault
from sandbox.runtime.component import Supervised
from sandbox.runtime.component_handle import SupervisedHandle
from sandbox.runtime.service_faults import ServiceFaults

__all__ = ["OwnFaults", "PublishingFaults"]

log = logging.getLogger(__name__)


class PublishingFaults(ServiceFaults):
    """Faults of what the engine publishes for scenarios and for people; they stand in `outgoing`."""

    def __init__(self, outgoing: list[Any], clock: Clock, facts: FactSink) -> None:
        super().__init__({}, clock, facts)
        self._outgoing = outgoing

    def _place(self, on: str, fault: Fault) -> tuple[list[Any], Callable[[AppliedFault], Any]]:
        check_service(fault.kind, on)
        return self._outgoing, AppliedPublishingFault


class OwnFaults:
    """`find` gives the component of a name or the one that runs a service, and raises UnknownName; `capabilities` are
    what this runtime can disturb; `revived` is told when a component runs again."""

    def __init__(
        self,
        find: Callable[[str], Supervised],
        outgoing: list[Any],
        clock: Clock,
        facts: FactSink,
        *,
        capabilities: Collection[str],
        revived: Callable[[], None],
    ) -> None:
        self._find = find
        self._clock = clock
        self._facts = facts
        self._capabilities = capabilities
        self._revived = revived
        self._publishing = PublishingFaults(outgoing, clock, facts)
        self._disturbances: dict[str, _Disturbance] = {}
        self._numbers = itertools.count(1)

    def list(self) -> list[dict[str, Any]]:
        """Oldest first; then those of what is published."""
        return [each.to_json() for each in self._disturbances.values()] + self._publishing.list()

    async def add(self, request: FaultRequest) -> dict[str, Any]:
        """Returns once it has acted, unless it begins later.

        Raises UnknownName, Conflict, UsageError, CapabilityMissing, ComponentFailed, or UpstreamUnavailable.
        """
        fault = read_fault(request.kind, request.parameters)
        if not isinstance(fault, ComponentFault):
            return self._publishing.add(request)
        check_service(fault.kind, request.on)
        if fault.needs not in self._capabilities:
            raise CapabilityMissing(
                f"{fault.kind} needs a {fault.needs} of the sandbox's own",
                capability=fault.needs,
                where=request.on,
                hint="start one with `sandbox up --runtime embedded` or `--runtime docker`",
            )
        supervised = self._find(request.on)
        for other in self._disturbances.values():
            if other.component == supervised.name:
                raise Conflict(
                    f"{other.applied.id} disturbs {supervised.name} already: {other.applied.fault.describe()}",
                    where="on",
                    hint=f"remove it first: `sandbox fault remove {other.applied.id}`",
                )
        identity = request.id or f"{fault.kind}-{request.on}-{next(self._numbers)}"
        if self.has(identity):
            raise Conflict(f"there is a fault {identity!r} already", where="id", hint="remove it first")
        applied = AppliedFault(identity, fault, request.on, self._clock, self._facts)
        made = _Disturbance(applied, fault, supervised, SupervisedHandle(supervised, self._revived))
        self._disturbances[identity] = made
        made.task.add_done_callback(lambda task: self._ended(identity, task))
        await made.begun()
        return made.to_json()

    def _ended(self, identity: str, task: asyncio.Task[None]) -> None:
        del self._disturbances[identity]
        if not task.cancelled():
            task.exception()  # told and logged; nobody may be waiting for it

    def has(self, identity: str) -> bool:
        return any(each["id"] == identity for each in self.list())

    async def remove(self, identity: str) -> dict[str, Any]:
        """Returns what it had come to once it is undone. Raises UnknownName, or what undoing it raises."""
        made = self._disturbances.get(identity)
        return self._publishing.remove(identity) if made is None else await made.end()

    async def remove_all(self) -> list[dict[str, Any]]:
        """Every one, also when undoing another fails; then raises the first that failed."""
        gone, failure = self._publishing.remove_all(), None
        for made in tuple(self._disturbances.values()):
            try:
                gone.append(await made.end())
            except SandboxError as error:
                failure = failure or error
        if failure is not None:
            raise failure
        return gone

    async def close(self) -> None:
        """Forget them without bringing anything back: the engine stops everything."""
        self._publishing.remove_all()
        tasks = [made.task for made in self._disturbances.values()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


class _Disturbance:
    """A fault of one component, by its timetable: it acts when it comes into force and is undone when that ends."""

    def __init__(
        self, applied: AppliedFault, fault: ComponentFault, supervised: Supervised, handle: SupervisedHandle
    ) -> None:
        self.applied = applied
        self.component = supervised.name
        self._fault = fault
        self._handle = handle
        self._sharers = [name for name in getattr(supervised.component, "services", ()) if name != applied.service]
        self._settled = asyncio.Event()
        self.task = asyncio.create_task(self._run(), name=f"fault {applied.id}")

    def to_json(self) -> dict[str, Any]:
        shown = self.applied.to_json() | {"over": self.task.done()}
        if self._sharers:
            shown["text"] += f" (its process also runs {', '.join(self._sharers)})"
        return shown

    async def begun(self) -> None:
        """Wait until it has acted, or waits for its time. Raises what acting raises."""
        settled = asyncio.create_task(self._settled.wait())
        await asyncio.wait({settled, self.task}, return_when=asyncio.FIRST_COMPLETED)
        settled.cancel()
        if self.task.done():
            self.task.result()

    async def end(self) -> dict[str, Any]:
        """Remove it and wait until it is undone. Raises what undoing raises."""
        self.applied.remove()
        await asyncio.wait({self.task})
        self.task.result()
        return self.to_json()

    async def _run(self) -> None:
        try:
            while not self.applied.is_over:
                if self.applied.is_on:
                    await self._act()
                    if not self._fault.lasts:
                        break
                else:
                    self._settled.set()
                    await self.applied.wait_for_change()
        except SandboxError as error:
            log.warning("fault %s: %s", self.applied.id, error.render())
            self.applied.remove("failed")
            raise
        finally:
            self.applied.remove("expired")

    async def _act(self) -> None:
        strikes = self.applied.strikes(self._handle)
        if strikes:
            await self.applied.act(self._handle)
        if self._fault.lasts:
            self._settled.set()
            await self.applied.wait_for_rest()
            if strikes:
                await self._fault.undo(self._handle)
