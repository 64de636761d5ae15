"""Which runtime an `up` uses, and why. Standard library only: it is asked before anything starts."""

from __future__ import annotations

import importlib.util
from dataclasses import dataclass

from sandbox.config.folders import StateFolder
from sandbox.config.settings import Settings

__all__ = ["Choice", "choose_runtime"]


@dataclass(frozen=True, slots=True)
class Choice:
    """`why` is None when the user asked for it, or for what was chosen before."""

    runtime: str
    why: str | None = None


def choose_runtime(settings: Settings, folder: StateFolder) -> Choice:
    """The one asked for; else the one recorded; else Docker if it answers and has every image; else embedded."""
    if settings.runtime != "auto":
        return Choice(settings.runtime)
    if recorded := folder.record().get("runtime"):
        return Choice(recorded)
    from sandbox.runtime.docker.endpoint import find_endpoint

    endpoint = find_endpoint()
    if endpoint is None:
        return Choice("embedded", "there is no Docker engine here")
    if not endpoint.is_local:
        return Choice("embedded", f"the Docker engine at {endpoint.url} is on another machine")
    if not endpoint.answers():
        return Choice("embedded", "Docker does not answer")
    if importlib.util.find_spec("docker") is None:
        return Choice("embedded", "the Python library `docker` is not installed")
    return _by_images(endpoint)


def _by_images(endpoint: object) -> Choice:
    from sandbox.runtime.docker.images import missing_images
    from sandbox.runtime.docker.project import ImageNames
    from sandbox.runtime.docker.sources import Sources

    missing = missing_images(endpoint, ImageNames.from_environment(), Sources.from_environment())
    if missing:
        hint = "`sandbox prepare --runtime docker` provides it"
        return Choice("embedded", f"Docker answers, but {' and '.join(missing)} is not here in this version; {hint}")
    return Choice("docker", "Docker answers and has every image")
