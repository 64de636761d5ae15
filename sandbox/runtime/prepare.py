"""What has to be on the disk before a sandbox starts without Docker: Java, Kafka's jars, and an AOT cache."""

from __future__ import annotations

from pathlib import Path

from sandbox.config.settings import Settings
from sandbox.runtime.embedded.jars import FetchProgress, fetch_jars
from sandbox.runtime.embedded.jdk import Java

__all__ = ["fetch", "train"]


def fetch(cache: Path, settings: Settings, *, progress: FetchProgress | None = None) -> int:
    """Find Java and fetch the jars that are missing; returns how many jars there are.

    Raises EnvironmentFailure or FetchFailed, each with the way out.
    """
    Java.find(settings.java_home)
    return len(fetch_jars(cache, offline=settings.offline, mirror=settings.mirror, progress=progress))


def train(cache: Path, settings: Settings) -> Path:
    """The AOT cache for this Java and Kafka, trained now unless it is there already."""
    from sandbox.runtime.embedded.aot import train as train_cache

    return train_cache(cache, java_home=settings.java_home)
