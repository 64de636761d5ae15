"""What a schema is: its text, and what else makes it the same or another."""

from __future__ import annotations

import hashlib
import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

__all__ = ["AVRO", "RULES", "Definition", "Reference"]

AVRO = "AVRO"
RULES = ("migrationRules", "domainRules", "encodingRules")
"""The lists of a rule set."""


@dataclass(frozen=True, slots=True)
class Reference:
    """`name` as the schema's text uses it, for a version of another subject."""

    name: str
    subject: str
    version: int

    def to_json(self) -> dict[str, Any]:
        return {"name": self.name, "subject": self.subject, "version": self.version}


@dataclass(frozen=True, slots=True)
class Definition:
    """A schema without its subject. `text` is canonical; `metadata` and `rule_set` are kept as given."""

    type: str
    text: str
    references: tuple[Reference, ...] = ()
    metadata: Mapping[str, Any] | None = None
    rule_set: Mapping[str, Any] | None = None

    def fingerprint(self) -> bytes:
        """MD5 over text, references, metadata and rules: equal for schemas that share an id. The type is not in it."""
        digest = hashlib.md5(self.text.encode(errors="surrogatepass"), usedforsecurity=False)
        for each in self.references:
            digest.update(f"\0{each.name}\0{each.subject}\0{each.version}".encode())
        for part in (self.metadata, self.rule_set):
            if part:
                digest.update(b"\0" + json.dumps(part, sort_keys=True, separators=(",", ":")).encode())
        return digest.digest()

    def guid(self) -> str:
        return str(uuid.UUID(bytes=self.fingerprint()))

    def to_json(self) -> dict[str, Any]:
        """The members of a schema that say more than its text; absent ones left out."""
        members: dict[str, Any] = {}
        if self.type != AVRO:
            members["schemaType"] = self.type
        if self.references:
            members["references"] = [each.to_json() for each in self.references]
        if self.metadata:
            members["metadata"] = self.metadata
        if self.rule_set:
            members["ruleSet"] = self.rule_set
        members["schema"] = self.text
        return members
