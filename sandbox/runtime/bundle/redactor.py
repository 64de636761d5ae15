"""Takes secrets out of text: those that are known, wherever they stand, and whatever looks like one."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import quote

from sandbox.errors import UsageError

__all__ = ["HIDDEN", "Redactor", "secrets_of"]

HIDDEN = "***"
LEAST_SECRET = 4
"""Characters; anything shorter would tear holes into innocent words."""
_WORD = (
    r"(?:password|passwd|secret|token|api[-_.]?keys?|user[-_.]?info|credentials?|registry[-_.]?users|jaas[-_.]?config)"
)
_NAME = re.compile(rf"(?:^|[-_.]){_WORD}$|^authorization$|^cookie$", re.IGNORECASE)
_PATTERNS = (
    (re.compile(r"eyJ[\w-]{5,}\.[\w-]{5,}\.[\w-]*"), HIDDEN),
    (re.compile(r"butterfly_[A-Za-z0-9-]+_[A-Za-z0-9]{32}"), HIDDEN),
    (re.compile(r"\b(bearer|basic)\s+[\w+/=.~-]{6,}", re.IGNORECASE), rf"\1 {HIDDEN}"),
    (re.compile(r"(?<=://)[^/\s:@\"']+:[^/\s@\"']+(?=@)"), HIDDEN),
    (
        re.compile(rf"([\w.-]*{_WORD}[\"']?\s*[:=]\s*)(\"(?:[^\"\\]|\\.)*\"|'[^']*'|[^\s,;&}}\"']+)", re.IGNORECASE),
        None,
    ),
)


class Redactor:
    """`secrets` are known ones; they are hidden also as base64 and percent-encoded."""

    def __init__(self, secrets: Iterable[str]) -> None:
        known: set[str] = set()
        for each in secrets:
            if len(each) >= LEAST_SECRET:
                known |= {each, quote(each, safe=""), json.dumps(each)[1:-1], base64.b64encode(each.encode()).decode()}
        self._known = re.compile("|".join(re.escape(each) for each in sorted(known, key=len, reverse=True)))
        self._knows_any = bool(known)

    def text(self, text: str) -> str:
        """Line by line, so that text of any length may be given in parts that end with a line."""
        if self._knows_any:
            text = self._known.sub(HIDDEN, text)
        for pattern, instead in _PATTERNS:
            text = pattern.sub(_assignment if instead is None else instead, text)
        return text

    def value(self, value: Any) -> Any:
        """The same for JSON: a member whose name says that it is secret loses its value, whatever that is."""
        if isinstance(value, Mapping):
            return {self.text(str(name)): self._member(str(name), each) for name, each in value.items()}
        if isinstance(value, list | tuple):
            return [self.value(each) for each in value]
        return self.text(value) if isinstance(value, str) else value

    def _member(self, name: str, value: Any) -> Any:
        if _NAME.search(name) and value not in (None, "", {}, [], False):
            return HIDDEN
        return self.value(value)


def secrets_of(token: str | None, plan: Mapping[str, Any], environ: Mapping[str, str]) -> list[str]:
    """What a sandbox must not tell: its token, API keys, registry passwords, and such variables of the environment."""
    from sandbox.config.registry_users import read_users
    from sandbox.contracts.api_key import read_api_keys

    found = [token or "", *(plan.get("registry_users") or {}).values()]
    for read, text in ((read_api_keys, plan.get("api_keys")), (read_users, environ.get("SANDBOX_REGISTRY_USERS"))):
        try:
            entries = read(text) if text else {}
        except (ValueError, UsageError):
            entries = {}
        found += list(entries) if read is read_api_keys else [str(each) for each in entries.values()]
    for name, value in environ.items():
        if _NAME.search(name):
            found += [value, *value.split(":")[1:]]
    return [each for each in found if each]


def _assignment(match: re.Match[str]) -> str:
    """`name=value` with the value gone; what is no secret (null, a number, an opening bracket) stays."""
    name, value = match.groups()
    if value in ("null", "None", "true", "false", "{", "[", HIDDEN) or value.strip("\"'") in ("", HIDDEN):
        return match[0]
    closing = value[0] if value[0] in "\"'" else ""
    return f"{name}{closing}{HIDDEN}{closing}"
