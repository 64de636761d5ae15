"""The routes about putting services, or the whole sandbox, back to the start."""

from __future__ import annotations

from sandbox.control import reset_models as models
from sandbox.control.route import Route

__all__ = ["RESET_ROUTES"]

RESET_ROUTES = (
    Route(
        "POST", "/v1/reset", "reset_services", "Empty the stores of services, whose topics and offsets stay",
        models.ServicesReset, body=models.ResetRequest,
    ),
    Route(
        "POST", "/v1/reset/everything", "reset_everything",
        "Everything as at the first start: topics, registry, stores, offsets, faults; nothing from before comes after",
        models.EverythingReset,
    ),
)  # fmt: skip
