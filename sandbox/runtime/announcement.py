"""Who runs here, told to the state folder: any command finds the engine by it, and what a killed engine leaves."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from pathlib import Path

import psutil

from sandbox.runtime.component import Supervised

__all__ = ["announce"]


def announce(state_dir: Path, control_url: str, components: Iterable[Supervised]) -> None:
    """Write `engine.json` anew: this process, and those of the components that run."""
    children = {}
    for each in components:
        pid = each.component.pid
        if pid is not None:
            try:
                children[each.name] = [pid, psutil.Process(pid).create_time()]
            except psutil.Error:
                continue
    announced = {
        "pid": os.getpid(),
        "started_at": psutil.Process().create_time(),
        "control_url": control_url,
        "children": children,
    }
    path = state_dir / "engine.json"
    part = path.with_suffix(".part")
    part.write_text(json.dumps(announced), encoding="utf-8")
    part.replace(path)
