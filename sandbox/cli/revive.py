"""`sandbox up` on a sandbox that runs already: what has failed in it is started again."""

from __future__ import annotations

from typing import Any

__all__ = ["revive"]

RESTART_LIMIT_S = 120.0


def revive(folder: Any, progress: Any, *, wait_s: float) -> dict[str, Any]:
    """Restart the failed processes of a running sandbox, if any; the status once it is ready."""
    from sandbox.cli.output import talk
    from sandbox.control.quick_client import QuickClient
    from sandbox.runtime import launch

    client = launch.control(folder)
    failed = [each for each in client.get("/v1/status")["components"] if each["state"] in ("failed", "stopped")]
    patient = QuickClient(client.url, folder.token() or "", timeout_s=RESTART_LIMIT_S)
    for process in dict.fromkeys(each.get("process", each["name"]) for each in failed):
        talk(f"{process} had failed: starting it again")
        patient.post(f"/v1/components/{process}/restart")
    if not failed:
        talk(f"sandbox {folder.name} is already running; its options stay as they are", dim=True)
    return launch.wait_ready(folder, None, timeout_s=wait_s, on_status=progress.show)
