"""Prometheus' text format: the requests that were served, as Spring's Micrometer names them."""

from __future__ import annotations

from collections.abc import Mapping

__all__ = ["RequestMeters", "metric"]

NAME = "http_server_requests_seconds"
OUTCOMES = ("INFORMATIONAL", "SUCCESS", "REDIRECTION", "CLIENT_ERROR", "SERVER_ERROR")


class RequestMeters:
    """Counts requests and their time by method, route and status."""

    def __init__(self) -> None:
        self._served: dict[tuple[str, str, int], list[float]] = {}

    def add(self, method: str, route: str, status: int, took_s: float) -> None:
        served = self._served.get((method, route, status))
        if served is None:
            served = self._served[(method, route, status)] = [0, 0.0]
        served[0] += 1
        served[1] += took_s

    def render(self) -> str:
        counts, sums = [], []
        for (method, route, status), (count, total_s) in sorted(self._served.items()):
            outcome = OUTCOMES[min(status // 100, 5) - 1]
            labels = {"method": method, "outcome": outcome, "status": str(status), "uri": route}
            counts.append((labels, count))
            sums.append((labels, total_s))
        if not counts:
            return ""
        lines = [f"# HELP {NAME} Served requests", f"# TYPE {NAME} summary"]
        lines += [_line(f"{NAME}_count", labels, value) for labels, value in counts]
        lines += [_line(f"{NAME}_sum", labels, value) for labels, value in sums]
        return "".join(f"{line}\n" for line in lines)


def metric(name: str, kind: str, help_text: str, samples: list[tuple[Mapping[str, str], float]]) -> str:
    """One metric family."""
    lines = [f"# HELP {name} {help_text}", f"# TYPE {name} {kind}"]
    return "".join(f"{line}\n" for line in lines + [_line(name, *sample) for sample in samples])


def _line(name: str, labels: Mapping[str, str], value: float) -> str:
    inner = ",".join(f'{label}="{_escaped(text)}"' for label, text in labels.items())
    return f"{name}{{{inner}}} {float(value)}" if inner else f"{name} {float(value)}"


def _escaped(text: str) -> str:
    return text.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")
