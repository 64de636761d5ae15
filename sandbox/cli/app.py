"""The command tree, and how every command ends: one error form, one table of exit codes."""

from __future__ import annotations

import os
import sys

import typer

from sandbox.cli import (
    breaker,
    demo,
    dlq,
    doctor,
    down,
    env,
    fault,
    groups,
    limits,
    logs,
    prepare,
    reset,
    scenario,
    schemas,
    serve,
    status,
    token,
    topics,
    trace,
    up,
    wait,
)
from sandbox.errors import SandboxError

__all__ = ["app", "run"]

INTERRUPTED = 130
BadUsage = next(kind for kind in typer.BadParameter.__mro__ if kind.__name__ == "ClickException")
"""What typer raises for options and arguments that it cannot read, wherever it takes its click from."""

app = typer.Typer(
    name="sandbox",
    help="The local sandbox of the BUTTERFLY platform: a real Kafka, a Schema Registry, CAPSULE, ODYSSEY and PLATO.",
    epilog="Exit codes: 0 ok · 1 an assertion failed · 2 usage or invalid file · 3 environment · 4 not ready in time "
    "· 130 interrupted. Every command takes --name and --json.",
    rich_markup_mode=None,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110},
)


def _version(wanted: bool) -> None:
    if wanted:
        from sandbox import __version__

        typer.echo(__version__)
        raise typer.Exit


@app.callback()
def _options(
    version: bool = typer.Option(False, "--version", callback=_version, is_eager=True, help="Show the version."),
) -> None:
    pass


for command in (up, down, wait, status, env, logs, doctor, prepare, demo, reset, serve, token, trace):
    command.register(app)
app.add_typer(scenario.group, name="scenario")
app.add_typer(topics.group, name="topics")
app.add_typer(groups.group, name="groups")
app.add_typer(schemas.group, name="schemas")
app.add_typer(dlq.group, name="dlq")
app.add_typer(fault.group, name="fault")
app.add_typer(breaker.group, name="breaker")
app.add_typer(limits.group, name="limits")


def run(arguments: list[str]) -> int:
    """Run one command and return its exit code; errors are told on stderr, never as a traceback."""
    code = _outcome(arguments)
    if code == INTERRUPTED:
        typer.echo("interrupted", err=True)
    return code


def _outcome(arguments: list[str]) -> int:
    try:
        code = app(arguments, standalone_mode=False, prog_name="sandbox")
    except typer.Exit as done:
        return done.exit_code
    except BadUsage as error:
        error.show()
        return error.exit_code
    except SandboxError as error:
        typer.secho(f"error: {error.render()}", err=True, fg="red" if sys.stderr.isatty() else None)
        return error.exit_code
    except SystemExit as done:
        return done.code if isinstance(done.code, int) else 1
    except (KeyboardInterrupt, typer.Abort):
        return INTERRUPTED
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    return code if isinstance(code, int) else 0
