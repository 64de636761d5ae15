from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, WithJsonSchema

from sandbox.config.services import SERVICES
from sandbox.scenarios.stage import Turn
from sandbox.scenarios.steps.step import Step, known_party


def _several(value: Any) -> Any:
    return [value] if isinstance(value, str) else value


_NAMES = {"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}, "minItems": 1}]}


class ResetStep(Step):
    """Empty the store of a service, and close its breakers: it knows what it knew at its first start.

    Topics and offsets stay; `reset-offsets` lets it build its store again from the topics.
    """

    verb = "reset"
    services: Annotated[tuple[str, ...], BeforeValidator(_several), WithJsonSchema(_NAMES)] = Field(
        alias="reset", min_length=1
    )
    """The service, or several: capsule, odyssey, plato, audit."""

    def needs(self) -> Iterator[str]:
        yield from (f"own {service}" for service in self.services if service in SERVICES)

    def involves(self, names: Mapping[str, Any]) -> tuple[str, ...]:
        return (known_party(self.services[0]),)

    def title(self, names: dict[str, Any] | None = None) -> str:
        return f"reset {', '.join(self.services)}"

    async def run(self, turn: Turn) -> None:
        with self.placed():
            await turn.world.reset(self.services)
