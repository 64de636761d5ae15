"""Takes secrets out of what is kept of calls and records: by the names that they go by, and by how they look."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote_plus

__all__ = ["REDACTED", "is_secret_name", "redact", "redact_path", "redact_text"]

REDACTED = "[redacted]"
"""Stands where a secret was."""
_NAMES = re.compile(
    r"(?:^|[_-])(?:pass(?:word|wd|phrase)?|secrets?|tokens?|credentials?|authori[sz]ation|auth|cookies?|jwt|bearer|"
    r"signature|sig|pin|otp|(?:api|access|private|secret|signing|encryption)[_-]?keys?)$"
)
_WORD = re.compile(r"([a-z0-9])([A-Z])")
_LOOKS = re.compile(
    r"\beyJ[A-Za-z0-9_-]{5,}\.[A-Za-z0-9_-]{5,}\.[A-Za-z0-9_-]*"  # a JSON Web Token
    r"|\bbutterfly_[A-Za-z0-9-]+_[A-Za-z0-9]{32}(?![A-Za-z0-9])"  # the platform's API keys
    r"|\b(?:sk|pk|rk)[-_](?:live|test|proj)?[-_A-Za-z0-9]{16,}"
    r"|\bgh[pousr]_[A-Za-z0-9]{20,}|\bxox[abprs]-[A-Za-z0-9-]{10,}|\bAKIA[A-Z0-9]{16}\b"
    r"|(?i:\b(?:bearer|basic)\s+)[A-Za-z0-9._~+/=-]{8,}"
    r"|-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]*PRIVATE KEY-----|\Z)"
)
_USER_INFO = re.compile(r"(\b[a-z][a-z0-9+.-]*://)[^/\s:@]+:[^/\s@]+@", re.IGNORECASE)


def is_secret_name(name: str) -> bool:
    """Whether what goes by this name is nobody's business: `password`, `apiKey`, `X-Auth-Token`, `client_secret`."""
    return _NAMES.search(_WORD.sub(r"\1_\2", name).lower()) is not None


def redact_text(text: str) -> str:
    """The text without what looks like a token, a key, or a user and password in a URL."""
    return _USER_INFO.sub(rf"\1{REDACTED}@", _LOOKS.sub(REDACTED, text))


def redact(value: Any, name: str = "") -> Any:
    """A JSON value without secrets; `name` is that of the member that holds it."""
    if isinstance(value, Mapping):
        return {str(key): redact(each, str(key)) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [redact(each, name) for each in value]
    if name and is_secret_name(name) and isinstance(value, str | int | float) and not isinstance(value, bool):
        return REDACTED
    return redact_text(value) if isinstance(value, str) else value


def redact_path(path: str) -> str:
    """A path with its query, whose secret parameters keep their names only."""
    place, mark, query = path.partition("?")
    if not mark:
        return redact_text(place)
    parts = []
    for part in query.split("&"):
        name, equals, value = part.partition("=")
        plain = unquote_plus(value)
        hidden = is_secret_name(unquote_plus(name)) or redact_text(plain) != plain
        parts.append(f"{name}={REDACTED}" if equals and hidden else part)
    return f"{redact_text(place)}?{'&'.join(parts)}"
