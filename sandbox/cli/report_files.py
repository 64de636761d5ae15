"""`--report junit=F,html=F`: which reports are asked for, and that each of them can be written."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

__all__ = ["ReportFiles"]

HERE = "--report"


@dataclass(frozen=True, slots=True)
class ReportFiles:
    """`files` is (format, file) of each report."""

    files: tuple[tuple[str, Path], ...] = ()

    @classmethod
    def read(cls, given: Sequence[str]) -> ReportFiles:
        """Of `junit=F,json=F`, given once or more. Raises UsageError, so that nobody learns it after a long run."""
        parts = [part.strip() for each in given for part in each.split(",") if part.strip()]
        files = tuple(_read(part) for part in parts)
        _refuse_twice([path for _, path in files])
        return cls(files)

    def write(self, told: Any) -> list[Path]:
        """Each file whole or not at all; the files. Raises EnvironmentFailure."""
        from sandbox.errors import EnvironmentFailure
        from sandbox.scenarios.report import REPORTS

        for kind, path in self.files:
            text = REPORTS[kind]().render(told)
            draft = path.with_name(f".{path.name}.{os.getpid()}")
            try:
                draft.write_text(text, encoding="utf-8")
                draft.replace(path)
            except OSError as error:
                draft.unlink(missing_ok=True)
                raise EnvironmentFailure(f"the report cannot be written: {error.strerror}", where=str(path)) from None
        return [path for _, path in self.files]


def _read(part: str) -> tuple[str, Path]:
    from sandbox.errors import UsageError
    from sandbox.scenarios.model.bad_value import nearest
    from sandbox.scenarios.report import REPORTS

    kind, sign, file = part.partition("=")
    kinds = ", ".join(REPORTS)
    if kind not in REPORTS:
        close = nearest(kind, REPORTS)
        hint = f"did you mean {close!r}?" if close else f"for example junit=report.xml; there are {kinds}"
        raise UsageError(f"unknown format of a report: {kind!r}, expected one of {kinds}", where=HERE, hint=hint)
    if not sign or not file:
        hint = f"write {kind}=report{REPORTS[kind].suffix}"
        raise UsageError(f"the report {kind!r} needs a file", where=HERE, hint=hint)
    path = Path(file)
    if path.is_dir():
        raise UsageError(f"{file} is a folder, the report is a file", where=HERE, hint="name a file in it")
    if not path.parent.is_dir():
        raise UsageError(
            f"there is no folder {path.parent} for {path.name}", where=HERE, hint=f"mkdir -p {path.parent}"
        )
    if not os.access(path.parent, os.W_OK):
        raise UsageError(f"the folder {path.parent} cannot be written to", where=HERE, hint="choose another one")
    return kind, path


def _refuse_twice(paths: list[Path]) -> None:
    from sandbox.errors import UsageError

    again = {path for path in paths if paths.count(path) > 1}
    if again:
        raise UsageError(f"two reports would be {min(again)}", where=HERE, hint="give each a file of its own")
