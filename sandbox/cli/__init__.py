"""The `sandbox` command. Each command imports what is heavy inside itself, so that `--help` answers at once."""

from __future__ import annotations

import contextlib
import gc
import os
import signal
import sys
from typing import NoReturn

__all__ = ["main"]


def main(arguments: list[str] | None = None) -> None:
    """Run one command and exit: 0 ok, 1 an assertion failed, 2 usage or invalid file, 3 environment, 4 not ready in
    time, 130 interrupted."""
    from sandbox.cli.app import INTERRUPTED, run

    code = run(sys.argv[1:] if arguments is None else arguments)
    if code == INTERRUPTED:
        _leave(code)
    gc.freeze()  # it all ends with the process: a last look for garbage takes a tenth of a short command's time
    sys.exit(code)


def _leave(code: int) -> NoReturn:
    """Exit at once after a Ctrl-C. One more does not change how it ended; nor does Python, which otherwise dies of the
    signal itself where the first came inside an `exec` of text, as every dataclass is made by one."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with contextlib.suppress(OSError, ValueError):
        sys.stdout.flush()
        sys.stderr.flush()
    os._exit(code)
