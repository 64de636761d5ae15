"""A route of the control API as data."""

from __future__ import annotations

from dataclasses import dataclass

from pydantic import BaseModel

__all__ = ["Route"]


@dataclass(frozen=True, slots=True)
class Route:
    """`operation` names the handler. On a WebSocket, `answer` is the form of each message that the server sends."""

    method: str
    path: str
    operation: str
    summary: str
    answer: type[BaseModel]
    query: type[BaseModel] | None = None
    body: type[BaseModel] | None = None
    any_body: bool = False
    status: int = 200
    websocket: bool = False
    tag: str = "sandbox"
