"""Data goes to stdout, talk to stderr; colour and movement only on a terminal."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterable
from typing import Any

import typer

__all__ = ["answer", "data", "json_data", "on_terminal", "out_colours", "sign", "talk"]

SIGNS = {
    "ready": ("●", "green"),
    "starting": ("◌", "yellow"),
    "degraded": ("▲", "yellow"),
    "failed": ("✗", "red"),
    "stopping": ("◌", "yellow"),
    "stopped": ("○", None),
}


def on_terminal() -> bool:
    """Whether a person watches stderr: then progress may move there."""
    return sys.stderr.isatty() and not os.environ.get("CI")


def out_colours() -> bool:
    """Whether data may be coloured: it goes to a terminal."""
    return sys.stdout.isatty()


def talk(text: str = "", *, colour: str | None = None, dim: bool = False) -> None:
    if sys.stderr.isatty() and (colour or dim):
        text = typer.style(text, fg=colour, dim=dim)
    typer.echo(text, err=True)


def data(text: str) -> None:
    typer.echo(text)


def answer(value: Any, lines: Iterable[str], *, json: bool) -> None:
    """What a command found: as JSON with `--json`, else as lines for people."""
    if json:
        json_data(value)
        return
    for line in lines:
        data(line)


def json_data(value: Any) -> None:
    typer.echo(json.dumps(value, indent=2, ensure_ascii=False))


def sign(state: str, *, err: bool = False) -> str:
    """A component's state as a sign and a word, coloured on a terminal."""
    mark, colour = SIGNS.get(state, ("?", None))
    text = f"{mark} {state}"
    stream = sys.stderr if err else sys.stdout
    return typer.style(text, fg=colour) if stream.isatty() and colour else text
