"""What of a scenario this sandbox cannot do, and what follows from leaving it out."""

from __future__ import annotations

from sandbox.scenarios.ports import World
from sandbox.scenarios.steps.step import Step

__all__ = ["Missing"]


class Missing:
    """Remembers what was left out: the steps that use what those would have given are left out too."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._never_given: dict[str, str] = {}

    def why(self, step: Step) -> str | None:
        """The reason to leave a step out, None when it can be done."""
        for need in step.needs():
            if (reason := self._world.lacks(need)) is not None:
                return reason
        used = [*step.refers(), *sorted(name for template in step.templates() for name in template.names)]
        for name in used:
            if name in self._never_given:
                return f"{name} comes from {self._never_given[name]}, which was skipped"
        return None

    def leave_out(self, step: Step, path: str) -> None:
        """Nothing that it gives, or that steps in it give, will be known."""
        for each in step.walk():
            for name in (*each.gives(), getattr(each, "name", None)):
                if name is not None:
                    self._never_given[name] = f"step {path}"
