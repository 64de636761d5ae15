"""One resolver from logical names (`rim.fast-path`, `capsule`) to real ones on a cluster, and back."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Names"]

DLQ_SUFFIX = ".dlq"


@dataclass(frozen=True, slots=True)
class Names:
    """`prefix` is put before every topic, consumer group and subject (attach, leases); empty by default."""

    prefix: str = ""

    def topic(self, logical: str) -> str:
        return f"{self.prefix}{logical}"

    def group(self, logical: str) -> str:
        return f"{self.prefix}{logical}"

    def logical(self, real: str) -> str:
        """The logical name of a real topic or group; names without the prefix come back as they are."""
        return real.removeprefix(self.prefix) if self.prefix else real

    def dlq(self, topic: str) -> str:
        """`{topic}.dlq` of a logical topic name."""
        return topic if topic.endswith(DLQ_SUFFIX) else f"{topic}{DLQ_SUFFIX}"

    def value_subject(self, topic: str) -> str:
        """Subject of a topic's value under TopicNameStrategy: `{topic}-value`."""
        return f"{self.topic(topic)}-value"
