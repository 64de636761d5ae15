"""RimNodeId: the name of an entity, `rim:{nodeType}:{namespace}:{localId}` (seed: Error Response, Message Ordering)."""

from __future__ import annotations

import re
from dataclasses import dataclass

from sandbox.errors import UsageError

__all__ = ["NODE_ID_MESSAGE", "NODE_ID_PATTERN", "RimNodeId"]

_PART = r"[^:\s\x00-\x20\x7f-\xa0\ufeff]+"  # what counts as blank differs between languages: none of it is allowed
NODE_ID_PATTERN = rf"^rim:{_PART}:{_PART}:{_PART}$"
NODE_ID_MESSAGE = "must match pattern rim:{nodeType}:{namespace}:{localId}"
_NODE_ID = re.compile(NODE_ID_PATTERN[:-1] + r"\Z")


@dataclass(frozen=True, slots=True)
class RimNodeId:
    """Four parts, none empty, no `:` or blank inside a part; `local_id` may hold `.`, `_`, `-` and `/`."""

    node_type: str
    namespace: str
    local_id: str

    @classmethod
    def parse(cls, text: str) -> RimNodeId:
        """Read `rim:entity:finance:EURUSD`. Raises UsageError with the seed's own message."""
        if not cls.is_valid(text):
            raise UsageError(NODE_ID_MESSAGE, where=repr(text), hint="for example rim:entity:finance:EURUSD")
        _, node_type, namespace, local_id = text.split(":")
        return cls(node_type, namespace, local_id)

    @staticmethod
    def is_valid(text: object) -> bool:
        return isinstance(text, str) and _NODE_ID.match(text) is not None

    def __str__(self) -> str:
        return f"rim:{self.node_type}:{self.namespace}:{self.local_id}"
