"""A connection to the Docker engine, with every refusal turned into a way out."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from sandbox.errors import EnvironmentFailure, UpstreamUnavailable
from sandbox.runtime.docker.endpoint import Endpoint, find_endpoint

if TYPE_CHECKING:
    from docker import DockerClient

__all__ = ["connect", "docker_errors", "local_endpoint"]

CALL_LIMIT_S = 30.0
EMBEDDED = "or use `--runtime embedded`, which needs no Docker"


def local_endpoint() -> Endpoint:
    """The engine to use. Raises EnvironmentFailure when there is none, or one whose ports are not this machine's."""
    endpoint = find_endpoint()
    if endpoint is None:
        raise EnvironmentFailure(
            "no Docker engine was found", where="docker", hint=f"start Docker, set DOCKER_HOST, {EMBEDDED}"
        )
    if not endpoint.is_local:
        raise EnvironmentFailure(
            f"the Docker engine at {endpoint.url} ({endpoint.source}) is on another machine, "
            "where the sandbox's ports would be",
            where="docker",
            hint="run the sandbox there, or `docker compose -f compose/compose.yaml up --wait` against that engine",
        )
    return endpoint


def connect(url: str, *, timeout_s: float = CALL_LIMIT_S) -> DockerClient:
    """A client of the engine at `url`. Raises EnvironmentFailure without the library or an answer."""
    try:
        import docker
    except ImportError:
        raise EnvironmentFailure(
            "the Python library `docker` is not installed",
            where="docker",
            hint=f"`pip install docker`, {EMBEDDED}",
        ) from None
    path = Endpoint(url, "").socket_path
    if path is not None and not Endpoint(url, "").answers():
        raise _silent(url, denied=Path(path).exists() and not os.access(path, os.W_OK))
    try:
        return docker.DockerClient(base_url=url, version="auto", timeout=timeout_s)
    except docker.errors.DockerException:
        raise _silent(url, denied=False) from None


def _silent(url: str, *, denied: bool) -> EnvironmentFailure:
    return EnvironmentFailure(
        f"the Docker engine at {url} {'may not be used by this user' if denied else 'does not answer'}",
        where="docker",
        hint=f"{'join the group `docker`' if denied else 'start it, or look at `docker info`'}, {EMBEDDED}",
    )


@contextmanager
def docker_errors(what: str) -> Iterator[None]:
    """Turns what the library raises inside into UpstreamUnavailable: `what` could not be done, and why."""
    import docker
    import requests

    try:
        yield
    except docker.errors.APIError as error:
        raise UpstreamUnavailable(f"{what}: {error.explanation or error}", where="docker") from None
    except (docker.errors.DockerException, requests.RequestException, OSError) as error:
        raise UpstreamUnavailable(f"{what}: {error}", where="docker", hint="see `docker info`") from None
