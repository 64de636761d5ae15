"""What the embedded broker is told: its `server.properties` and its listeners."""

from __future__ import annotations

import socket
from dataclasses import dataclass
from pathlib import Path

from sandbox.errors import EnvironmentFailure, UsageError
from sandbox.runtime.embedded.storage import NODE_ID
from sandbox.runtime.ports import free_port

__all__ = ["Listener", "listeners", "server_properties"]

# One node, little memory, quick to start and to answer.
FIXED = {
    "process.roles": "broker,controller",
    "node.id": NODE_ID,
    "controller.listener.names": "CONTROLLER",
    "auto.create.topics.enable": "false",
    "delete.topic.enable": "true",
    "num.partitions": 1,
    "default.replication.factor": 1,
    "min.insync.replicas": 1,
    "offsets.topic.replication.factor": 1,
    "offsets.topic.num.partitions": 4,
    "transaction.state.log.replication.factor": 1,
    "transaction.state.log.min.isr": 1,
    "transaction.state.log.num.partitions": 4,
    "share.coordinator.state.topic.replication.factor": 1,
    "share.coordinator.state.topic.min.isr": 1,
    "share.coordinator.state.topic.num.partitions": 4,
    "group.initial.rebalance.delay.ms": 0,
    "group.min.session.timeout.ms": 1000,
    "group.coordinator.threads": 1,
    "num.network.threads": 2,
    "num.io.threads": 4,
    "background.threads": 2,
    "num.recovery.threads.per.data.dir": 4,
    # The cleaner claims its buffer at start; 128 MB by default.
    "log.cleaner.dedupe.buffer.size": 4_194_304,
    "log.cleaner.io.buffer.size": 131_072,
    # Two index files per partition are laid out at this size; 10 MB by default.
    "log.index.size.max.bytes": 1_048_576,
    # An idle node need not write to its metadata log twice a second.
    "metadata.max.idle.interval.ms": 0,
    "metric.reporters": "",
}

QUICK_TAKEOVER = {"broker.session.timeout.ms": 1500, "broker.heartbeat.interval.ms": 300}


@dataclass(frozen=True, slots=True)
class Listener:
    """Where Kafka listens (`host`, `port`) and what it tells the clients that come there (`advertised_host`)."""

    name: str
    host: str
    port: int
    advertised_host: str

    @property
    def address(self) -> str:
        return f"{self.name}://{_bracketed(self.host)}:{self.port}"

    @property
    def advertised(self) -> str:
        return f"{self.name}://{_bracketed(self.advertised_host)}:{self.port}"


def listeners(listen: tuple[str, ...], port: int, advertise: str | None, local_port: int = 0) -> list[Listener]:
    """One listener per address; the first is the one for processes of this machine.

    Kafka takes one port twice only for an IPv4 and an IPv6 address, so `listen` may name one of each besides loopback,
    which gives way to it. As soon as clients are told something else than loopback, this machine's own processes get
    a listener for themselves at 127.0.0.1 and `local_port` (0: a free one), so that they never depend on how
    `advertise` resolves. Raises UsageError when two addresses of one family remain.
    """
    chosen: dict[bool, str] = {}
    for host in listen:
        is_ipv6 = ":" in host
        if is_ipv6 and not _can_bind(host):
            continue
        held = chosen.get(is_ipv6)
        if held is not None and not _is_loopback(held) and not _is_loopback(host) and held != host:
            raise UsageError(
                f"Kafka cannot listen on both {held} and {host} at port {port}",
                where="--bind",
                hint=f"bind one of them, or {'::' if is_ipv6 else '0.0.0.0'} for all",
            )
        if held is None or _is_loopback(held):
            chosen[is_ipv6] = host
    if chosen.get(True) == "::":
        chosen.pop(False, None)  # it takes IPv4 as well
    opened = [host for host in chosen.values() if not _is_loopback(host)]
    result = []
    for is_ipv6, host in sorted(chosen.items()):
        announced = advertise or (_announced(opened[0]) if opened else host)
        result.append(Listener("CLIENT6" if is_ipv6 else "CLIENT", host, port, announced))
    if not result or result[0].advertised_host != "127.0.0.1":
        result.insert(0, Listener("LOCAL", "127.0.0.1", local_port or free_port(), "127.0.0.1"))
    return result


def server_properties(
    logs_dir: Path, client_listeners: list[Listener], controller_port: int, *, quick_takeover: bool = False
) -> str:
    """The text of `server.properties` for one node that keeps its data in `logs_dir`.

    `quick_takeover` is for data of a node that was killed: the controller counts the dead incarnation as alive until
    its session ends, and turns the new one away until then. So the session is made short for this run.
    Raises EnvironmentFailure for a folder that Kafka would take for two.
    """
    if "," in str(logs_dir):
        raise EnvironmentFailure(
            "Kafka cannot keep its data in a folder with a comma in its path",
            where=str(logs_dir),
            hint="set SANDBOX_STATE_ROOT to another folder",
        )
    names = [listener.name for listener in client_listeners]
    addresses = [*(listener.address for listener in client_listeners), f"CONTROLLER://127.0.0.1:{controller_port}"]
    properties = FIXED | (QUICK_TAKEOVER if quick_takeover else {})
    properties |= {
        "log.dirs": logs_dir,
        "controller.quorum.voters": f"{NODE_ID}@127.0.0.1:{controller_port}",
        "listeners": ",".join(addresses),
        "advertised.listeners": ",".join(listener.advertised for listener in client_listeners),
        "inter.broker.listener.name": names[0],
        "listener.security.protocol.map": ",".join(f"{name}:PLAINTEXT" for name in [*names, "CONTROLLER"]),
    }
    return "".join(f"{key}={_escaped(value)}\n" for key, value in properties.items())


def _escaped(value: object) -> str:
    """A value of a Java properties file."""
    text = str(value).replace("\\", "\\\\")
    return "".join(char if " " <= char <= "~" else "".join(_unicode_escapes(char)) for char in text)


def _unicode_escapes(char: str) -> list[str]:
    units = char.encode("utf-16-be")
    return [f"\\u{units[i]:02x}{units[i + 1]:02x}" for i in range(0, len(units), 2)]


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host


def _is_loopback(host: str) -> bool:
    return host == "::1" or host.startswith("127.")


def _announced(host: str) -> str:
    """What clients are told when nothing is advertised: the address itself, this machine's name for a wildcard."""
    return socket.gethostname() if host in ("0.0.0.0", "::") else host


def _can_bind(host: str) -> bool:
    try:
        with socket.socket(socket.AF_INET6, socket.SOCK_STREAM) as probe:
            probe.bind((host, 0))
    except OSError:
        return False
    return True
