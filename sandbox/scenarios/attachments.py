"""The scenario document: a file's text and the texts of the files that it names, read by the client.

The engine gets one document, `{"file", "text", "files": {name: text}}`, and opens no file of anybody.
A name is relative to the file that uses it and never leads out of the scenario's folder.
"""

from __future__ import annotations

import posixpath
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sandbox.errors import InvalidFile
from sandbox.scenarios.model.bad_value import BadValue, nearest

__all__ = ["Attachments", "Document", "joined", "read_text"]

FILE_LIMIT_BYTES = 4 * 1024 * 1024
TOTAL_LIMIT_BYTES = 6 * 1024 * 1024
"""All together: the control API takes documents of 8 MB."""


@dataclass(frozen=True, slots=True)
class Attachments:
    """Texts by their names, which are relative to the scenario's folder. `folder` is that of the file being read."""

    texts: Mapping[str, str] = field(default_factory=dict)
    folder: str = ""

    def name(self, given: str) -> str:
        """The full name of what a file names. Raises BadValue."""
        return joined(self.folder, given)

    def text(self, given: str) -> str:
        """Raises BadValue when it is not among them."""
        name = self.name(given)
        if name not in self.texts:
            close = nearest(name, self.texts)
            hint = f"did you mean {close!r}?" if close else "names are relative to the file that they stand in"
            raise BadValue(f"there is no file {given!r}", hint=hint)
        return self.texts[name]

    def beside(self, name: str) -> Attachments:
        """The same for what the file `name` names."""
        return Attachments(self.texts, posixpath.dirname(name))


@dataclass(frozen=True, slots=True)
class Document:
    """`file` is what errors and reports call it, `text` its YAML."""

    file: str
    text: str
    files: Mapping[str, str] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        return {"file": self.file, "text": self.text, **({"files": dict(self.files)} if self.files else {})}


def joined(folder: str, given: str) -> str:
    """`parts` and `../rates.csv` give `rates.csv`. Raises BadValue for a name that leads out of the folder."""
    name = posixpath.normpath(posixpath.join(folder, given))
    if given.startswith(("/", "~")) or "\\" in given or name.startswith(".."):
        raise BadValue(
            f"{given!r} leads out of the scenario's folder", hint="keep the files that a scenario uses beside it"
        )
    return name


def read_text(path: Path, shown_as: str, root: Path | None = None) -> str:
    """A file as UTF-8; with `root`, no link may lead out of that folder. Raises InvalidFile."""
    try:
        if root is not None and not path.resolve(strict=True).is_relative_to(root.resolve()):
            raise InvalidFile("is a link that leads out of the scenario's folder", where=shown_as)
        if path.stat().st_size > FILE_LIMIT_BYTES:
            raise InvalidFile(f"is larger than {FILE_LIMIT_BYTES // 1024**2} MB", where=shown_as)
        return path.read_text(encoding="utf-8")
    except OSError as error:
        raise InvalidFile(f"cannot be read: {error.strerror}", where=shown_as) from None
    except UnicodeDecodeError:
        raise InvalidFile("is not UTF-8 text", where=shown_as) from None
