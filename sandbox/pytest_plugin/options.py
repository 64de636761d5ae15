"""Which sandbox a test session uses, and how it is started."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

__all__ = ["SandboxOptions"]


@dataclass(frozen=True, slots=True)
class SandboxOptions:
    """`name` None: the exported sandbox (`SANDBOX_CONTROL_URL`, `SANDBOX_NAME`), else one of the project's tests.

    One that runs is used as it is. Else it is started with `settings`, which are keys of `sandbox.toml`: `runtime`,
    `contracts`, `profile`, `rate-limits`…; `fresh` without the data of earlier runs, which is also how the project's
    own test sandbox starts.
    """

    name: str | None = None
    settings: Mapping[str, str] = field(default_factory=dict)
    fresh: bool = False
    ready_limit_s: float = 120.0
