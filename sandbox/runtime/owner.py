"""A sandbox that belongs to a command: it ends with it, by whatever end that comes to. Standard library only.

The command holds a named pipe in the state folder open and never writes; the engine reads it, and stops at its end. The
pipe has a name so that an engine that takes the place of another (`sandbox snapshot`) belongs to the same command.
"""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

__all__ = ["Owner"]


class Owner:
    """Of the sandbox with this state folder: this process after `take`, else whoever did."""

    def __init__(self, folder: Path) -> None:
        self._pipe = folder / "owner"
        self._writing: int | None = None

    def take(self) -> int:
        """This process is the owner until it ends, `leave` or `set_free`. Returns the engine's end of the pipe."""
        self._pipe.unlink(missing_ok=True)
        os.mkfifo(self._pipe, 0o600)
        reading = os.open(self._pipe, os.O_RDONLY | os.O_NONBLOCK)
        self._writing = os.open(self._pipe, os.O_WRONLY)
        os.set_blocking(reading, True)
        return reading

    def reading(self) -> int | None:
        """Another end for an engine; None when the sandbox is nobody's."""
        try:
            reading = os.open(self._pipe, os.O_RDONLY | os.O_NONBLOCK)
        except FileNotFoundError:
            return None
        os.set_blocking(reading, True)
        return reading

    def set_free(self) -> None:
        """If this process is the owner: the sandbox is nobody's from now on, also when it is started anew."""
        if self._writing is not None:
            self.forget()
            with contextlib.suppress(BrokenPipeError):
                os.write(self._writing, b"k")

    def forget(self) -> None:
        """An engine that is started from now on is nobody's."""
        self._pipe.unlink(missing_ok=True)

    def leave(self) -> None:
        if self._writing is not None:
            os.close(self._writing)
            self._writing = None
