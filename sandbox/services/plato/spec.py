"""Specs and the artifacts that plan runs produce for them (ecosystem: Spec)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from sandbox.contracts.instants import format_instant

__all__ = ["Artifact", "Spec"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Artifact:
    """What a step of a run made. `content` is JSON."""

    tenant: str
    artifact_id: str
    spec_id: str | None
    plan_id: str | None
    run_id: str | None
    name: str
    type: str
    content: dict[str, Any]
    created_at_ms: int

    def to_json(self) -> dict[str, Any]:
        return {
            "id": self.artifact_id,
            "artifactId": self.artifact_id,
            "specId": self.spec_id,
            "planId": self.plan_id,
            "runId": self.run_id,
            "name": self.name,
            "type": self.type,
            "content": self.content,
            "createdAt": format_instant(self.created_at_ms),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Spec:
    """A DRAFT until the first artifact makes it ACTIVE."""

    tenant: str
    spec_id: str
    name: str
    type: str
    created_at_ms: int
    status: str = "DRAFT"
    definition: dict[str, Any] = field(default_factory=dict)

    def to_json(self, artifacts: list[dict[str, Any]]) -> dict[str, Any]:
        """`artifacts` are the newest of the spec's artifacts, as JSON."""
        return {
            "id": self.spec_id,
            "specId": self.spec_id,
            "name": self.name,
            "type": self.type,
            "status": self.status,
            "definition": self.definition,
            "artifacts": artifacts,
            "createdAt": format_instant(self.created_at_ms),
        }
