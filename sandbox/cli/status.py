"""`sandbox status`: what runs, where to reach it, and what proved it ready."""

from __future__ import annotations

import typer

from sandbox.cli.options import JsonOption, NameOption

__all__ = ["register"]


def register(app: typer.Typer) -> None:
    app.command("status")(status)


def status(name: NameOption = None, json: JsonOption = False) -> None:
    """Show components, endpoints and readiness. Exits 3 when the sandbox is not running."""
    from contextlib import suppress

    from sandbox.cli.output import data, json_data, sign, talk
    from sandbox.cli.ready import endpoint_lines
    from sandbox.cli.swap_lines import contract_lines, left_out_lines
    from sandbox.cli.target import find_target
    from sandbox.cli.traffic import traffic_line
    from sandbox.errors import SandboxError

    target = find_target(name)
    found = target.status()
    if json:
        json_data(found)
        return
    data(f"sandbox {found['name']}  {sign(found['state'])}  ({found['runtime']})")
    for line in endpoint_lines(found):
        data(line)
    data("")
    for each in found["components"]:
        restarts = f"  restarted {each['restarts']}×" if each.get("restarts") else ""
        detail = f"  {each['detail']}" if each.get("detail") else ""
        data(f"  {each['name']:<16} {sign(each['state'])}{restarts}{detail}")
    for line in left_out_lines(found):
        data(line)
    if any(each["state"] == "failed" for each in found["components"]):
        talk(f"  start what has failed again: sandbox up --name {found['name']}", dim=True)
    with suppress(SandboxError):  # a process that does not answer has no faults either
        for each in target.quick.get("/v1/faults")["faults"]:
            data(f"  fault {each['id']}: {each['text']} on {each['on']}, has acted {each['hits']}×")
    with suppress(SandboxError):
        traffic = target.quick.get("/v1/traffic")
        if traffic["running"]:
            data(f"  {traffic_line(traffic)}")
    if folder := found.get("contracts", {}).get("folder"):
        data("")
        for line in contract_lines(folder, found["contracts"]["findings"]):
            data(line)
