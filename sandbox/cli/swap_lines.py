"""What is not as usual in a sandbox: services that are left out or replaced, and contracts of a team's own."""

from __future__ import annotations

from typing import Any

__all__ = ["contract_lines", "left_out_lines", "stand_in"]

EFFECTS = {
    "schema-registry": (None, "Avro topics cannot be read or written"),
    "capsule": ("odyssey", "ODYSSEY falls back to an empty history"),
    "plato": ("odyssey", "ODYSSEY gets no plans: alerts become dead letters, DOWNSTREAM_FAILURE"),
    "audit": (None, "nothing is audited"),
}
"""Service → who feels it when it is left out (None: any of CLIENTS), and how."""
CLIENTS = {"capsule", "odyssey", "plato"}


def stand_in(status: dict[str, Any], service: str) -> str:
    """What an endpoint's line says after the URL of a service that is replaced."""
    found = status.get("replaced", {}).get(service)
    if found is None:
        return ""
    return "  (yours)" if found["reachable"] is not False else f"  (yours: {found['detail']})"


def left_out_lines(status: dict[str, Any]) -> list[str]:
    """A line for each service that is left out and missed."""
    running = {each["name"] for each in status["components"]}
    return [
        f"  without {name}: {effect}"
        for name, (who, effect) in EFFECTS.items()
        if name in status.get("left_out", ()) and (who in running if who else running & CLIENTS)
    ]


def contract_lines(folder: str, findings: list[dict[str, Any]]) -> list[str]:
    """A team's contracts against what our services read and write, a line a finding; what fails is marked."""
    if not findings:
        return [f"contracts of {folder}: our services find all that they read and write"]
    failing = sum(each["fails"] for each in findings)
    told = f"{len(findings)} difference{'' if len(findings) == 1 else 's'}"
    ends = f", {failing} of which end{'s' if failing == 1 else ''} in dead letters or nothing published (✗)"
    head = f"contracts of {folder}: {told} to what our services read and write{ends if failing else ''}"
    return [head, *(f"  {'✗' if each['fails'] else '·'} {each['text']}" for each in findings)]
