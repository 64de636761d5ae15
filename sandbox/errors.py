"""Every error the sandbox raises on purpose, as one tree.

    SandboxError                 what went wrong, where, and the way out
    ├── AssertionFailed          exit 1   something a scenario expected did not hold
    ├── UsageError               exit 2   an option, argument or value that cannot be used
    │   ├── InvalidFile          exit 2   a scenario, contract or configuration file that cannot be read as one
    │   ├── UnknownName          exit 2   a component, topic, breaker or run that does not exist
    │   └── Conflict             exit 2   something that cannot be done now, because of what is going on
    ├── EnvironmentFailure      exit 3   the machine or something on it stands in the way
    │   ├── PortTaken            exit 3   another process holds a port the sandbox needs
    │   ├── AccessDenied         exit 3   a wrong or missing token, or a Host or Origin that may not ask
    │   ├── NotRunning           exit 3   there is no sandbox of that name, or it does not answer
    │   ├── FetchFailed          exit 3   a jar could not be fetched, verified or stored
    │   ├── ComponentFailed      exit 3   Kafka or a service ended, or would not start
    │   ├── CapabilityMissing    exit 3   this runtime has nothing with which to do what is asked
    │   └── UpstreamUnavailable  exit 3   Kafka, the registry or another service cannot be reached
    ├── NotReady                 exit 4   the sandbox did not prove itself ready in time
    └── Interrupted              exit 130 Ctrl-C

Errors carry data, never only text: callers look at the class and its fields, not at the message.
"""

from __future__ import annotations

__all__ = [
    "AccessDenied",
    "AssertionFailed",
    "CapabilityMissing",
    "ComponentFailed",
    "Conflict",
    "EnvironmentFailure",
    "FetchFailed",
    "Interrupted",
    "InvalidFile",
    "NotReady",
    "NotRunning",
    "PortTaken",
    "SandboxError",
    "UnknownName",
    "UpstreamUnavailable",
    "UsageError",
]


class SandboxError(Exception):
    """What went wrong (`message`), how to get out of it (`hint`), and where (`where`: a file:line, a field, a port)."""

    exit_code = 3

    def __init__(self, message: str, *, hint: str | None = None, where: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.where = where

    def render(self) -> str:
        """The error as a person reads it: one line each for place and message, and for the way out."""
        head = f"{self.where}: {self.message}" if self.where else self.message
        return f"{head}\n  → {self.hint}" if self.hint else head


class AssertionFailed(SandboxError):
    exit_code = 1


class UsageError(SandboxError):
    exit_code = 2


class InvalidFile(UsageError):
    pass


class UnknownName(UsageError):
    pass


class Conflict(UsageError):
    pass


class EnvironmentFailure(SandboxError):
    exit_code = 3


class PortTaken(EnvironmentFailure):
    pass


class AccessDenied(EnvironmentFailure):
    pass


class NotRunning(EnvironmentFailure):
    pass


class FetchFailed(EnvironmentFailure):
    pass


class ComponentFailed(EnvironmentFailure):
    pass


class CapabilityMissing(EnvironmentFailure):
    """`capability` is what is missing: broker, process…; empty when the answer of a link did not say."""

    def __init__(
        self, message: str, *, capability: str = "", hint: str | None = None, where: str | None = None
    ) -> None:
        super().__init__(message, hint=hint, where=where)
        self.capability = capability


class UpstreamUnavailable(EnvironmentFailure):
    pass


class NotReady(SandboxError):
    exit_code = 4


class Interrupted(SandboxError):
    exit_code = 130
