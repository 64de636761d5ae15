"""When it is worth asking an engine how it stands."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

__all__ = ["News"]

ASK_AGAIN_S = 0.25


class News:
    """Looks at the file in which an engine announces what has changed.

    A look costs a hundredth of what asking costs both sides, while the JVM that they wait for needs the processor.
    """

    def __init__(self, announcement: Path, *, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._announcement = announcement
        self._monotonic = monotonic
        self._seen: tuple[int, int] | None = None
        self._seen_s = 0.0

    def come(self) -> bool:
        """Whether something has been announced since this was last so, or it is `ASK_AGAIN_S` ago: not everything is
        announced."""
        try:
            file = self._announcement.stat()
        except OSError:
            return False  # there is no engine to ask yet
        found, now_s = (file.st_ino, file.st_mtime_ns), self._monotonic()
        if found == self._seen and now_s - self._seen_s < ASK_AGAIN_S:
            return False
        self._seen, self._seen_s = found, now_s
        return True
