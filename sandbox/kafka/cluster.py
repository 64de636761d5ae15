"""Where a Kafka cluster is, how its names are formed, and what every client of it has in common."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sandbox.contracts.names import Names
from sandbox.errors import UpstreamUnavailable

__all__ = ["ASKED_CONNECT_LIMIT_S", "Cluster", "KafkaUnavailable"]

ASKED_CONNECT_LIMIT_S = 3.0
"""For a connection that somebody waits for, who asks the control API and takes its answer for 5 s."""


class KafkaUnavailable(UpstreamUnavailable):
    """Kafka did not answer in time, or not at all. Says nothing about the record that was under way."""

    @classmethod
    def is_cause_of(cls, error: BaseException | None) -> bool:
        """Whether `error`, or what it was raised from, is this one."""
        while error is not None:
            if isinstance(error, cls):
                return True
            error = error.__cause__
        return False


@dataclass(frozen=True, slots=True)
class Cluster:
    """`bootstrap_servers` is a host:port list; `security` holds aiokafka's own options for SASL and TLS.

    `request_timeout_ms` bounds one request; a request to a broker that is gone fails at once, not after this time.
    """

    bootstrap_servers: str
    names: Names = field(default_factory=Names)
    request_timeout_ms: int = 10_000
    retry_backoff_ms: int = 100
    security: Mapping[str, Any] = field(default_factory=dict)

    def options(self, client_id: str) -> dict[str, Any]:
        """Keyword arguments for any aiokafka client."""
        return {
            "bootstrap_servers": self.bootstrap_servers,
            "client_id": client_id,
            "request_timeout_ms": self.request_timeout_ms,
            "retry_backoff_ms": self.retry_backoff_ms,
            **self.security,
        }

    def unavailable(self, doing: str, why: object = None) -> KafkaUnavailable:
        """The error for `doing` (`"publishing to rim.fast-path"`) when Kafka does not answer."""
        reason = f": {why}" if why else ""
        return KafkaUnavailable(
            f"Kafka at {self.bootstrap_servers} does not answer while {doing}{reason}",
            where=self.bootstrap_servers,
            hint="see `sandbox status`; if Kafka is down, `sandbox up` brings it back",
        )
