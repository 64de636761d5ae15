"""What a sandbox has and can do, for steps that need it: its services, who runs them, and what may be done to them."""

from __future__ import annotations

from collections.abc import Callable

from sandbox.config.services import SERVICES
from sandbox.runtime.plan import EnginePlan

__all__ = ["lack"]

OWN = "own "


def lack(need: str, plan: EnginePlan) -> str | None:
    """Why this sandbox has not what is needed, None when it has: half a sentence that goes on after `because`.

    Names that are no need of a sandbox's are not missed here: the step itself says what is wrong with them.
    """
    if need in _ABILITIES:
        return _ABILITIES[need](plan)
    own = need.startswith(OWN)
    service = need.removeprefix(OWN)
    if service not in SERVICES:
        return None
    if service in plan.left_out:
        return f"this sandbox is without {service}"
    if own and service in plan.replace:
        return f"{service} is not the sandbox's own: {plan.replace[service]} stands in for it"
    return None


def _broker_control(plan: EnginePlan) -> str | None:
    return None if plan.runtime != "attach" else "the broker is not the sandbox's own"


def _network_edge(plan: EnginePlan) -> str | None:
    return None if plan.runtime == "docker" else f"nothing lies between the services on the {plan.runtime} runtime"


def _always(plan: EnginePlan) -> str | None:
    return None


_ABILITIES: dict[str, Callable[[EnginePlan], str | None]] = {
    "broker-control": _broker_control,
    "process-control": _always,
    "network-edge": _network_edge,
    "logs": _always,
}
