"""The images that the docker runtime needs: which are here, and fetching or building those that are not."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any, Protocol

from sandbox.config.folders import share_dir
from sandbox.errors import FetchFailed
from sandbox.runtime.docker.compose import Compose
from sandbox.runtime.docker.endpoint import Endpoint
from sandbox.runtime.docker.labels import SOURCE_LABEL
from sandbox.runtime.docker.project import SERVICES_IMAGE, ImageNames
from sandbox.runtime.docker.sources import Sources

__all__ = ["ImageProgress", "missing_images", "provide_images"]

BUILD_PROJECT = "sandbox-build"
# What the two builders say at each step: `Step 5/21 : RUN …` and `#9 [build 3/6] RUN …`.
STEP = re.compile(r"(?:Step (\d+/\d+) : |#\d+ \[(?:\S+ )?(\d+/\d+)\] )(.{1,60})")


class ImageProgress(Protocol):
    def say(self, text: str) -> None:
        """One line about what is going on now; the next one takes its place."""


def missing_images(endpoint: Endpoint, names: ImageNames, sources: Sources) -> list[str]:
    """The images to fetch or build before a start. Ours counts only when it holds these very sources."""
    missing = [] if endpoint.image(names.kafka) else [names.kafka]
    ours = endpoint.image(names.services)
    if ours is None or (_is_built_here(names) and _source_of(ours) != sources.digest()):
        missing.append(names.services)
    return missing


def provide_images(
    endpoint: Endpoint, compose: Compose, cache: Path, *, offline: bool, progress: ImageProgress
) -> list[str]:
    """Pull and build what is missing, telling `progress`; returns what was. Raises FetchFailed or ComponentFailed."""
    names, sources = ImageNames.from_environment(), Sources.from_environment()
    missing = missing_images(endpoint, names, sources)
    for name in missing:
        if name == names.services and _is_built_here(names):
            _build(compose, sources, cache, offline=offline, progress=progress)
        elif offline:
            raise FetchFailed(
                f"the image {name} is not here, and --offline forbids to pull it",
                where=name,
                hint="`sandbox prepare --runtime docker` fetches and builds everything while there is a network",
            )
        else:
            _pull(endpoint, name, progress)
    return missing


def _is_built_here(names: ImageNames) -> bool:
    """An image of another name is the team's own affair: it is pulled, and taken as it is."""
    return names.services == SERVICES_IMAGE


def _source_of(image: dict[str, Any]) -> str | None:
    return (image.get("Config", {}).get("Labels") or {}).get(SOURCE_LABEL)


def _build(compose: Compose, sources: Sources, cache: Path, *, offline: bool, progress: ImageProgress) -> None:
    progress.say(f"building {SERVICES_IMAGE}")
    digest = sources.digest()

    def on_line(line: str) -> None:
        if step := STEP.search(line):
            progress.say(f"building {SERVICES_IMAGE}: {step[1] or step[2]} {step[3].strip()}")

    environ = {"SANDBOX_SOURCE": digest, "COMPOSE_PROFILES": "ours"}
    if sources.wheels is not None or offline:
        environ["SANDBOX_PIP_NO_INDEX"] = "1"
    file = share_dir("compose") / "compose.yaml"
    arguments = ["--progress", "plain", "-f", str(file), "-p", BUILD_PROJECT, "build", "capsule"]
    with sources.staged(cache / "docker") as context:
        compose.run(arguments, environ={**environ, "SANDBOX_BUILD_CONTEXT": str(context)}, on_line=on_line)


def _pull(endpoint: Endpoint, name: str, progress: ImageProgress) -> None:
    import docker

    from sandbox.runtime.docker.client import connect

    progress.say(f"pulling {name}")
    layers: dict[str, tuple[int, int]] = {}
    client = connect(endpoint.url)
    try:
        for event in client.api.pull(name, stream=True, decode=True):
            if "error" in event:
                raise _not_pulled(name, event["error"])
            detail = event.get("progressDetail") or {}
            if detail.get("total"):
                layers[event["id"]] = (detail.get("current", 0), detail["total"])
                done, total = (sum(each) for each in zip(*layers.values(), strict=True))
                progress.say(f"pulling {name}: {done / 1e6:.0f} of {total / 1e6:.0f} MB")
    except docker.errors.APIError as error:
        raise _not_pulled(name, str(error.explanation or error)) from None
    except json.JSONDecodeError:
        raise _not_pulled(name, "the engine broke off") from None
    finally:
        client.close()


def _not_pulled(name: str, reason: str) -> FetchFailed:
    return FetchFailed(
        f"the image {name} cannot be pulled: {reason}",
        where=name,
        hint="check the network, or name a mirror with SANDBOX_IMAGE_PREFIX=registry.example.com/, "
        "or use `--runtime embedded`",
    )
