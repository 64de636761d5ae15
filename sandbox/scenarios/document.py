"""What a client sends the engine to run: one scenario with everything it needs, so that the engine reads no files."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from sandbox.errors import UsageError

__all__ = ["ScenarioDocument"]


class ScenarioDocument(BaseModel):
    """`{"file", "text", "seed"?}`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    text: str = Field(min_length=1, max_length=1_000_000)
    """The scenario file's content."""
    file: str = Field(default="scenario.yaml", min_length=1, max_length=500)
    """What errors and reports call the file."""
    seed: int | None = Field(default=None, ge=0)
    """In place of the file's own seed."""

    @classmethod
    def parse(cls, document: Mapping[str, Any]) -> ScenarioDocument:
        """Raises UsageError."""
        try:
            return cls.model_validate(document)
        except ValidationError as error:
            first = error.errors()[0]
            place = ".".join(str(part) for part in first["loc"]) or "body"
            raise UsageError(f"{place}: {first['msg']}", where="scenario document") from None
