"""`sandbox record`: what is done to the sandbox meanwhile becomes a scenario that does it again."""

from __future__ import annotations

import contextlib
import os
import signal
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import typer

from sandbox.cli.options import JsonOption, NameOption

__all__ = ["register"]

FINISH_LIMIT_S = 60.0
ASK_EVERY_S = 1.0
STDOUT = "-"


def register(app: typer.Typer) -> None:
    plain = {"ignore_unknown_options": True, "allow_interspersed_args": False}
    app.command("record", context_settings=plain)(record)


def record(
    command: Annotated[
        list[str] | None, typer.Argument(metavar="[-- COMMAND…]", help="Record while it runs; else until Ctrl-C.")
    ] = None,
    out: Annotated[Path | None, typer.Option(metavar="FILE", help="The scenario file; stdout without it.")] = None,
    topics: Annotated[list[str] | None, typer.Option(metavar="T,…", help="Only records of these topics.")] = None,
    services: Annotated[list[str] | None, typer.Option(metavar="S,…", help="Only calls of these services.")] = None,
    title: Annotated[str, typer.Option(metavar="TEXT", help="What the scenario is called.")] = "A recorded session",
    name: NameOption = None,
    json: JsonOption = False,
) -> None:
    """Turn what happens into a scenario file.

    Records that others publish, REST calls, and streams of plans, with their times; what came of them becomes
    assertions. Secrets are left out, ids that an answer gave become variables. Ctrl-C ends it.
    """
    from sandbox.cli.foreground_command import ForegroundCommand
    from sandbox.cli.interrupts import held_back
    from sandbox.cli.output import talk
    from sandbox.cli.scenario import contracts_of
    from sandbox.cli.target import find_target

    _check(out)
    target = find_target(name)
    environ = {**os.environ, **_variables(target)} if command else {}
    program = ForegroundCommand(command, environ) if command else None
    client = target.patient(FINISH_LIMIT_S)
    asked = {"topics": _names(topics), "services": _names(services)}
    begun = client.post("/v1/recordings", asked)
    code = 0
    try:
        with _asked_after(client, begun["id"]) as state:
            if program is not None:
                code = program.run()
            else:
                talk(f"recording {', '.join(begun['services'])} and {len(begun['topics'])} topics; Ctrl-C ends it")
                _until_interrupted(state)
    finally:
        with held_back():  # a second Ctrl-C while the services finish loses nothing
            recording = client.delete(f"/v1/recordings/{begun['id']}")
    _write(recording, out, title, contracts_of(name), json=json, code=code)


def _write(recording: dict[str, Any], out: Path | None, title: str, contracts: Any, *, json: bool, code: int) -> None:
    """The file and what goes beside it; exits with the command's code, or 2 when the file needs a person's hand."""
    from sandbox.cli.output import data, json_data, talk
    from sandbox.errors import InvalidFile
    from sandbox.scenarios.load import read_scenario
    from sandbox.scenarios.recording import compose

    composed = compose(recording, contracts, title=title, stem=None if out is None else out.stem)
    shown = str(out or STDOUT)
    trouble = recording.get("trouble")
    try:
        read_scenario(composed.text, shown, contracts, files=composed.files)
    except InvalidFile as error:
        trouble = error.render()
    if not composed.steps:
        talk("nothing was recorded", colour="yellow")
        raise typer.Exit(code or 1)
    if out is not None:
        for file, text in ((out, composed.text), *((out.parent / each, text) for each, text in composed.files.items())):
            _replace(file, text)
    counts = {each: recording[each] for each in ("records", "calls", "streams", "faults", "dropped", "missed")}
    if json:
        files = [shown, *composed.files] if out else []
        text = {} if out else {"text": composed.text}
        json_data({**counts, "steps": composed.steps, "files": files, "leftOut": composed.left_out, **text,
                   "trouble": trouble, "exitCode": code})  # fmt: skip
    elif out is None:
        data(composed.text.rstrip("\n"))
    if not json:
        talk(f"{_counted(counts)} → {composed.steps} steps" + (f" in {out}" if out else ""))
        for each in composed.left_out:
            talk(f"left out: {each}", dim=True)
        if out:
            talk(f"play it: sandbox scenario run {out}", dim=True)
    if trouble:
        talk(f"look at it before you run it: {trouble}", colour="red")
    raise typer.Exit(code or (2 if trouble else 0))


def _counted(counts: dict[str, Any]) -> str:
    """`1 record · 4 calls · 1 stream`."""
    told = ((counts[f"{each}s"], each) for each in ("record", "call", "stream"))
    return " · ".join(f"{count} {each}{'' if count == 1 else 's'}" for count, each in told)


def _check(out: Path | None) -> None:
    """Raises UsageError before anything is recorded for nothing."""
    from sandbox.errors import UsageError

    if out is None:
        return
    if out.suffix not in (".yaml", ".yml"):
        raise UsageError(f"a scenario file ends in .yaml, not {out.name!r}", where="--out")
    if not out.parent.is_dir():
        raise UsageError(f"there is no folder {out.parent}", where="--out", hint=f"mkdir -p {out.parent}")
    if out.exists():
        raise UsageError(f"{out} is there already", where="--out", hint="choose another name, or remove it")


def _replace(file: Path, text: str) -> None:
    from sandbox.errors import EnvironmentFailure

    draft = file.with_name(f".{file.name}.{os.getpid()}")
    try:
        draft.write_text(text, encoding="utf-8")
        draft.replace(file)
    except OSError as error:
        draft.unlink(missing_ok=True)
        raise EnvironmentFailure(f"the recording cannot be written: {error.strerror}", where=str(file)) from None


def _variables(target: Any) -> dict[str, str]:
    from sandbox.cli.env import variables

    return variables(target.status(), target.token, target.registry_user_info)


def _names(given: list[str] | None) -> list[str]:
    return [part.strip() for each in given or () for part in each.split(",") if part.strip()]


@contextlib.contextmanager
def _asked_after(client: Any, identity: str) -> Iterator[dict[str, Any]]:
    """Ask after the recording while in here: one that nobody asks after is forgotten. What was last said."""
    from sandbox.errors import SandboxError

    state: dict[str, Any] = {}
    over = threading.Event()

    def ask() -> None:
        while not over.wait(ASK_EVERY_S):
            with contextlib.suppress(SandboxError):
                state.update(client.get(f"/v1/recordings/{identity}"))

    thread = threading.Thread(target=ask, name="recording", daemon=True)
    thread.start()
    try:
        yield state
    finally:
        over.set()
        thread.join(ASK_EVERY_S)


def _until_interrupted(state: dict[str, Any]) -> None:
    """Until Ctrl-C, SIGTERM or a closed terminal; how much there is stands on the last line of a terminal."""
    import sys

    from sandbox.cli.output import on_terminal

    ended = threading.Event()
    before = {number: signal.signal(number, lambda *_: ended.set()) for number in _ENDING}
    try:
        while not ended.wait(0.25):
            if on_terminal() and state:
                sys.stderr.write(f"\r\x1b[K{_counted(state)}")
                sys.stderr.flush()
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        if on_terminal():
            sys.stderr.write("\r\x1b[K")
            sys.stderr.flush()


_ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
