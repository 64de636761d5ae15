"""What CAPSULE's endpoints take: queries and bodies."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar

from pydantic import Field, GetJsonSchemaHandler, model_validator

from sandbox.services.capsule.capsule import DIMENSIONS, EVENT_RESOLUTION_S, EVENT_VANTAGE_MODE
from sandbox.services.http.fields import ApiModel, Instant, PageQuery, ScopeId, VantageMode

__all__ = [
    "BatchRequest", "CapsuleQuery", "CapsuleRequest", "CounterfactualQuery", "EvolutionQuery", "HistoryQuery",
    "LineageQuery", "RangeQuery", "SliceQuery",
]  # fmt: skip

RESOLUTION_LIMIT_S = 31_536_000
LIST_LIMIT = 1_000
BATCH_LIMIT = 500
DEPTH_LIMIT = 100

Dimension = dict[str, Any]
Resolution = Annotated[int, Field(ge=1, le=RESOLUTION_LIMIT_S)]


class TimeRange(ApiModel):
    """Both ends belong to the range; one whose end is before its start is empty."""

    from_: Instant | None = None
    to: Instant | None = None


class HistoryQuery(TimeRange, PageQuery):
    """`limit` is another word for `size`, and may be larger."""

    sortable: ClassVar[tuple[str, ...]] = ("timestamp", "createdAt")

    limit: int | None = Field(default=None, ge=1, le=LIST_LIMIT)

    @property
    def page_size(self) -> int:
        return self.size if self.limit is None else self.limit


class CapsuleQuery(HistoryQuery):
    scope_id: ScopeId | None = None


class RangeQuery(HistoryQuery):
    """`from` and `to` are required; oldest first unless `sort` says otherwise."""

    default_descending: ClassVar[bool] = False

    from_: Instant
    to: Instant


class SliceQuery(ApiModel):
    scope_id: ScopeId
    timestamp: Instant


class EvolutionQuery(ApiModel):
    """A slice at `from` and at every `resolution` seconds after it, up to `to`; long ranges are cut short."""

    scope_id: ScopeId
    from_: Instant
    to: Instant
    resolution: Resolution = EVENT_RESOLUTION_S


class CounterfactualQuery(ApiModel):
    scope_id: ScopeId | None = None
    limit: int = Field(default=20, ge=1, le=LIST_LIMIT)


class LineageQuery(ApiModel):
    depth: int = Field(default=10, ge=1, le=DEPTH_LIMIT)


class PresentModel(ApiModel):
    """A null member counts as absent: typed clients write them all."""

    @model_validator(mode="before")
    @classmethod
    def _without_nulls(cls, value: Any) -> Any:
        return {name: each for name, each in value.items() if each is not None} if isinstance(value, dict) else value

    @classmethod
    def __get_pydantic_json_schema__(cls, core_schema: Any, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        schema = handler(core_schema)
        described = handler.resolve_ref_schema(schema)
        required = described.get("required", ())
        for name, member in described["properties"].items():
            if name not in required and {"type": "null"} not in member.get("anyOf", ()):
                described["properties"][name] = {"anyOf": [member, {"type": "null"}]}
        return schema


class ContentRequest(PresentModel):
    configuration: Dimension = Field(default_factory=dict)
    dynamics: Dimension = Field(default_factory=dict)
    agency: Dimension = Field(default_factory=dict)
    counterfactual: Dimension = Field(default_factory=dict)
    meta: Dimension = Field(default_factory=dict)


class CapsuleRequest(PresentModel):
    """The five dimensions stand under `content` or at top level; `content` wins where both have one."""

    scope_id: ScopeId
    timestamp: Instant
    resolution: Resolution = EVENT_RESOLUTION_S
    vantage_mode: VantageMode = EVENT_VANTAGE_MODE
    content: ContentRequest = Field(default_factory=ContentRequest)
    metadata: Dimension = Field(default_factory=dict)
    parent_capsule_id: str | None = Field(default=None, max_length=128)
    configuration: Dimension = Field(default_factory=dict)
    dynamics: Dimension = Field(default_factory=dict)
    agency: Dimension = Field(default_factory=dict)
    counterfactual: Dimension = Field(default_factory=dict)
    meta: Dimension = Field(default_factory=dict)

    def dimensions(self) -> dict[str, Dimension]:
        return {name: getattr(self.content, name) or getattr(self, name) for name in DIMENSIONS}


class BatchRequest(ApiModel):
    """Kept all or not at all."""

    capsules: list[CapsuleRequest] = Field(min_length=1, max_length=BATCH_LIMIT)
