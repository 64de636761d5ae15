"""The routes about consumer groups."""

from __future__ import annotations

from sandbox.control import groups_models as models
from sandbox.control.route import Route

__all__ = ["GROUPS_ROUTES"]

GROUPS_ROUTES = (
    Route("GET", "/v1/groups", "consumer_groups", "List consumer groups", models.GroupList, tag="kafka"),
    Route(
        "GET", "/v1/groups/{group}", "consumer_group", "Describe a consumer group: members, offsets, lag",
        models.Group, tag="kafka",
    ),
    Route(
        "POST", "/v1/groups/{group}/reset", "reset_group",
        "Set a group's offsets; services of this sandbox leave it for that and join again", models.GroupReset,
        body=models.GroupResetRequest, tag="kafka",
    ),
)  # fmt: skip
