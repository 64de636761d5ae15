"""Options that mean the same on every command."""

from __future__ import annotations

from typing import Annotated

import typer

__all__ = ["JsonOption", "NameOption"]

NameOption = Annotated[
    str | None,
    typer.Option(
        "--name", metavar="N", help="Which sandbox. Default: the one of this project folder.", show_default=False
    ),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print data as JSON.", show_default=False)]
