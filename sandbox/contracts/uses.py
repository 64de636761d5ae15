"""Which topics and fields our services read and write (`uses.yaml`)."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, ConfigDict, Field

__all__ = ["Reads", "ServiceUses", "Writes", "uses_of_services"]


class Reads(BaseModel):
    """One topic that a service consumes."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    without: str
    """What the service does when the topic is missing, in words that follow its name."""
    needs: Mapping[str, Mapping[str, Any]] = Field(default_factory=dict)
    """Dotted fields without which a record is dead-lettered, each with the fields (and Avro types) that do as well."""
    uses: Mapping[str, str] = Field(default_factory=dict)
    """Dotted fields that a record may lack, and what the service does then."""


class Writes(BaseModel):
    """One topic that a service publishes to."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    without: str
    """What the service does when the topic is missing, in words that follow its name."""
    fields: Mapping[str, Any] | None = None
    """Fields and Avro types of its values; those of the topic's built-in schema when left out."""


class ServiceUses(BaseModel):
    """What one service reads and writes, by topic."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    group: str
    """Its consumer group."""
    reads: Mapping[str, Reads] = Field(default_factory=dict)
    writes: Mapping[str, Writes] = Field(default_factory=dict)


@cache
def uses_of_services() -> Mapping[str, ServiceUses]:
    """By service."""
    text = (Path(__file__).parent / "uses.yaml").read_text(encoding="utf-8")
    return {name: ServiceUses.model_validate(each) for name, each in yaml.safe_load(text).items()}
