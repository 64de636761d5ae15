"""Users of the schema registry as one text: `user:password[,user:password]`."""

from __future__ import annotations

from collections.abc import Mapping

from sandbox.errors import UsageError

__all__ = ["VARIABLE", "read_users", "users_in"]

VARIABLE = "SANDBOX_SERVE_REGISTRY_USERS"


def read_users(text: str) -> dict[str, str]:
    """Passwords by user, in the order written; a password may hold `:` but no `,`. Raises ValueError, without telling
    any of the text."""
    users: dict[str, str] = {}
    for place, pair in enumerate(text.split(","), 1):
        user, colon, password = pair.strip().partition(":")
        if not (user and colon and password):
            raise ValueError(f"entry {place} is not user:password")
        users[user] = password
    return users


def users_in(environ: Mapping[str, str]) -> dict[str, str]:
    """The users that an environment names; none without the variable. Raises UsageError."""
    try:
        return read_users(environ[VARIABLE]) if environ.get(VARIABLE) else {}
    except ValueError as error:
        raise UsageError(str(error), where=VARIABLE, hint="write user:password[,user:password]") from None
