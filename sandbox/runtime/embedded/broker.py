"""The embedded broker: the real Apache Kafka, one KRaft node, as a child JVM that never outlives this process."""

from __future__ import annotations

import os
import socket
import time
from pathlib import Path

from sandbox.errors import ComponentFailed, NotReady
from sandbox.runtime.embedded.child import Child
from sandbox.runtime.embedded.jars import fetch_jars
from sandbox.runtime.embedded.jdk import Java
from sandbox.runtime.embedded.server_properties import listeners, write_meta_properties, write_server_properties

__all__ = ["EmbeddedBroker"]

HEAP = "-Xmx512m"
JVM_FLAGS = (
    HEAP,
    "-XX:+UseSerialGC",
    "-XX:TieredStopAtLevel=1",
    "-Xss512k",
    "-XX:-UsePerfData",
    "-Djava.awt.headless=true",
)


class EmbeddedBroker:
    """One node with its data in `data_dir`; `start` may be called again after an end, and finds the data again.

    `listen` are the addresses to bind at `port`; `advertise` the host that clients beyond loopback are told. The log
    goes to `log_file`. `start` needs the standard library only once the jars are in `cache_dir`.
    """

    def __init__(
        self,
        data_dir: Path,
        *,
        cache_dir: Path,
        port: int,
        listen: tuple[str, ...] = ("127.0.0.1", "::1"),
        advertise: str | None = None,
        controller_port: int = 0,
        log_file: Path | None = None,
        java_home: Path | None = None,
        offline: bool = False,
        mirror: str | None = None,
    ) -> None:
        self.data_dir = data_dir.absolute()
        self.port = port
        self.log_file = (log_file or data_dir / "kafka.log").absolute()
        self._cache_dir = cache_dir.absolute()
        self._listen = listen
        self._advertise = advertise
        self._controller_port = controller_port
        self._java_home = java_home
        self._offline = offline
        self._mirror = mirror
        self._child: Child | None = None
        self._local: tuple[str, int] = ("127.0.0.1", port)

    @property
    def pid(self) -> int | None:
        return self._child.pid if self._child else None

    @property
    def exit_code(self) -> int | None:
        return self._child.exit_code if self._child else None

    @property
    def rss_bytes(self) -> int | None:
        """Memory of the JVM, None when it does not run."""
        import psutil

        try:
            return psutil.Process(self.pid).memory_info().rss if self.pid else None
        except psutil.Error:
            return None

    @property
    def bootstrap_servers(self) -> str:
        """host:port for processes of this machine."""
        return f"{self._local[0]}:{self._local[1]}"

    def start(self) -> None:
        """Start the JVM and return at once; `wait_listening` says when it answers. Does nothing while it runs.

        Raises FetchFailed when jars are missing and cannot be fetched, EnvironmentFailure without a usable Java.
        """
        if self.pid is not None:
            return
        jars = fetch_jars(self._cache_dir, offline=self._offline, mirror=self._mirror)
        java = Java.find(self._java_home)
        client_listeners = listeners(self._listen, self.port, free_port(), self._advertise)
        self._local = (client_listeners[0].host, client_listeners[0].port)
        logs_dir = self.data_dir / "logs"
        write_meta_properties(logs_dir)
        properties = self.data_dir / "server.properties"
        write_server_properties(properties, logs_dir, client_listeners, self._controller_port or free_port())
        self.log_file.parent.mkdir(parents=True, exist_ok=True)
        argv = [
            str(java.executable),
            *JVM_FLAGS,
            f"-Dlog4j2.configurationFile={Path(__file__).with_name('log4j2.properties')}",
            f"-Dsandbox.log={self.log_file}",
            f"-XX:ErrorFile={self.data_dir}/hs_err_%p.log",
            "-cp",
            ":".join(jar.name for jar in jars),
            "kafka.Kafka",
            str(properties),
        ]
        env = {**os.environ, "MALLOC_ARENA_MAX": "2"}
        self._child = Child(argv, env=env, cwd=jars[0].parent, log_file=self.log_file)
        self._child.start()

    async def wait_listening(self, timeout_s: float = 60.0) -> None:
        """Wait until Kafka takes connections.

        Raises ComponentFailed when the JVM ends instead, NotReady after `timeout_s`.
        """
        import asyncio

        deadline = time.monotonic() + timeout_s
        while not self._answers():
            if self.pid is None:
                raise ComponentFailed(
                    f"Kafka {self.describe_end()}", where="kafka", hint=f"the reason is in {self.log_file}"
                )
            if time.monotonic() > deadline:
                raise NotReady(f"Kafka does not listen after {timeout_s:g} s", where=self.bootstrap_servers)
            await asyncio.sleep(0.02)

    def _answers(self) -> bool:
        try:
            with socket.create_connection(self._local, timeout=0.2):
                return True
        except OSError:
            return False

    async def wait_exit(self) -> int:
        """Wait for the JVM's end; returns its exit code (−N for signal N) a few milliseconds after it happened."""
        if self._child is None:
            raise ComponentFailed("Kafka was not started", where="kafka")
        return await self._child.wait()

    def describe_end(self) -> str:
        """How the last run ended, with the last lines of the log."""
        code = self.exit_code
        how = (
            "is not running" if code is None else f"ended by signal {-code}" if code < 0 else f"ended with code {code}"
        )
        lines = self.last_log_lines()
        return f"{how}: {lines[-1]}" if lines else how

    def last_log_lines(self, count: int = 10) -> list[str]:
        try:
            with self.log_file.open("rb") as file:
                file.seek(0, os.SEEK_END)
                file.seek(max(0, file.tell() - 16_384))
                return file.read().decode(errors="replace").splitlines()[-count:]
        except OSError:
            return []

    async def stop(self, timeout_s: float = 10.0) -> int | None:
        """End it in good order, by force after `timeout_s`. Returns the exit code, None when it never ran."""
        return await self._child.stop(timeout_s) if self._child else None

    async def restart(self, timeout_s: float = 60.0) -> None:
        await self.stop()
        self.start()
        await self.wait_listening(timeout_s)

    def kill(self) -> None:
        """End it at once, as a crash would."""
        if self._child:
            self._child.kill()

    def pause(self) -> None:
        """Stop its clock: connections stay open and nothing answers."""
        if self._child:
            self._child.pause()

    def resume(self) -> None:
        if self._child:
            self._child.resume()


def free_port() -> int:
    """A loopback port that was free just now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
