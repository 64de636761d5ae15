"""`sandbox prepare`: fetch and train ahead of the first `up`, for CI images and aeroplanes."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from sandbox.cli.options import JsonOption, NameOption

__all__ = ["register"]


def register(app: typer.Typer) -> None:
    app.command("prepare")(prepare)


def prepare(
    offline: Annotated[bool, typer.Option("--offline", help="Check the cache, fetch nothing.")] = False,
    no_train: Annotated[
        bool, typer.Option("--no-train", help="Fetch only; leave the AOT cache to the first up.")
    ] = False,
    runtime: Annotated[
        str | None, typer.Option(metavar="embedded|docker", help="Which runtime to prepare; embedded unless given.")
    ] = None,
    name: NameOption = None,
    json: JsonOption = False,
) -> None:
    """Fetch and prepare what starting needs, ahead of time.

    Kafka's jars and the start-up (AOT) cache, or the images of the docker runtime; all sandboxes share them.
    """
    from sandbox.cli.output import data, json_data, on_terminal, talk
    from sandbox.cli.ready import Progress
    from sandbox.config.folders import cache_dir
    from sandbox.config.naming import find_project
    from sandbox.config.settings import resolve_settings
    from sandbox.runtime.prepare import fetch, train

    settings = resolve_settings({"offline": offline, "runtime": runtime}, file=find_project(Path.cwd()).settings_file)
    cache = cache_dir()
    if settings.runtime == "docker":
        prepare_images(cache, offline=settings.offline, json=json)
        return
    with Progress("prepare") as progress:
        jars = fetch(cache, settings, progress=progress)
    trained = None
    if not no_train:
        talk(
            "training the AOT cache (about 15 s, once per Java and Kafka)…"
            if on_terminal()
            else "training the AOT cache"
        )
        trained = train(cache, settings)
    if json:
        json_data({"cache": str(cache), "jars": jars, "aot_cache": str(trained) if trained else None})
        return
    data(f"{jars} jars verified in {cache}")
    if trained:
        data(f"AOT cache ready: {trained}")


def prepare_images(cache: Path, *, offline: bool, json: bool) -> None:
    """Pull and build what the docker runtime needs."""
    from dataclasses import asdict

    from sandbox.cli.output import data, json_data
    from sandbox.cli.ready import Progress
    from sandbox.runtime.docker.preparation import prepare
    from sandbox.runtime.docker.project import ImageNames

    with Progress("prepare") as progress:
        prepare(cache, offline=offline, progress=progress)
    images = asdict(ImageNames.from_environment())
    if json:
        json_data({"images": images})
        return
    data(f"images ready: {', '.join(images.values())}")
