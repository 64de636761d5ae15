"""Users of the schema registry as one text: `user:password[,user:password]`."""

from __future__ import annotations

from collections.abc import Mapping

from sandbox.errors import UsageError

__all__ = ["VARIABLE", "read_users", "user_info", "users_in", "written_users"]

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


def written_users(users: Mapping[str, str]) -> str:
    """What `read_users` reads. Raises ValueError, without telling any of it, for what cannot be written so."""
    for place, (user, password) in enumerate(users.items(), 1):
        if not (user and password) or ":" in user or "," in user + password:
            raise ValueError(f"entry {place} needs a user without : and a password, both without a comma")
    return ",".join(f"{user}:{password}" for user, password in users.items())


def user_info(users: Mapping[str, str]) -> str | None:
    """The first user as clients are told it (Confluent's `basic.auth.user.info`), None without users."""
    return next((f"{user}:{password}" for user, password in users.items()), None)


def users_in(environ: Mapping[str, str]) -> dict[str, str]:
    """The users that an environment names; none without the variable. Raises UsageError."""
    try:
        return read_users(environ[VARIABLE]) if environ.get(VARIABLE) else {}
    except ValueError as error:
        raise UsageError(str(error), where=VARIABLE, hint="write user:password[,user:password]") from None
