"""`sandbox scenario explain`: the lines of what a scenario does and asserts."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence
from typing import Any

__all__ = ["explanation_lines"]

WIDTH = 96
INDENT = "    "
PARTS = (("steady", "must hold, before and after"), ("steps", "steps"), ("finally", "whatever happened"))


def explanation_lines(found: dict[str, Any]) -> Iterator[str]:
    first = next(found[part][0] for part, _ in PARTS if found[part])
    file = first["at"].rpartition(":")[0]
    yield found["scenario"]
    if found["purpose"]:
        yield from (f"  {line}" for line in textwrap.wrap(found["purpose"], WIDTH))
    about = [f"tags {', '.join(found['tags'])}"] if found["tags"] else []
    about += [f"seed {found['seed']}"] if found["seed"] is not None else []
    about += [f"profile {found['profile']}"] if found["profile"] else []
    about += [f"{found['speed']:g} times as fast"] if found["speed"] != 1 else []
    about += [f"needs {', '.join(found['needs'])}"] if found["needs"] else []
    if about:
        yield f"  {' · '.join(about)}"
    for part, heading in PARTS:
        if found[part]:
            yield ""
            yield f"  {heading}"
            yield from _step_lines(found[part], file)


def _step_lines(steps: Sequence[dict[str, Any]], file: str, depth: int = 0) -> Iterator[str]:
    inside = INDENT * depth
    for step in steps:
        if step["verb"] == "say":
            yield ""
            yield f"      {inside}{step['title']}"
            continue
        within = f", within {step['withinSeconds']:g} s" if step["withinSeconds"] else ""
        where, _, line = step["at"].rpartition(":")
        place = f"line {line}" if where == file else step["at"]
        moment = f", {step['begins']}" if step["begins"] else ""
        yield f"  {inside}{step['path']:>2}  {step['title']}{moment}{within}  ({place})"
        for part in step["parts"]:
            if part["heading"]:
                yield f"  {inside}{INDENT}{part['heading']}"
            yield from _step_lines(part["steps"], file, depth + 1)
