"""What paths and queries say. Booleans are read in any case; a number that is none makes the path unknown (404)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar
from urllib.parse import unquote_to_bytes

from aiohttp import web

from sandbox.registry import refusal
from sandbox.registry.registry import Registry
from sandbox.registry.subject_name import DEFAULT_CONTEXT, normalised, qualified

__all__ = ["context_path", "flag", "integer", "page", "path_id", "scope", "subject_of"]

T = TypeVar("T")


def flag(request: web.Request, name: str) -> bool:
    return request.query.get(name, "").lower() == "true"


def integer(request: web.Request, name: str, default: int) -> int:
    text = request.query.get(name, "")
    return _int(text) if text else default


def page(request: web.Request, items: Sequence[T], *, limit_max: int | None = None) -> list[T]:
    """The part that `offset` and `limit` (0 and below: all) ask for."""
    offset, limit = max(0, integer(request, "offset", 0)), integer(request, "limit", -1)
    if limit_max is not None and not 0 < limit <= limit_max:
        limit = limit_max
    return list(items[offset : offset + limit] if limit > 0 else items[offset:])


def path_id(request: web.Request) -> int:
    return _int(request.match_info["id"])


def _int(text: str) -> int:
    digits = text.removeprefix("-")
    if not (digits.isascii() and digits.isdigit() and len(digits) <= 10 and abs(int(digits)) <= refusal.MAX_ID):
        raise refusal.not_found()
    return int(text)


def context_path(request: web.Request) -> str:
    """The context of a path below `/contexts/{context}/`, else the default one. `:.a:`, `.a` and `a` are the same."""
    context = request.match_info.get("context", "").strip(":")
    return context if context.startswith(".") else f".{context}"


def subject_of(request: web.Request, registry: Registry) -> str:
    """The subject in the path, within the path's context, with aliases resolved."""
    return registry.resolved(_in_context(request, _subject(request)))


def scope(request: web.Request) -> str | None:
    """Whose settings a path means: a subject's, a context's, or (None) the global ones."""
    if "subject" in request.match_info:
        return _in_context(request, _subject(request))
    context = context_path(request)
    return None if context == DEFAULT_CONTEXT else qualified(context, "")


def _subject(request: web.Request) -> str:
    """The subject as the path spells it. Confluent's Java client sends `é` as `%E9`: what is no UTF-8 is read as
    ISO-8859-1, as its own server does."""
    resource = request.match_info.route.resource
    place = resource.canonical.split("/").index("{subject}") if resource is not None else 0
    data = unquote_to_bytes(request.rel_url.raw_path.split("/")[place].encode(errors="surrogateescape"))
    try:
        return data.decode()
    except UnicodeDecodeError:
        return data.decode("iso-8859-1")


def _in_context(request: web.Request, subject: str) -> str:
    context = context_path(request)
    return normalised(subject) if subject.startswith(":.") else qualified(context, subject)
