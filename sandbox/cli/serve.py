"""`sandbox serve NAME…`: run services in this process, on any runtime, with an engine or without."""

from __future__ import annotations

from typing import Annotated

import typer

from sandbox.cli.options import JsonOption, NameOption

__all__ = ["register"]


VARIABLES = (
    "By SANDBOX_SERVE_… variables, as compose/compose.yaml sets them: BOOTSTRAP_SERVERS of Kafka (127.0.0.1:9092), "
    "REGISTRY_URL (else the one in this process), CAPSULE_URL, PLATO_URL, PORTS (capsule=8083,plato=8080), BIND, "
    "STATE_DIR (./state), CONTRACTS_DIR, AUTH, RATE_LIMITS, ENGINE_URL, TOKEN."
)


def register(app: typer.Typer) -> None:
    app.command("serve", epilog=VARIABLES)(serve)


def serve(
    names: Annotated[
        list[str], typer.Argument(metavar="NAME…", help="schema-registry, capsule, odyssey, plato, audit")
    ],
    engine: Annotated[str | None, typer.Option(metavar="URL", help="Control API that facts are pushed to.")] = None,
    name: NameOption = None,
    json: JsonOption = False,
) -> None:
    """Run services here until SIGTERM.

    With an engine or without, against any Kafka; logs go to stderr, a JSON object a line.
    """
    import os

    from sandbox.runtime.serve import main

    if engine:
        os.environ["SANDBOX_SERVE_ENGINE_URL"] = engine
    main(names)
