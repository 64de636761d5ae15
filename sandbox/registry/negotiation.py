"""Content types: what the registry reads and how it answers (`registry-api` of Confluent, wire basics)."""

from __future__ import annotations

from functools import lru_cache

from sandbox.registry.refusal import Refusal

__all__ = ["DEFAULT_TYPE", "answer_type", "require_readable"]

DEFAULT_TYPE = "application/vnd.schemaregistry.v1+json"
_ANSWERED = (DEFAULT_TYPE, "application/vnd.schemaregistry+json", "application/json")
_READ = frozenset((*_ANSWERED, "application/octet-stream"))


@lru_cache(maxsize=256)
def answer_type(accept: str | None) -> str:
    """The type to answer with: the most wanted of `Accept` that is served. Raises Refusal 406 when none is."""
    wanted = sorted(_ranges(accept or "*/*"), key=lambda each: -each[1])
    for range_, quality in wanted:
        if quality <= 0:
            continue
        if range_ in ("*/*", "*", "application/*"):
            return DEFAULT_TYPE
        if range_ in _ANSWERED:
            return range_
    raise Refusal(406, "HTTP 406 Not Acceptable")


def _ranges(accept: str) -> list[tuple[str, float]]:
    found = []
    for part in accept.split(","):
        range_, *parameters = (each.strip().lower() for each in part.split(";"))
        quality = next((each[2:] for each in parameters if each.startswith("q=")), "1")
        try:
            found.append((range_, float(quality)))
        except ValueError:
            found.append((range_, 1.0))
    return found


def require_readable(content_type: str | None) -> None:
    """Raises Refusal 415 for a body of another type. No type at all counts as JSON."""
    if content_type is not None and content_type.partition(";")[0].strip().lower() not in _READ:
        raise Refusal(415, "HTTP 415 Unsupported Media Type")
