"""The components of a sandbox as its status shows them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sandbox.contracts.instants import format_instant
from sandbox.runtime.component import ComponentState, Supervised

__all__ = ["component_rows"]


def component_rows(kafka: Supervised, processes: Iterable[Supervised]) -> list[dict[str, Any]]:
    """Kafka, then every service with its own state, under the process that runs it."""
    rows = [_row(kafka, "kafka", kafka.state, kafka.detail)]
    for process in processes:
        reported = process.component.status.get("services", {})
        for service in process.component.services:
            state, detail = process.state, process.detail
            if process.state in (ComponentState.STARTING, ComponentState.DEGRADED) and service in reported:
                state, detail = reported[service]["state"], reported[service]["detail"]
                alone = len(process.component.services) == 1
                if process.state is ComponentState.DEGRADED and (alone or process.detail == "paused"):
                    state, detail = process.state, process.detail
            elif process.state is ComponentState.READY:
                detail = detail or reported.get(service, {}).get("remark")
            rows.append(_row(process, service, state, detail))
    return rows


def _row(supervised: Supervised, name: str, state: str, detail: str | None) -> dict[str, Any]:
    return {
        "name": name,
        "process": supervised.name,
        "state": str(state),
        "detail": detail,
        "pid": supervised.component.pid,
        "restarts": supervised.restarts,
        "since": format_instant(supervised.since_ms),
    }
