"""Another set of data in the place of a sandbox's own, whatever interrupts it. Standard library only.

`.incoming/` holds the new data, whole and checked, once `.swap` exists; from then on the swap is carried to its end by
whoever comes next. What was there waits in `.before/` until `forget`, and comes back by `undo`.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path

__all__ = ["PARTS", "DataSwap"]

PARTS = ("kafka", "stores")
"""What a sandbox's data consists of: folders in its state folder."""


class DataSwap:
    """Of one state folder, whose engine does not run meanwhile."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.incoming = folder / ".incoming"
        self._before = folder / ".before"
        self._marker = folder / ".swap"

    def prepare(self) -> Path:
        """The empty folder to put the new data into. Raises OSError."""
        self.finish()
        for each in (self.incoming, self._before):
            shutil.rmtree(each, ignore_errors=True)
        self.incoming.mkdir(mode=0o700, parents=True)
        return self.incoming

    def drop(self) -> None:
        """Give the new data up, before `commit`."""
        if not self._marker.exists():
            shutil.rmtree(self.incoming, ignore_errors=True)

    def commit(self) -> None:
        """The new data is whole: put it in place. Raises OSError; `finish` then carries it on."""
        self._before.mkdir(mode=0o700, exist_ok=True)
        self._write_marker()
        self.finish()

    def finish(self) -> None:
        """Carry a swap that was interrupted to its end; does nothing when there is none."""
        if not self._marker.exists():
            return
        for part in PARTS:
            new, place, old = self.incoming / part, self._folder / part, self._before / part
            if new.exists():
                if place.exists():
                    place.rename(old)
                new.rename(place)
        self._marker.unlink()
        shutil.rmtree(self.incoming, ignore_errors=True)

    def undo(self) -> None:
        """What was there before comes back; what took its place is removed."""
        for part in PARTS:
            place, old = self._folder / part, self._before / part
            shutil.rmtree(place, ignore_errors=True)
            if old.exists():
                old.rename(place)
        self.forget()

    def forget(self) -> None:
        """What was there before is not needed any more."""
        shutil.rmtree(self._before, ignore_errors=True)

    def _write_marker(self) -> None:
        descriptor = os.open(self._marker, os.O_WRONLY | os.O_CREAT, 0o600)
        os.fsync(descriptor)
        os.close(descriptor)
