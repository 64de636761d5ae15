"""`sandbox serve NAME…`: run services in this process, on any runtime, with an engine or without."""

from __future__ import annotations

from typing import Annotated

import typer

from sandbox.cli.options import JsonOption, NameOption

__all__ = ["register"]


def register(app: typer.Typer) -> None:
    app.command("serve")(serve)


def serve(
    names: Annotated[
        list[str], typer.Argument(metavar="NAME…", help="schema-registry, capsule, odyssey, plato, audit")
    ],
    engine: Annotated[str | None, typer.Option(metavar="URL", help="Control API that facts are pushed to.")] = None,
    name: NameOption = None,
    json: JsonOption = False,
) -> None:
    """Run services here until SIGTERM. Everything else comes from SANDBOX_SERVE_… variables (see the README)."""
    import os

    from sandbox.runtime.serve import main

    if engine:
        os.environ["SANDBOX_SERVE_ENGINE_URL"] = engine
    main(names)
