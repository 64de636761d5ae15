"""The embedded broker: the real Apache Kafka, one KRaft node, as a child JVM that never outlives this process."""

from __future__ import annotations

import os
import signal
import socket
import time
from pathlib import Path

from sandbox.errors import ComponentFailed, EnvironmentFailure, NotReady
from sandbox.runtime.embedded.child import Child
from sandbox.runtime.embedded.jars import fetch_jars
from sandbox.runtime.embedded.jdk import Java
from sandbox.runtime.embedded.kafka_log import KafkaLog
from sandbox.runtime.embedded.lock import JarLock
from sandbox.runtime.embedded.server_properties import listeners, server_properties
from sandbox.runtime.embedded.startup_cache import JVM_FLAGS, StartupCache
from sandbox.runtime.embedded.storage import ended_cleanly, format_storage, wait_unused
from sandbox.runtime.ports import free_port

__all__ = ["EmbeddedBroker"]

POLL_S = 0.02
CONNECT_LIMIT_S = 0.2
PREDECESSOR_LIMIT_S = 5.0
ENDED_FROM_OUTSIDE = (-signal.SIGKILL, -signal.SIGTERM, 128 + signal.SIGTERM, 128 + signal.SIGINT)
LOG_CONFIG = Path(__file__).with_name("log4j2.properties")

# They would change the JVM behind our back, and with it whether the start-up cache fits.
FOREIGN_VARIABLES = ("JAVA_TOOL_OPTIONS", "JDK_JAVA_OPTIONS", "_JAVA_OPTIONS", "JDK_AOT_VM_OPTIONS", "CLASSPATH")


