"""How the registry's subjects of record values are named (Confluent's subject name strategies)."""

from __future__ import annotations

from enum import StrEnum

from sandbox.contracts.names import Names

__all__ = ["SubjectStrategy"]


class SubjectStrategy(StrEnum):
    """The platform uses TOPIC_NAME: one schema a topic. The others let a topic carry several kinds of record."""

    TOPIC_NAME = "topic-name"
    RECORD_NAME = "record-name"
    TOPIC_RECORD_NAME = "topic-record-name"

    def subject(self, topic: str, record: str, names: Names) -> str:
        """The subject of values on the logical `topic` whose Avro record has the full name `record`."""
        if self is SubjectStrategy.TOPIC_NAME:
            return names.value_subject(topic)
        if self is SubjectStrategy.RECORD_NAME:
            return f"{names.prefix}{record}"
        return f"{names.topic(topic)}-{record}"
