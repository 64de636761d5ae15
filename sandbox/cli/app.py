"""The command tree, and how every command ends: one error form, one table of exit codes."""

from __future__ import annotations

import os
import sys
from importlib import import_module

import typer

from sandbox.errors import SandboxError

__all__ = ["run"]

INTERRUPTED = 130
COMMANDS = (
    "up", "tui", "down", "wait", "status", "env", "logs", "doctor", "prepare", "demo", "reset", "bundle", "serve",
    "token", "trace", "exec", "record", "snapshot", "scenario", "traffic", "topics", "groups", "schemas", "dlq",
    "fault", "breaker", "limits",
)  # fmt: skip
"""Each a module of this package with `register(app)`, or with a `group` of commands. In the order of the help."""
BadUsage = next(kind for kind in typer.BadParameter.__mro__ if kind.__name__ == "ClickException")
"""What typer raises for options and arguments that it cannot read, wherever it takes its click from."""


def _version(wanted: bool) -> None:
    if wanted:
        from sandbox import __version__

        typer.echo(__version__)
        raise typer.Exit


def _options(
    version: bool = typer.Option(False, "--version", callback=_version, is_eager=True, help="Show the version."),
) -> None:
    pass


def command_tree(first: str | None) -> typer.Typer:
    """The commands to parse a command line with that begins with `first`: that one alone where there is such a
    command, since building them all takes longer than most of them do; else all, to be listed or guessed at."""
    app = typer.Typer(
        name="sandbox",
        help="The local sandbox of the BUTTERFLY platform: a real Kafka, a Schema Registry, CAPSULE, ODYSSEY and "
        "PLATO.",
        epilog="Exit codes: 0 ok · 1 an assertion failed · 2 usage or invalid file · 3 environment · 4 not ready in "
        "time · 130 interrupted. Every command takes --name and --json.",
        rich_markup_mode=None,
        no_args_is_help=True,
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110},
    )
    app.callback()(_options)
    for name in (first,) if first in COMMANDS else COMMANDS:
        module = import_module(f"sandbox.cli.{name}")
        if group := getattr(module, "group", None):
            app.add_typer(group, name=name)
        else:
            module.register(app)
    return app


def run(arguments: list[str]) -> int:
    """Run one command and return its exit code; errors are told on stderr, never as a traceback."""
    code = _outcome(arguments)
    if code == INTERRUPTED:
        typer.echo("interrupted", err=True)
    return code


def _outcome(arguments: list[str]) -> int:
    try:
        app = command_tree(arguments[0] if arguments else None)
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
