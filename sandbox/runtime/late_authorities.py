"""aiohttp, imported without reading the certificate authorities of this system.

It makes its two TLS contexts at import, and each reads them all: a third of what importing aiohttp takes, and some
megabytes, in every process of a sandbox, whose own links are plain HTTP. Here a context reads them when it is first
connected with, as it has to be for a service that stands in at an https address.
"""

from __future__ import annotations

import ssl
from typing import Any

__all__ = ["LateAuthorities", "import_aiohttp"]


class LateAuthorities(ssl.SSLContext):
    """A context that is to trust this system's authorities, and becomes an ordinary one that does at its first use."""

    def wrap_bio(self, *arguments: Any, **options: Any) -> ssl.SSLObject:
        self.__class__ = ssl.SSLContext
        self.set_default_verify_paths()
        return self.wrap_bio(*arguments, **options)


def import_aiohttp() -> None:
    """Import aiohttp, unless somebody has; contexts made meanwhile read their authorities later."""
    ssl.SSLContext.set_default_verify_paths = _later
    try:
        import aiohttp  # noqa: F401
    finally:
        del ssl.SSLContext.set_default_verify_paths  # what it inherits shows again


def _later(context: ssl.SSLContext) -> None:
    context.__class__ = LateAuthorities
