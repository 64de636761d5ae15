"""What Kafka and its JVM said in the last run."""

from __future__ import annotations

import os
import re
from pathlib import Path

__all__ = ["KafkaLog"]

TAIL_BYTES = 32_768

# As log4j2.properties lays a line out; what follows without a time is an exception, its root cause first.
HEAD = re.compile(r"\d{4}-\d\d-\d\dT\S+ (?P<level>[A-Z]+) (?P<message>.*)")


class KafkaLog:
    """Kafka's log file, kept from run to run, and the JVM's own beside it, of the last run only."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self.jvm_file = file.with_name(f"{file.stem}-jvm.log")
        self._began_at = 0

    def begin(self) -> None:
        """A run begins: what is in the log so far belongs to the past. Raises OSError."""
        self.file.parent.mkdir(parents=True, exist_ok=True)
        self.jvm_file.write_bytes(b"")
        self._began_at = self._size_bytes()

    @property
    def kafka_spoke(self) -> bool:
        """Whether Kafka itself has logged something in this run, and not only the JVM that was to run it."""
        return self._size_bytes() > self._began_at

    def lines(self, count: int) -> list[str]:
        """The last lines of this run: Kafka's, or the JVM's when Kafka never came to log."""
        return _tail(self.file, self._began_at)[-count:] or self.jvm_lines(count)

    def jvm_lines(self, count: int) -> list[str]:
        return _tail(self.jvm_file, 0)[-count:]

    def last_error(self) -> str | None:
        """The last error of this run with its root cause, on one line; None when there was none."""
        lines = _tail(self.file, self._began_at)
        for index in range(len(lines) - 1, -1, -1):
            head = HEAD.fullmatch(lines[index])
            if head and head["level"] in ("ERROR", "FATAL"):
                cause = lines[index + 1 : index + 2]
                return f"{head['message']}: {cause[0]}" if cause and not HEAD.match(cause[0]) else head["message"]
        return None

    def _size_bytes(self) -> int:
        try:
            return self.file.stat().st_size
        except OSError:
            return 0


def _tail(path: Path, begin: int) -> list[str]:
    try:
        with path.open("rb") as file:
            end = file.seek(0, os.SEEK_END)
            # A shorter file than before is a new one: it was rolled over.
            file.seek(max(begin if begin <= end else 0, end - TAIL_BYTES))
            return file.read().decode(errors="replace").splitlines()
    except OSError:
        return []
