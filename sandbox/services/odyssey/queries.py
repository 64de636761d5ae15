"""What ODYSSEY's requests may say. Unknown members are ignored."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal, Self

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from sandbox.services.http import ApiModel, Instant, PageQuery, ScopeId

__all__ = [
    "HistoryQuery",
    "ListActors",
    "ListEntities",
    "ListEpisodes",
    "ListPaths",
    "ModelBody",
    "WeightBody",
]

Weight = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]


class HistoryQuery(ApiModel):
    """Both ends belong to the range; without one it is open."""

    from_: Annotated[Instant | None, Field(alias="from")] = None
    to: Instant | None = None

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.from_ is not None and self.to is not None and self.from_ > self.to:
            raise PydanticCustomError("range", "from must not be after to")
        return self


class ListEntities(PageQuery):
    sortable: ClassVar[tuple[str, ...]] = ("stress", "updatedAt", "entityId")


class ListPaths(PageQuery):
    sortable: ClassVar[tuple[str, ...]] = ("weight", "updatedAt", "horizon")
    scope_id: ScopeId | None = None
    horizon: Literal["SHORT_TERM", "MEDIUM_TERM", "LONG_TERM"] | None = None


class ListActors(PageQuery):
    sortable: ClassVar[tuple[str, ...]] = ("actorId", "name")
    default_descending: ClassVar[bool] = False
    scope_id: ScopeId | None = None


class ListEpisodes(PageQuery):
    sortable: ClassVar[tuple[str, ...]] = ("timestamp",)
    scope_id: ScopeId | None = None
    limit: int | None = Field(default=None, ge=1, le=200)
    """Another word for `size`."""


class WeightBody(ApiModel):
    weight: Weight


class ModelBody(ApiModel):
    parameter: Literal["riskTolerance", "timeHorizon", "predictability", "coordination"]
    value: Weight
