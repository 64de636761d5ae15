"""`sandbox snapshot`: a sandbox's data as one file, and back."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from sandbox.cli.options import JsonOption, NameOption

__all__ = ["group"]

group = typer.Typer(help="A sandbox's data as one file, and back.", no_args_is_help=True)
Where = Annotated[
    str, typer.Argument(metavar="NAME|FILE", help="A name of your choice, or a file that ends with .tar.gz.")
]


@group.command()
def save(
    snapshot: Where,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace a snapshot that is there.")] = False,
    name: NameOption = None,
    json: JsonOption = False,
) -> None:
    """Save topics, schemas, stores, offsets and dead letters.

    A running sandbox is stopped for it and started again, which takes a few seconds; its journal begins anew.
    """
    from sandbox.cli.output import answer
    from sandbox.runtime.snapshots.shelf import place_of

    path = place_of(snapshot)
    manifest = _snapshots(name).save(path, overwrite=overwrite)
    found = _row(snapshot, path, path.stat().st_size, manifest)
    answer(found, [f"saved {found['sandbox']} as {path} ({_size(found['size'])})"], json=json)


@group.command()
def load(snapshot: Where, name: NameOption = None, json: JsonOption = False) -> None:
    """Put a snapshot's data in the place of the sandbox's.

    A running sandbox is started again with it; another one waits for `sandbox up`. If that fails, all is as before.
    """
    from sandbox.cli.output import answer
    from sandbox.cli.target import folder_of
    from sandbox.runtime import launch
    from sandbox.runtime.snapshots.shelf import place_of

    path = place_of(snapshot)
    manifest = _snapshots(name).load(path)
    folder = folder_of(name)
    running = launch.engine_of(folder) is not None
    after = "" if running else f"; start it with `sandbox up --name {folder.name}`"
    found = {**_row(snapshot, path, path.stat().st_size, manifest), "loadedInto": folder.name, "running": running}
    line = f"sandbox {folder.name} has the data of {manifest.name} as of {manifest.saved}{after}"
    answer(found, [line], json=json)


@group.command("list")
def list_(name: NameOption = None, json: JsonOption = False) -> None:
    """List the snapshots that have a name."""
    from sandbox.cli.output import answer
    from sandbox.runtime.snapshots.shelf import shelved

    found = shelved()
    rows = [_row(each.name, each.path, each.size_bytes, each.manifest, each.problem) for each in found]
    answer(rows, map(_line, rows) if rows else ["there is no snapshot"], json=json)


@group.command()
def delete(snapshot: Where, name: NameOption = None, json: JsonOption = False) -> None:
    """Delete a snapshot, and nothing that is not one."""
    from sandbox.cli.output import answer
    from sandbox.runtime.snapshots.shelf import remove

    path = remove(snapshot)
    answer({"deleted": str(path)}, [f"deleted {path}"], json=json)


def _snapshots(name: str | None) -> Any:
    from sandbox.cli.output import talk
    from sandbox.cli.target import folder_of
    from sandbox.runtime.snapshots.snapshot import Snapshots

    return Snapshots(folder_of(name), lambda text: talk(text, dim=True))


def _row(name: str, path: Any, size: int, manifest: Any, problem: str | None = None) -> dict[str, Any]:
    return {
        "snapshot": name,
        "file": str(path),
        "size": size,
        "sandbox": manifest.name if manifest else None,
        "saved": manifest.saved if manifest else None,
        "kafka": manifest.kafka if manifest else None,
        "problem": problem,
    }


def _line(row: dict[str, Any]) -> str:
    told = row["problem"] or f"of {row['sandbox']}, {row['saved']}, Kafka {row['kafka']}"
    return f"{row['snapshot']:<24}  {_size(row['size']):>8}  {told}"


def _size(size: int) -> str:
    return f"{size / 1e6:.1f} MB"
