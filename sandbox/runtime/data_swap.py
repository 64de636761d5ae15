"""Another set of data in the place of a sandbox's own: all of it or nothing, whatever ends the process that does it.

`.incoming/` is locked by that process from `begin` to `end` and takes the new data. `.swap` is there from before the
first rename until `confirm`; meanwhile what was there waits in `.before/`. Who finds `.swap` when nobody holds the lock
takes the swap back: `recover`, at each start of an engine. Each step is one rename, and after each there is a way back:

    .incoming/PART   PART   .before/PART
          new        old         –            prepared
          new         –         old           in between, on the way there and back
           –         new        old           committed
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
from pathlib import Path

from sandbox.errors import Conflict, EnvironmentFailure

__all__ = ["PARTS", "DataSwap"]

PARTS = ("kafka", "stores")
"""What a sandbox's data consists of: folders in its state folder."""


class DataSwap:
    """Of one state folder. `commit`, `undo` and `recover` are for him who holds the engine's lock."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.incoming = folder / ".incoming"
        self._before = folder / ".before"
        self._marker = folder / ".swap"
        self._lock: int | None = None

    @property
    def is_open(self) -> bool:
        """Whether the data may still be taken back."""
        return self._marker.exists()

    def begin(self) -> None:
        """Become the one who swaps. Raises Conflict while another process does, and OSError."""
        self.incoming.mkdir(mode=0o700, parents=True, exist_ok=True)
        try:
            self._lock = _locked(self.incoming, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Conflict(
                "a snapshot is being loaded into it already",
                where=self._folder.name,
                hint="try again when that has ended",
            ) from None

    def end(self) -> None:
        """Nothing is left behind, unless the swap is still open: then that is for `recover`."""
        if not self.is_open:
            self._clean()
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    def prepare(self) -> Path:
        """The empty folder to put the new data into. Raises OSError."""
        for each in (self._before, *self.incoming.iterdir()):
            shutil.rmtree(each, ignore_errors=True)
        return self.incoming

    def commit(self) -> None:
        """The new data is whole: put it in place. Raises OSError; `undo` then leads back."""
        self._before.mkdir(mode=0o700, exist_ok=True)
        self._write_marker()
        for part in PARTS:
            new, place, old = self._places(part)
            if place.exists():
                place.rename(old)
            new.rename(place)

    def confirm(self) -> None:
        """The new data is there to stay."""
        self._marker.unlink(missing_ok=True)

    def undo(self) -> None:
        """What was there comes back, wherever `commit` or an earlier `undo` was interrupted. Raises OSError."""
        for part in PARTS:
            new, place, old = self._places(part)
            if not new.exists() and place.exists():
                place.rename(new)
            if old.exists():
                shutil.rmtree(place, ignore_errors=True)  # an empty one that somebody made meanwhile
                old.rename(place)
        self._marker.unlink(missing_ok=True)

    def recover(self) -> None:
        """Take back what a process left open that has ended; one that still lives answers for itself.

        Raises EnvironmentFailure.
        """
        if not self.incoming.exists():
            return
        try:
            lock = _locked(self.incoming, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return
        try:
            if self.is_open:
                self.undo()
            self._clean()
        except OSError as error:
            raise EnvironmentFailure(
                f"data that was replaced in part cannot be put back: {error.strerror}", where=str(self._folder)
            ) from None
        finally:
            os.close(lock)

    def wait_decided(self) -> bool:
        """Block until the process that swaps has ended; whether the data in place is there to stay."""
        with contextlib.suppress(FileNotFoundError):  # it has ended already
            os.close(_locked(self.incoming, fcntl.LOCK_SH))
        return not self.is_open

    def _places(self, part: str) -> tuple[Path, Path, Path]:
        return self.incoming / part, self._folder / part, self._before / part

    def _clean(self) -> None:
        for each in (self._before, self.incoming):  # in this order: `recover` looks for the latter
            shutil.rmtree(each, ignore_errors=True)

    def _write_marker(self) -> None:
        descriptor = os.open(self._marker, os.O_WRONLY | os.O_CREAT, 0o600)
        os.fsync(descriptor)
        os.close(descriptor)


def _locked(folder: Path, how: int) -> int:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(descriptor, how)
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor
