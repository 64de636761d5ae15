"""How everything that belongs to a sandbox is found again, whoever started it and whatever became of that."""

from __future__ import annotations

__all__ = ["NAME_LABEL", "SERVICE_LABEL", "SOURCE_LABEL", "STATE_LABEL", "project_name"]

NAME_LABEL = "butterfly.sandbox.name"
STATE_LABEL = "butterfly.sandbox.state"
"""The state folder: two users of one Docker engine may have sandboxes of the same name."""
SOURCE_LABEL = "butterfly.sandbox.source"
"""On the services' image: what it was built from, as a digest."""
SERVICE_LABEL = "com.docker.compose.service"


def project_name(name: str) -> str:
    """The Compose project, and the network, of a sandbox. Prefixed, since a team's own project may be named alike."""
    return f"sandbox-{name}"
