"""Which ports a sandbox uses, and who stands in the way when one is taken.

default   Kafka 9092, registry 8081, PLATO 8080, ODYSSEY 8082, CAPSULE 8083, control 8099
auto      a free block below 32768 (where systems begin to hand out ports themselves), the same for a sandbox each time
BASE      the block that begins at that port
"""

from __future__ import annotations

import errno
import hashlib
import socket
from collections.abc import Mapping

from sandbox.config.folders import StateFolder, read_json
from sandbox.errors import PortTaken, UsageError

__all__ = [
    "AUTO_PORTS",
    "BLOCK_SIZE",
    "DEFAULT_PORTS",
    "check_free",
    "choose_block",
    "choose_ports",
    "free_port",
    "holder",
    "is_free",
]

DEFAULT_PORTS = {
    "kafka": 9092,
    "schema-registry": 8081,
    "capsule": 8083,
    "odyssey": 8082,
    "plato": 8080,
    "control": 8099,
    "admin": 8098,
    "controller": 9093,
    "kafka-local": 9094,
    "admin-schema-registry": 8091,
    "admin-capsule": 8093,
    "admin-odyssey": 8092,
    "admin-plato": 8090,
    "admin-audit": 8094,
}

BLOCK_SIZE = 16
AUTO_PORTS = range(12_000, 32_768 - BLOCK_SIZE)
TRIES = 64
LOOPBACK = ("127.0.0.1", "::1")
SANDBOX = "sandbox "
"""What the holder of a port begins with when it is one."""


def choose_ports(wanted: str, key: str) -> dict[str, int]:
    """The ports of a sandbox: `wanted` is `default`, `auto` or the first port of a block.

    `auto` derives the block from `key` and steps over blocks with a taken port. Raises UsageError for anything else
    and for a block past 65535, PortTaken when no free block was found.
    """
    if wanted == "default":
        return dict(DEFAULT_PORTS)
    if wanted == "auto":
        return choose_block(key)
    if not (wanted.isascii() and wanted.isdigit()) or not 1024 <= int(wanted) <= 65_536 - BLOCK_SIZE:
        raise UsageError(
            f"{wanted!r} is no choice of ports",
            where="--ports",
            hint=f"use default, auto, or a number from 1024 to {65_536 - BLOCK_SIZE}",
        )
    return _block_from(int(wanted))


def choose_block(key: str) -> dict[str, int]:
    """A block of free ports, the same for `key` as long as nothing else takes one of its ports."""
    blocks = len(AUTO_PORTS) // BLOCK_SIZE
    first = int.from_bytes(hashlib.sha256(key.encode()).digest()[:8], "big")
    for step in range(TRIES):
        block = _block_from(AUTO_PORTS.start + (first + step) % blocks * BLOCK_SIZE)
        if all(is_free(port) for port in block.values()):
            return block
    raise PortTaken(
        f"no free block of {BLOCK_SIZE} ports found between {AUTO_PORTS.start} and {AUTO_PORTS.stop}",
        where="--ports auto",
        hint="name the first port of a free block with --ports BASE",
    )


def check_free(ports: Mapping[str, int], *, bind: str | None = None) -> None:
    """Raise PortTaken, with the holder of each, when one of these named ports is taken at loopback or `bind`."""
    taken = [(name, port) for name, port in ports.items() if not is_free(port, bind=bind)]
    if not taken:
        return
    by_holder: dict[str, list[str]] = {}
    for name, port in taken:
        by_holder.setdefault(holder(port) or "another process", []).append(f"{port} ({name})")
    told = [
        f"port {', '.join(held)} is taken by {who}" if len(held) == 1 else f"ports {', '.join(held)} are taken by {who}"
        for who, held in by_holder.items()
    ]
    stop = "stop what holds it"
    if sandboxes := [who.removeprefix(SANDBOX) for who in by_holder if who.startswith(SANDBOX)]:
        stop = f"stop it with `sandbox down --name {sandboxes[0]}`"
    raise PortTaken(
        "; ".join(told),
        where=f"{bind or '127.0.0.1'}:{taken[0][1]}",
        hint=f"{stop}, or choose other ports: `--ports auto`, or `--ports BASE` for a block from BASE on",
    )


def is_free(port: int, *, bind: str | None = None) -> bool:
    """Whether a server could listen at loopback (IPv4, and IPv6 where there is such) and at `bind`."""
    hosts = (*LOOPBACK, bind) if bind else LOOPBACK
    return all(_can_listen(host, port) for host in hosts)


def free_port() -> int:
    """A loopback port that was free just now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def holder(port: int) -> str | None:
    """The sandbox, or name and pid of the process, that listens at `port`; None when the system does not tell."""
    import psutil

    for process in psutil.process_iter(["name"]):
        try:
            # One process at a time: a list of all connections needs root on macOS.
            for connection in process.net_connections(kind="tcp"):
                if connection.status == psutil.CONN_LISTEN and connection.laddr.port == port:
                    sandbox = _sandbox_of(process.pid)
                    return f"{SANDBOX}{sandbox}" if sandbox else f"{process.info['name']} (pid {process.pid})"
        except psutil.Error:
            continue
    return None


def _sandbox_of(pid: int) -> str | None:
    """The sandbox of this user that runs a process."""
    for folder in StateFolder.all():
        engine = read_json(folder.engine_file)
        if pid in (engine.get("pid"), *(child for child, _ in engine.get("children", {}).values())):
            return folder.name
    return None


def _block_from(base: int) -> dict[str, int]:
    return {name: base + offset for offset, name in enumerate(DEFAULT_PORTS)}


def _can_listen(host: str, port: int) -> bool:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        probe = socket.socket(family, socket.SOCK_STREAM)
    except OSError:
        return True  # no IPv6 here, so nobody holds a port of it
    with probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # as servers do: a port in TIME_WAIT is free
        if family == socket.AF_INET6:
            probe.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        try:
            probe.bind((host, port))
            probe.listen(1)
        except OSError as error:
            # An address that this machine does not have is nobody's; binding it fails later with its own message.
            return error.errno == errno.EADDRNOTAVAIL
    return not _answers(host, port)


def _answers(host: str, port: int) -> bool:
    """macOS lets a server bind beside one that holds the port on every address: ask whether somebody answers."""
    try:
        with socket.create_connection((host, port), timeout=0.2):
            return True
    except OSError:
        return False