class EmbeddedBroker:
    """One node with its data in `data_dir`; `start` may be called again after an end, and finds the data again.

    `listen` are the addresses to bind at `port`; `advertise` is the host that clients are told. When either goes
    beyond loopback, this machine's own processes get a listener at 127.0.0.1 and `local_port`. Ports of 0 are chosen
    freely. Kafka logs to `log_file`; what the JVM itself says is beside it in `kafka-jvm.log`, of the last start only.
    `record_to` makes this a training run that leaves a start-up cache there. `start` needs the standard library only
    once the jars are in `cache_dir`.
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
        local_port: int = 0,
        log_file: Path | None = None,
        java_home: Path | None = None,
        offline: bool = False,
        mirror: str | None = None,
        record_to: Path | None = None,
        nice: int = 0,
    ) -> None:
        self.data_dir = data_dir.absolute()
        self.port = port
        self.log = KafkaLog((log_file or data_dir / "kafka.log").absolute())
        self.remark: str | None = None
        """Something to know about the last start that went well otherwise, such as an unusable start-up cache."""
        self._cache_dir = cache_dir.absolute()
        self._listen = listen
        self._advertise = advertise
        self._controller_port = controller_port
        self._local_port = local_port
        self._java_home = java_home
        self._offline = offline
        self._mirror = mirror
        self._record_to = record_to
        self._nice = nice
        self._child: Child | None = None
        self._asked_to_end = False
        self._cache_in_use: StartupCache | None = None
        self._local = ("127.0.0.1", port)

    @property
    def pid(self) -> int | None:
        return self._child.pid if self._child else None

    @property
    def exit_code(self) -> int | None:
        """Exit code of the last run once it has ended; −N when signal N ended it."""
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

        Raises FetchFailed when jars are missing and cannot be fetched, EnvironmentFailure without a usable Java or
        data folder, ComponentFailed when another Kafka uses the data, UsageError for addresses that exclude each other.
        """
        if self.pid is None:
            self.remark = None
            self._launch(with_cache=self._record_to is None)

    def _launch(self, *, with_cache: bool) -> None:
        lock = JarLock.read()
        jars = fetch_jars(self._cache_dir, lock=lock, offline=self._offline, mirror=self._mirror)
        java = Java.find(self._java_home)
        cache = StartupCache.of(self._cache_dir, java, lock)
        self._cache_in_use = cache if with_cache and cache.exists() else None
        flags = []
        if self._cache_in_use:
            self._cache_in_use.note_use(time.time())
            flags = self._cache_in_use.use_flags()
        if self._record_to:
            flags = cache.record_flags(self._record_to)
        try:
            properties = self._prepare_data()
            self.log.begin()
        except OSError as error:
            raise EnvironmentFailure(
                f"Kafka's data cannot be written: {error.strerror}",
                where=str(error.filename or self.data_dir),
                hint="make the folder writable, and free some space if the disk is full",
            ) from error
        argv = [
            str(java.executable),
            *JVM_FLAGS,
            *flags,
            f"-XX:ErrorFile={self.log.jvm_file.with_suffix('.crash')}",
            f"-Dlog4j2.configurationFile={LOG_CONFIG}",
            f"-Dsandbox.log={self.log.file}",
            "-cp",
            ":".join(jar.name for jar in jars),
            "kafka.Kafka",
            str(properties),
        ]
        env = {name: value for name, value in os.environ.items() if name not in FOREIGN_VARIABLES}
        env |= {"MALLOC_ARENA_MAX": "2"}
        self._asked_to_end = False
        self._child = Child(argv, env=env, cwd=jars[0].parent, log_file=self.log.jvm_file, nice=self._nice)
        self._child.start()

    def _prepare_data(self) -> Path:
        """Format the data folder if need be and write `server.properties`; returns its path."""
        logs_dir = self.data_dir / "logs"
        wait_unused(logs_dir, PREDECESSOR_LIMIT_S)
        quick_takeover = not ended_cleanly(logs_dir)
        format_storage(logs_dir)
        client_listeners = listeners(self._listen, self.port, self._advertise, self._local_port)
        self._local = (client_listeners[0].host, client_listeners[0].port)
        # Nobody else depends on the controller's port: when it is taken, any other will do.
        controller_port = self._controller_port if _can_bind(self._controller_port) else free_port()
        path = self.data_dir / "server.properties"
        path.write_text(
            server_properties(logs_dir, client_listeners, controller_port, quick_takeover=quick_takeover),
            encoding="ascii",
        )
        return path

    async def wait_listening(self, timeout_s: float = 60.0) -> None:
        """Wait until Kafka takes connections. A JVM that refuses its start-up cache is started again without.

        Raises ComponentFailed when the JVM ends instead, NotReady after `timeout_s`.
        """
        import asyncio

        deadline = time.monotonic() + timeout_s
        while not self._answers():
            if self.pid is None:
                if not self._cache_was_refused():
                    raise ComponentFailed(
                        f"Kafka {self.describe_end()}",
                        where="kafka",
                        hint=f"the whole story is in {self.log.file} and {self.log.jvm_file}",
                    )
                await asyncio.to_thread(self._start_without_cache)
            if time.monotonic() > deadline:
                raise NotReady(
                    f"Kafka does not listen after {timeout_s:g} s",
                    where=self.bootstrap_servers,
                    hint=f"see what it is doing in {self.log.file}",
                )
            await asyncio.sleep(POLL_S)

    def _answers(self) -> bool:
        try:
            with socket.create_connection(self._local, timeout=CONNECT_LIMIT_S):
                return self.pid is not None
        except OSError:
            return False

    def _cache_was_refused(self) -> bool:
        """Whether the JVM ended by itself before Kafka said a word, with a cache: then the cache is at fault."""
        ended_from_outside = self._asked_to_end or self.exit_code in ENDED_FROM_OUTSIDE
        return self._cache_in_use is not None and not ended_from_outside and not self.log.kafka_spoke

    def _start_without_cache(self) -> None:
        reason = (self.log.jvm_lines(1) or [f"exit code {self.exit_code}"])[0]
        self._cache_in_use.path.unlink(missing_ok=True)  # the next training makes a new one
        self._launch(with_cache=False)
        self.remark = f"started without the start-up cache, which Java could not use: {reason}"

    async def wait_exit(self) -> int:
        """Wait for the JVM's end; returns its exit code (−N for signal N) a few milliseconds after it happened."""
        if self._child is None:
            raise ComponentFailed("Kafka was not started", where="kafka")
        return await self._child.wait()

    def describe_end(self) -> str:
        """How the last run ended, with the last error that was logged."""
        code = self.exit_code
        if code is None:
            return "is not running"
        how = f"ended by signal {-code}" if code < 0 else f"ended with exit code {code}"
        if code in ENDED_FROM_OUTSIDE:
            return how  # whatever it logged before is not why
        error = self.log.last_error() or (None if self.log.kafka_spoke else " / ".join(self.log.jvm_lines(2)))
        return f"{how}: {error}" if error else how

    async def stop(self, timeout_s: float = 10.0) -> int | None:
        """End it in good order, by force after `timeout_s`. Returns the exit code, None when it never ran."""
        self._asked_to_end = True
        return await self._child.stop(timeout_s) if self._child else None

    async def restart(self, timeout_s: float = 60.0) -> None:
        """Stop, start and wait until it listens. Raises as `start` and `wait_listening` do."""
        await self.stop()
        self.start()
        await self.wait_listening(timeout_s)

    def kill(self) -> None:
        """End it at once, as a crash would."""
        self._asked_to_end = True
        if self._child:
            self._child.kill()

    def pause(self) -> None:
        """Freeze it: connections stay open and nothing answers."""
        if self._child:
            self._child.pause()

    def resume(self) -> None:
        if self._child:
            self._child.resume()


def _can_bind(port: int) -> bool:
    if port == 0:
        return False
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True
