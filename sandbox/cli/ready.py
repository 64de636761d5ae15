"""What a person sees while a sandbox starts, and once it is ready."""

from __future__ import annotations

import sys
from types import TracebackType
from typing import Any

import typer

from sandbox.cli.output import data, json_data, on_terminal, sign, talk
from sandbox.cli.swap_lines import left_out_lines, stand_in

__all__ = ["Progress", "endpoint_lines", "show_ready"]

LABELS = {
    "kafka": "Kafka",
    "schema_registry": "Schema Registry",
    "capsule": "CAPSULE",
    "odyssey": "ODYSSEY",
    "plato": "PLATO",
    "control": "control API",
}


class Progress:
    """One moving line on a terminal (fetching, then starting); one plain line per phase elsewhere."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._moving = on_terminal()
        self._bar: Any = None
        self._task: Any = None
        self._width = 0
        self._said = ""

    def __enter__(self) -> Progress:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    # Fetching: the progress of `fetch_jars`

    def start(self, total_bytes: int, jars: int) -> None:
        """Something has to be fetched. Said once; drawn with bytes and rate on a terminal."""
        text = f"fetching Kafka: {jars} jars, {total_bytes / 1e6:.0f} MB (once, kept in the cache)"
        if not self._moving:
            talk(text)
            return
        from rich.console import Console
        from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TransferSpeedColumn

        columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TransferSpeedColumn())
        self._bar = Progress(*columns, console=Console(stderr=True), transient=True)
        self._bar.start()
        self._task = self._bar.add_task("fetching Kafka", total=total_bytes)

    def advance(self, size_bytes: int) -> None:
        if self._bar is not None:
            self._bar.update(self._task, advance=size_bytes)

    def finish(self) -> None:
        if self._bar is not None:
            self._bar.stop()
            self._bar = None

    # Pulling and building images

    def say(self, text: str) -> None:
        """What goes on now; a step that only counts further is not told again where nothing moves."""
        if self._moving:
            self._line(f"{self._name}  {text}")
            return
        phase = text.partition(":")[0] if text.startswith("pulling") else text
        if phase != self._said:
            self._said = phase
            talk(f"{self._name}: {phase}")

    # Starting: the states of the components

    def show(self, status: dict[str, Any]) -> None:
        parts = [f"{each['name']} {sign(each['state'], err=True)}" for each in status["components"]]
        if self._moving:
            self._line(f"{self._name}  " + "   ".join(parts))
        else:
            phase = ", ".join(f"{each['name']} {each['state']}" for each in status["components"])
            if phase != self._said:
                self._said = phase
                talk(f"{self._name}: {phase}")

    def close(self) -> None:
        self.finish()
        if self._width:
            self._line("")
            sys.stderr.write("\r")
            self._width = 0

    def _line(self, text: str) -> None:
        visible = len(typer.unstyle(text))
        sys.stderr.write(f"\r{text}{' ' * max(0, self._width - visible)}")
        sys.stderr.flush()
        self._width = visible


def endpoint_lines(status: dict[str, Any]) -> list[str]:
    """A line for every endpoint, aligned."""
    return [
        f"  {LABELS[key]:<16} {value or '– (left out)'}{stand_in(status, key.replace('_', '-'))}"
        for key, value in status["endpoints"].items()
        if key in LABELS
    ]


def show_ready(status: dict[str, Any], *, json: bool, took_s: float | None, next_steps: bool = True) -> None:
    """The endpoints, and what proved each of them ready."""
    if json:
        json_data(status)
        return
    took = f" in {took_s:.1f} s" if took_s is not None and status["ready"] else ""
    data(f"sandbox {status['name']} is {'ready' if status['ready'] else status['state']}{took} ({status['runtime']})")
    for line in endpoint_lines(status):
        data(line)
    for line in left_out_lines(status):
        talk(line)
    proofs = [f"{each['what']} {each['took_ms']:.0f} ms" for each in status.get("proof", [])]
    if proofs:
        talk(f"  proven: {' · '.join(proofs)}", dim=True)
    if next_steps:
        named = f"--name {status['name']}"
        talk(f'  next: eval "$(sandbox env {named})" · sandbox scenario list · sandbox down {named}', dim=True)
