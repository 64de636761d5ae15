"""`sandbox tui`: the user interface in the terminal."""

from __future__ import annotations

from typing import Annotated

import typer

from sandbox.cli.options import JsonOption, NameOption

__all__ = ["open_tui", "register", "serve_tui"]

GC_THRESHOLDS = (10_000, 5, 5)
"""Each paint makes thousands of small objects that are gone with the next: at Python's own 700 a key waits up to a
quarter of a second for the look at all there is, several times a minute."""


def register(app: typer.Typer) -> None:
    app.command("tui")(tui)


def tui(
    read_only: Annotated[bool, typer.Option("--read-only", help="Look only; refuse whatever would change.")] = False,
    light: Annotated[bool, typer.Option("--light", help="Begin with the light theme.")] = False,
    page: Annotated[str, typer.Option(metavar="PAGE", help="Begin with topics, dlq, scenarios, …")] = "overview",
    web: Annotated[bool, typer.Option("--web", help="Serve it to browsers on this machine instead.")] = False,
    port: Annotated[int, typer.Option(metavar="N", min=0, max=65535, help="Port of --web; 0 takes any.")] = 0,
    name: NameOption = None,
    json: JsonOption = False,
) -> None:
    """Watch and drive a running sandbox on the terminal.

    It attaches to a sandbox that was started anywhere on this machine, and leaves it running. Keys: ?.
    """
    if json:
        from sandbox.errors import UsageError

        raise UsageError("a user interface has no JSON", where="--json", hint="see `sandbox status --json`")
    if web:
        serve_tui(name, port=port, read_only=read_only, light=light, page=page)
    else:
        open_tui(name, read_only=read_only, light=light, page=page)


def open_tui(name: str | None, *, read_only: bool = False, light: bool = False, page: str = "overview") -> None:
    """Until the user leaves. Raises NotRunning when there is no sandbox, UsageError for an unknown page."""
    import gc

    from sandbox.cli.target import find_target
    from sandbox.runtime.collector import collector_at_rest
    from sandbox.tui.screens import PAGES

    _refuse_unknown(page)
    find_target(name)  # told here, where it can be read, if there is none

    with collector_at_rest():
        from sandbox.tui.app import SandboxApp
        from sandbox.tui.feed import Feed

        next(entry for entry in PAGES if entry.name == page).load()
    gc.set_threshold(*GC_THRESHOLDS)

    def locate() -> tuple[str, str]:
        target = find_target(name)
        return target.url, target.token

    SandboxApp(Feed(locate, read_only=read_only), page=page, light=light, drawn=gc.freeze).run()


def serve_tui(name: str | None, *, port: int, read_only: bool, light: bool, page: str) -> None:
    """Serve it on loopback until Ctrl-C. Raises NotRunning, UsageError, or EnvironmentFailure for a taken port."""
    import asyncio

    from sandbox.cli.output import data, talk
    from sandbox.cli.target import find_target
    from sandbox.errors import EnvironmentFailure
    from sandbox.runtime.ports import free_port
    from sandbox.tui.web import WebServer, page_command

    _refuse_unknown(page)
    target = find_target(name)
    options = ["--read-only"] * read_only + ["--light"] * light + (["--name", name] if name else [])
    server = WebServer(page_command(["--page", page, *options]), port or free_port(), f"sandbox {target.name}")

    def ready() -> None:
        data(server.url)
        talk("open it in a browser of this machine; Ctrl-C ends it, the sandbox runs on", dim=True)

    try:
        asyncio.run(server.run(ready))
    except OSError as error:
        raise EnvironmentFailure(
            f"port {server.port} cannot be listened on: {error.strerror}",
            where="--port",
            hint="choose another",
        ) from None


def _refuse_unknown(page: str) -> None:
    from sandbox.errors import UsageError
    from sandbox.tui.screens import PAGES

    pages = [entry.name for entry in PAGES]
    if page not in pages:
        raise UsageError(f"there is no page {page!r}", where="--page", hint=f"choose from {', '.join(pages)}")
