"""What a snapshot says of itself, and whether this sandbox can open it."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path, PurePosixPath
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, ValidationError, field_validator

from sandbox.contracts.catalog import Contracts
from sandbox.errors import InvalidFile
from sandbox.runtime.data_swap import PARTS

__all__ = ["FORMAT", "Manifest", "Member", "contract_digests", "store_digests"]

FORMAT = 1


class Member(BaseModel):
    """One file of the snapshot."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    size: int
    """Bytes."""
    sha256: str


class Manifest(BaseModel):
    """The first member of the archive."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    kind: Literal["butterfly-sandbox-snapshot"] = "butterfly-sandbox-snapshot"
    format: int
    """How the archive is laid out."""
    sandbox: str
    """Version of the sandbox that saved it."""
    name: str
    """Which sandbox it was."""
    saved: str
    """When, ISO 8601."""
    kafka: str
    """Version whose data it holds."""
    stores: dict[str, str]
    """Store → digest of its tables."""
    contracts: dict[str, str]
    """Topic → digest of its contract."""
    members: dict[str, Member]
    """Path within the archive → file."""

    @field_validator("members")
    @classmethod
    def _stay_inside(cls, members: dict[str, Member]) -> dict[str, Member]:
        for name in members:
            path = PurePosixPath(name)
            if path.is_absolute() or ".." in path.parts or "\\" in name or path.parts[:1] not in {(p,) for p in PARTS}:
                raise ValueError(f"{name!r} would leave the sandbox's data folders")
        return members

    @classmethod
    def read(cls, content: bytes, where: str) -> Manifest:
        """Raises InvalidFile."""
        try:
            given = json.loads(content)
            if isinstance(given, dict) and given.get("format") not in (None, FORMAT):
                raise _refused(where, f"it has format {given['format']}, this sandbox reads format {FORMAT}")
            return cls.model_validate(given)
        except (ValueError, ValidationError) as error:
            reason = error.errors()[0]["msg"] if isinstance(error, ValidationError) else str(error)
            raise InvalidFile(f"is no snapshot of a sandbox: {reason}", where=where) from None

    @property
    def size(self) -> int:
        """Bytes of all files together."""
        return sum(each.size for each in self.members.values())

    def refuse_other(self, where: str, *, kafka: str, stores: dict[str, str], contracts: dict[str, str]) -> None:
        """Raises InvalidFile with the reason when the data is of another kind than this sandbox's."""
        if self.kafka != kafka:
            raise _refused(where, f"it holds data of Kafka {self.kafka}, this sandbox runs Kafka {kafka}")
        if other := sorted(name for name, digest in self.stores.items() if stores.get(name) != digest):
            raise _refused(where, f"the tables of {', '.join(other)} are those of sandbox {self.sandbox}, not of this")
        topics = sorted(self.contracts.keys() | contracts.keys())
        if differing := [each for each in topics if self.contracts.get(each) != contracts.get(each)]:
            raise InvalidFile(
                f"cannot be loaded: its contracts differ in {', '.join(differing)}",
                where=where,
                hint="load it into a sandbox that was started with the same --contracts",
            )


def contract_digests(contracts: Contracts) -> dict[str, str]:
    """Topic → digest of its name, format, partitions and schema."""
    return {
        name: _digest([topic.format, topic.partitions, contracts.schema_of(name)])
        for name, topic in contracts.topics.items()
    }


def store_digests() -> dict[str, str]:
    """Store → digest of the tables that this version makes in it."""
    from sandbox.runtime.dlq.letters import LETTERS_SCHEMA
    from sandbox.runtime.dlq.replays import REPLAYS_SCHEMA
    from sandbox.services.capsule import tables as capsule
    from sandbox.services.odyssey import tables as odyssey
    from sandbox.services.plato import tables as plato

    return {
        "capsule": _digest([capsule.SCHEMA, capsule.SCHEMA_VERSION]),
        "odyssey": _digest(odyssey.SCHEMA),
        "plato": _digest(plato.SCHEMA),
        "dlq": _digest([LETTERS_SCHEMA, REPLAYS_SCHEMA]),
    }


def file_digest(path: Path) -> str:
    """SHA-256. Raises OSError."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _digest(content: Any) -> str:
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()[:16]


def _refused(where: str, reason: str) -> InvalidFile:
    hint = "load it with the version of the sandbox that saved it"
    return InvalidFile(f"cannot be loaded: {reason}", where=where, hint=hint)
