from __future__ import annotations

import re
from typing import Any

from pydantic import Field

from sandbox.faults.fault import HttpFault
from sandbox.faults.points import HttpExchange, Moment

__all__ = ["SchemaUnknown"]

LOOKED_UP = re.compile(r"(?:/contexts/[^/]+)?/schemas/ids/(\d+)(?:/.*)?")


class SchemaUnknown(HttpFault):
    """Knows no schema by its id: 404 with code 40403. Clients that have it in their cache go on."""

    kind = "schema-unknown"

    id: int | None = Field(default=None, ge=0)
    """Only this id; every one when left out."""

    @classmethod
    def acts_on(cls) -> tuple[str, ...]:
        return ("schema-registry",)

    def matches(self, point: HttpExchange) -> bool:
        found = LOOKED_UP.fullmatch(point.path)
        return found is not None and self.id in (None, int(found[1])) and super().matches(point)

    async def act(self, point: HttpExchange, moment: Moment) -> Any:
        found = LOOKED_UP.fullmatch(point.path)
        assert found is not None
        return point.refusal(404, f"Schema {found[1]} not found", None, 40403)
