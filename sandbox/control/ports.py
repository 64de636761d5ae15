"""What the control server asks of the engine. Mappings have the shape of the model of the same name in `models`."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol

from sandbox.observe.intake import Intake
from sandbox.observe.journal import Journal
from sandbox.observe.ledger import Ledger
from sandbox.observe.log_folder import LogFolder
from sandbox.runtime.engine_faults import EngineFaults
from sandbox.runtime.full_reset import FullReset
from sandbox.runtime.overview import EngineOverview
from sandbox.runtime.resets import Resets
from sandbox.runtime.traffic import Traffic

if TYPE_CHECKING:
    from sandbox.runtime.dlq.desk import DlqDesk
    from sandbox.runtime.groups_view import GroupsView
    from sandbox.runtime.recorder import Recorder
    from sandbox.runtime.records_view import RecordsView
    from sandbox.runtime.scenario_library import ScenarioLibrary
    from sandbox.runtime.scenario_runs import ScenarioRuns

__all__ = ["Engine"]


class Engine(Protocol):
    """One running sandbox. Methods raise SandboxErrors only: UnknownName becomes 404, Conflict 409, another UsageError
    400, and EnvironmentFailure or NotReady 503.
    """

    journal: Journal
    intake: Intake
    ledger: Ledger
    consumer_groups: GroupsView
    recorder: Recorder
    resets: Resets
    full_reset: FullReset
    faults: EngineFaults
    traffic: Traffic
    overview: EngineOverview
    records: RecordsView
    scenarios: ScenarioRuns
    library: ScenarioLibrary
    logs: LogFolder

    def status(self) -> Mapping[str, Any]:
        """A `Status`."""

    async def operate_component(self, name: str, operation: str) -> Mapping[str, Any]:
        """Start, stop, restart, kill, pause or resume a component; the `Component` afterwards."""

    async def topics(self) -> Sequence[Mapping[str, Any]]:
        """A `Topic` each."""

    async def topic(self, name: str) -> Mapping[str, Any]:
        """One `Topic` in detail. Raises UnknownName."""

    async def create_topic(self, name: str, partitions: int) -> Mapping[str, Any]:
        """Make a topic that no contract has, if it is missing; the `Topic`. Raises Conflict for other partitions."""

    async def delete_topic(self, name: str) -> Mapping[str, Any]:
        """Delete a topic that no contract has; what it was. Raises UnknownName, Conflict."""

    def tail(self, topic: str, *, start: str | int) -> AsyncGenerator[Mapping[str, Any], None]:
        """`TailedRecord`s from `latest`, `earliest` or a time (epoch ms) on, without end; the server closes it."""

    async def publish_record(
        self,
        topic: str,
        *,
        value: Any,
        value_base64: str | None,
        key: str | None,
        headers: Mapping[str, str],
        partition: int | None,
    ) -> Mapping[str, Any]:
        """Publish with acks=all; a `Published`."""

    async def breakers(self) -> Mapping[str, Mapping[str, Any]]:
        """Every breaker by `service/name`, a `BreakerState` each."""

    async def operate_breaker(self, service: str, name: str, operation: str) -> Mapping[str, Any]:
        """The `BreakerState` afterwards."""

    async def limits(self) -> Mapping[str, Mapping[str, Any]]:
        """The request limits of each service, a `Limits` each."""

    async def change_limits(self, service: str, change: Mapping[str, Any]) -> Mapping[str, Any]:
        """The service's `Limits` afterwards. Raises UnknownName."""

    async def reset_limits(self, service: str) -> Mapping[str, Any]:
        """Back to what was configured, with no window open; the `Limits`. Raises UnknownName."""

    async def dlq(self) -> DlqDesk:
        """The desk of dead letters, open."""

    def shutdown(self, *, purge: bool) -> None:
        """Begin to stop everything, in reverse order. Returns at once; a second call changes nothing."""
