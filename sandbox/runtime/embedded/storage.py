"""A formatted data folder for a node of a static quorum, as `kafka-storage format` leaves it.

Two files make it one: `meta.properties` with the ids, and the first snapshot of the metadata log, which names the
levels of Kafka's features (among them the consumer group protocol and transactions); without it they would all be off.
The snapshot holds no ids and comes with this package; maintainers renew it together with the lock file.
"""

from __future__ import annotations

import base64
import errno
import fcntl
import shutil
import time
import uuid
from pathlib import Path

from sandbox.errors import ComponentFailed
from sandbox.runtime.embedded.lock import KAFKA_VERSION

__all__ = ["FEATURES_FILE", "NODE_ID", "SNAPSHOT_NAME", "ended_cleanly", "format_storage", "wait_unused"]

NODE_ID = 1
LOCK_POLL_S = 0.05
FEATURES_FILE = Path(__file__).with_name(f"features-{KAFKA_VERSION}.checkpoint")
SNAPSHOT_NAME = "__cluster_metadata-0/00000000000000000000-0000000000.checkpoint"


def format_storage(data_dir: Path) -> None:
    """Format `data_dir`, unless it is formatted already: then it keeps its ids and its records."""
    meta = data_dir / "meta.properties"
    if meta.exists():
        return
    snapshot = data_dir / SNAPSHOT_NAME
    snapshot.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(FEATURES_FILE, snapshot)
    # Last and in one step: a folder with this file is a whole one.
    temporary = meta.with_suffix(".new")
    temporary.write_text(
        f"version=1\ncluster.id={_new_id()}\nnode.id={NODE_ID}\ndirectory.id={_new_id()}\n", encoding="ascii"
    )
    temporary.replace(meta)


def ended_cleanly(data_dir: Path) -> bool:
    """Whether the node that wrote here was stopped in good order, or there was none yet."""
    return (data_dir / ".kafka_cleanshutdown").exists() or not (data_dir / "meta.properties").exists()


def wait_unused(data_dir: Path, limit_s: float) -> None:
    """Wait until no other Kafka holds `data_dir`: one whose parent was killed takes a moment to end.

    Blocks. Raises ComponentFailed after `limit_s`.
    """
    deadline = time.monotonic() + limit_s
    while _is_locked(data_dir / ".lock"):
        if time.monotonic() > deadline:
            raise ComponentFailed(
                "another Kafka is using this data", where=str(data_dir), hint="end that process, then try again"
            )
        time.sleep(LOCK_POLL_S)


def _is_locked(lock_file: Path) -> bool:
    """Kafka holds a POSIX lock on this file for as long as it lives."""
    try:
        with lock_file.open("r+b") as file:
            fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except FileNotFoundError:
        return False
    except OSError as error:
        if error.errno in (errno.EACCES, errno.EAGAIN):
            return True
        raise
    return False


def _new_id() -> str:
    """A Kafka Uuid: URL-safe base64 without padding. Kafka itself never makes one that starts with a dash."""
    while (text := base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")).startswith("-"):
        pass
    return text
