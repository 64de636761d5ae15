from __future__ import annotations

import re
from typing import Any

from sandbox.faults.fault import HttpFault, is_like
from sandbox.faults.points import HttpExchange, Moment

__all__ = ["SchemaIncompatible"]

REGISTERED = re.compile(r"(?:/contexts/[^/]+)?/subjects/(.+)/versions/?")


class SchemaIncompatible(HttpFault):
    """Refuses to register any schema: 409, incompatible with an earlier one."""

    kind = "schema-incompatible"

    subject: str | None = None
    """Only schemas of this subject; `*` stands for anything: `rim.*-value`."""

    @classmethod
    def acts_on(cls) -> tuple[str, ...]:
        return ("schema-registry",)

    def matches(self, point: HttpExchange) -> bool:
        found = REGISTERED.fullmatch(point.path) if point.method == "POST" else None
        meant = found is not None and (self.subject is None or is_like(found[1], self.subject))
        return meant and super().matches(point)

    async def act(self, point: HttpExchange, moment: Moment) -> Any:
        found = REGISTERED.fullmatch(point.path)
        assert found is not None
        message = f'Schema being registered is incompatible with an earlier schema for subject "{found[1]}"'
        return point.refusal(409, f"{message}, details: [a fault refuses it]", None, 40901)
