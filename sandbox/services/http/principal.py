"""A caller and what it may do."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["ANYONE", "Principal"]


@dataclass(frozen=True, slots=True)
class Principal:
    """`scopes` None means all of them, `tenant` None any tenant that a call names."""

    name: str
    scopes: frozenset[str] | None = None
    is_service: bool = False
    tenant: str | None = None

    def may(self, scope: str | None) -> bool:
        """`write:x` includes `read:x`; `admin` includes everything."""
        if scope is None or self.scopes is None or scope in self.scopes or "admin" in self.scopes:
            return True
        action, _, what = scope.partition(":")
        return action == "read" and f"write:{what}" in self.scopes


ANYONE = Principal("anonymous")
