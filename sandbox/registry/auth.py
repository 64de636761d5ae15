"""Basic authentication, off unless users are given."""

from __future__ import annotations

import base64
import binascii
import hmac
from collections.abc import Mapping

from sandbox.registry.refusal import Refusal

__all__ = ["BasicAuth"]


class BasicAuth:
    """Lets in who knows a name and its password."""

    def __init__(self, users: Mapping[str, str], realm: str = "schema-registry") -> None:
        self._users = dict(users)
        self.challenge = f'Basic realm="{realm}"'

    def require(self, authorization: str | None) -> None:
        """Check an `Authorization` header. Raises Refusal 401."""
        scheme, _, encoded = (authorization or "").partition(" ")
        if scheme.lower() == "basic":
            try:
                name, _, password = base64.b64decode(encoded.strip(), validate=True).decode().partition(":")
            except (binascii.Error, UnicodeDecodeError):
                raise Refusal(401, "Unauthorized") from None
            known = self._users.get(name)
            if hmac.compare_digest(password.encode(), (known or "").encode()) and known is not None:
                return
        raise Refusal(401, "Unauthorized")
