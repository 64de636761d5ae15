"""The log files of components, read as they grow."""

from __future__ import annotations

from pathlib import Path

__all__ = ["LogFile", "service_of"]


def service_of(logger: str) -> str | None:
    """`sandbox.services.capsule.consumer` is CAPSULE's, `sandbox.registry…` the registry's."""
    parts = logger.split(".")
    if parts[:2] == ["sandbox", "registry"]:
        return "schema-registry"
    return parts[2] if parts[:2] == ["sandbox", "services"] and len(parts) > 2 else None


class LogFile:
    """A growing file: whole lines, first all there are, then new ones as they come. Notices that it was replaced."""

    def __init__(self, path: Path, *, from_end: bool = False) -> None:
        """`from_end` leaves out what is there already."""
        self.name = path.stem
        self._path = path
        self._position = path.stat().st_size if from_end else 0
        self._rest = b""

    def new_lines(self) -> list[str]:
        try:
            size = self._path.stat().st_size
        except FileNotFoundError:
            return []
        if size < self._position:
            self._position, self._rest = 0, b""
        with self._path.open("rb") as file:
            file.seek(self._position)
            chunk = file.read()
            self._position = file.tell()
        *lines, self._rest = (self._rest + chunk).split(b"\n")
        return [line.decode(errors="replace") for line in lines]
